//! The order of the stages.

/// A stage as a user starts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageEntry {
    /// The name of the stage and of its folder below `artifacts/`.
    pub name: &'static str,
    /// The binary and its subcommand, such as `["analyze", "report"]`.
    pub command: &'static [&'static str],
}

/// All stages that `just all` runs, in order. A stage reads only folders of earlier stages.
pub const STAGES: &[StageEntry] = &[
    StageEntry { name: SCRAPE, command: &["scrape"] },
    StageEntry { name: PREPROCESS, command: &["preprocess"] },
    StageEntry { name: TRAIN, command: &["train"] },
    StageEntry { name: EVALUATE, command: &["evaluate"] },
    StageEntry { name: ANALYZE, command: &["analyze"] },
];

/// Gathers images by class.
pub const SCRAPE: &str = "scrape";
/// Checks, crops, resizes and splits images.
pub const PREPROCESS: &str = "preprocess";
/// Looks for a learning rate. Not part of `just all`.
pub const FIND_LR: &str = "find-lr";
/// Trains the network.
pub const TRAIN: &str = "train";
/// Measures the tuned network.
pub const EVALUATE: &str = "evaluate";
/// Analyzes the tuned network.
pub const ANALYZE: &str = "analyze";
/// Looks at chosen layers. Not part of `just all`.
pub const ACTIVATIONS: &str = "activations";
