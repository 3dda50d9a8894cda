//! Any header of a picture is read or refused, within the limits.
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
