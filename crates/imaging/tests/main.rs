//! Tests of the crate `imaging`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod any_bytes;
mod augment;
mod copies;
mod decode;
mod formats;
mod hash;
mod resize;
