//! The results of the t-SNE benchmark.

use std::path::Path;

use anyhow::{Context, Result};
use ndarray::Array2;
use ndarray_npy::{ReadNpyExt, ReadableElement};
use serde::{Deserialize, Serialize};

/// One measurement, as one process reports it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fit {
    /// The wall time of the layout.
    pub(super) seconds: f64,
    pub(super) version: String,
}

/// The quality of a layout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quality {
    pub(super) trustworthiness: f64,
    pub(super) neighbour_accuracy: f64,
}

/// All measurements at one number of points.
pub(super) struct Comparison {
    pub(super) points: usize,
    pub(super) ours: Vec<Fit>,
    pub(super) theirs: Vec<Fit>,
    /// The fastest of openTSNE's settings.
    pub(super) settings: [&'static str; 2],
    /// The quality of the last round's layouts, ours and openTSNE's.
    pub(super) quality: [Quality; 2],
    /// Whether all our layouts had the same bits.
    pub(super) repeats: bool,
}

/// Reads an array that a side has written.
pub(super) fn read<T: ReadableElement>(file: &Path) -> Result<Array2<T>> {
    Array2::read_npy(fs_err::File::open(file)?).with_context(|| format!("{} is damaged", file.display()))
}
