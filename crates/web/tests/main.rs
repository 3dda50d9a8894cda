//! Tests of the crate `web`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod addresses;
mod common;
mod http2;
mod limits;
mod pace;
mod parsers;
mod polite;
mod proxies;
mod secrets;
mod shares;
#[path = "common/tls.rs"]
mod tls;
