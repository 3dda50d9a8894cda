//! Parses an arbitrary answer of a search API.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use scrape::sources::{commons, google, openverse};
use web::{HeaderMap, Response, Url};

fuzz_target!(|data: &[u8]| {
    // The first byte selects the status.
    let Some((first, body)) = data.split_first() else { return };
    let status = if first % 4 == 1 { 429 } else { 200 };
    let Ok(final_url) = Url::parse("https://api.example/") else { return };
    let response =
        Response { status, final_url, headers: HeaderMap::new(), body: body.to_vec(), elapsed: Duration::ZERO, permit: None };
    for read in [commons::read, openverse::read, google::read] {
        let _ = read(&response);
    }
});
