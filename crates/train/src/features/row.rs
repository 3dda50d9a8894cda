//! Rows of a batch and the augmented copies that they may name.

use imaging::Augment;

/// One row of a batch: a picture, or a copy of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// Place in [`Dataset::pictures`].
    pub picture: usize,
    /// 0: the picture itself; from 1: its augmented copies.
    pub copy: usize,
}

/// The augmented copies of each training picture.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copies {
    /// How many there are beside the original.
    pub count: usize,
    /// How they are made.
    pub augment: Augment,
}
