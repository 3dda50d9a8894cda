//! Products of rows that contain many zeros, as a rectifier leaves them, and a dense matrix.
//!
//! Two kernels leave out the zeros. They differ in which zeros they can leave out, and in what they hold in registers:
//!
//! | kernel | leaves out | registers hold | is faster where |
//! |---|---|---|---|
//! | [`rows`] | every zero of a row | 1 row x 128 outputs | the zeros of neighbouring rows do not coincide (a batch of images) |
//! | [`blocks`] | inputs that are zero in six neighbouring rows | 6 rows x 64 outputs | they mostly coincide (variants of one image) |
//!
//! `docs/notes/kernels.md` has the measurement (`cargo run --release -p kernels --example sparse`).

mod blocks;
pub mod rows;

pub use blocks::BlockSparse;
