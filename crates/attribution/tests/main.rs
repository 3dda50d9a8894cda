//! Tests of the crate `attribution`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod captum;
mod networks;
