//! Tests of the crate `preprocess`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod scraped;
mod split;
mod stage;
