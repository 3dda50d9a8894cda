//! Tests of the crate `structure`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod layers;
mod modules;
mod rustdoc;
