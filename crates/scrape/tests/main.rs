//! Tests of the crate `scrape`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod api_errors;
mod common;
mod drawn;
mod folder;
mod lists;
mod parsers;
mod proxy;
mod resume;
mod shortfalls;
mod web_sources;
