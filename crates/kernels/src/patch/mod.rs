//! Patches: the part of a layer's output that changes when a rectangle of its input changes.
//!
//! Several variants of one image each differ from a baseline in one rectangle. [`Patches`] holds the values of these rectangles,
//! [`Baseline`] the values of the unchanged image. A layer turns the patches of its input into those of its output.
//!
//! A convolution is linear. It is applied to the *differences* from the baseline, which are zero outside of the rectangle that it
//! reads, and the result is added to the baseline of its output ([`PatchConvolution`]). The work is proportional to the rectangle that
//! is read, which is smaller than the one that is computed. Convolutions with square kernels of 3 x 3 and 5 x 5 and strides of 1 are
//! computed in blocks (`blocks`). All others are computed in rows, one for each pixel of the output (`im2col`).
//!
//! Values lie as `[pixels, channels]`, so every inner loop runs over channels. The results of a variant have the same bits whatever
//! other variants are computed with it.

mod axis;
mod block_transforms;
mod blocks;
mod convolution;
mod im2col;
mod patches;
mod pooling;
mod rect;
mod workspace;

#[cfg(test)]
mod tests;

pub use axis::WindowAxis;
pub use convolution::PatchConvolution;
pub use patches::{Baseline, Patches};
pub use pooling::Pooling;
pub use rect::Rect;
pub use workspace::Workspace;
