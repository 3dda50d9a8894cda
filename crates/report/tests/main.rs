//! Tests of the crate `report`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod charts;
mod images;
mod page;
