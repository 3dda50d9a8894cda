//! The names of the stages and their order.

/// The binaries that `just all` runs after `setup`, in this order. A stage reads only the folders of earlier stages.
pub const STAGES: [&str; 5] = [SCRAPE, PREPROCESS, TRAIN, EVALUATE, ANALYZE];

/// Gathers images by class.
pub const SCRAPE: &str = "scrape";
/// Checks, crops, resizes and splits images.
pub const PREPROCESS: &str = "preprocess";
/// Trains the network.
pub const TRAIN: &str = "train";
/// Searches a learning rate. `train find-lr` runs it.
pub const FIND_LR: &str = "find-lr";
/// Measures the tuned network.
pub const EVALUATE: &str = "evaluate";
/// Analyzes the tuned network.
pub const ANALYZE: &str = "analyze";
/// Composes the report. `analyze` runs it after the analyses, and `analyze report` runs it alone.
pub const REPORT: &str = "report";
/// Analyzes chosen layers. `analyze activations` runs it.
pub const ACTIVATIONS: &str = "activations";
