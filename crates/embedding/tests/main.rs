//! Tests of the crate `embedding`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod quality;
mod reference;
mod tsne;
