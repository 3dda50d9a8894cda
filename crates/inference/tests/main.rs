//! Tests of the crate `inference`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod images;
mod networks;
