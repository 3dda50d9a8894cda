//! Measurements, as both sides report them.

use serde::{Deserialize, Serialize};

use super::network::DenseLayers;

/// Square windows of `patch` pixels, one every `stride` pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowSize {
    pub(super) patch: usize,
    pub(super) stride: usize,
}

/// One measurement: the line of JSON that a side prints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Measurement {
    /// Wall time of one image, in seconds.
    pub(super) seconds: f64,
    /// The name and the version of the program.
    pub(super) version: String,
    /// Wall time until the network was ready, in seconds. Only ours reports it.
    #[serde(default)]
    pub(super) ready: f64,
}

/// Captum's measurements with one memory layout.
pub(super) struct Captum {
    pub(super) layout: &'static str,
    /// The fastest `perturbations_per_eval`.
    pub(super) perturbations: usize,
    pub(super) measurements: Vec<Measurement>,
}

/// All measurements of one network and window size.
pub(super) struct OcclusionRow {
    pub(super) dense: DenseLayers,
    pub(super) windows: WindowSize,
    pub(super) with_reuse: Vec<Measurement>,
    pub(super) without_reuse: Vec<Measurement>,
    pub(super) captum: Vec<Captum>,
    /// The greatest differences of our maps from Captum's: with reuse and without.
    pub(super) differences: [f32; 2],
}

/// The settings that all rows share.
pub(super) struct Conditions<'a> {
    pub(super) threads: usize,
    pub(super) rounds: usize,
    /// The values of `perturbations_per_eval` of which the fastest is measured.
    pub(super) perturbations: &'a [usize],
    /// The machine, in words.
    pub(super) machine: String,
}
