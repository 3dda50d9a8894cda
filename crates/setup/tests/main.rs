//! Tests of the crate `setup`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod justw;
mod messages;
