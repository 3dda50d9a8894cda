//! Reads the header of an arbitrary file, and checks that the limits hold.
#![no_main]

use imaging::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { max_pixels: 1_000_000, max_bytes: 32 << 20 };
    if let Ok(header) = imaging::inspect(data, &limits) {
        assert!(u64::from(header.width) * u64::from(header.height) <= limits.max_pixels);
        assert!(header.memory <= limits.max_bytes);
    }
});
