//! Tests of the crate `kernels`. One program has all of them, because each program takes seconds to build.
#![allow(clippy::unwrap_used, missing_docs)]

mod accuracy;
mod common;
mod convolution;
mod row_sparse;
