//! Rows of a batch and the augmented copies that they may name.

use imaging::Augment;

/// One row of a batch: an image, or an augmented copy of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FeatureRow {
    /// Place of the image in [`contract::Dataset::images`].
    pub image: usize,
    /// 0 is the image itself. 1 is its first augmented copy.
    pub copy: usize,
}

/// The augmented copies of each training image.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copies {
    /// Number of copies beside the original.
    pub count: usize,
    /// How the copies differ from the original.
    pub augment: Augment,
}
