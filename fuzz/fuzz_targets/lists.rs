//! Parses an arbitrary list of addresses and arbitrary licences.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrape::licence::Licence;
use scrape::sources::urls::List;
use scrape::text::plain;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let _ = List::read(&text, "class");
    assert!(!plain(&text).contains(char::is_control));
    for line in text.lines() {
        let (name, address) = line.split_once('\t').unwrap_or((line, line));
        if let Some(licence) = Licence::read(name, address) {
            let _ = (licence.is(address), licence.address(), licence.title());
        }
    }
});
