//! Tests of the crate `zoo`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod changed;
mod installed;
mod network;
