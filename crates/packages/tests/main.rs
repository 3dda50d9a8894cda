//! Tests of the crate `packages`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod fetch;
mod tls;
