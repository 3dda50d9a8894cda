//! The interfaces between stages: the configuration, the stage order, and every table that one stage writes and
//! another stage reads.
//!
//! The crate describes data only. It does not know how anything is computed.
//!
//! One serde type stands for each file ([`tables`]). The writer and all readers share the type, so no column and no file
//! name is spelled twice. [`Artifact`] says how such a type is read and written.

mod artifact;
pub mod config;
pub mod stages;
pub mod tables;

pub use artifact::{Artifact, Outputs};
pub use config::Config;
pub use stages::STAGES;
pub use tables::Row;
pub use tables::activations::{ChannelRow, TopRow};
pub use tables::calibration::CalibrationBin;
pub use tables::chosen::{ChosenRow, UnusableFile, Why};
pub use tables::class_scores::ClassScore;
pub use tables::confusion::ConfusionMatrix;
pub use tables::dataset::{Classes, Dataset, ImageRow, Split};
pub use tables::find_lr::{RangePoint, Suggestion};
pub use tables::history::EpochRow;
pub use tables::judgement::Judgement;
pub use tables::layers::LayerRow;
pub use tables::maps::{Fade, FadePoint, Faithfulness, MapTarget, TargetClass, WindowRow};
pub use tables::metrics::{Metrics, SplitMetrics};
pub use tables::misclassified::Mistake;
pub use tables::network::{NetworkFacts, ParentFacts};
pub use tables::predictions::{Prediction, Predictions};
pub use tables::quarantine::QuarantineRow;
pub use tables::rejects::RejectRow;
pub use tables::shortfalls::ShortfallRow;
pub use tables::sources::{SourceRow, Status};
pub use tables::top_images::TopImage;
pub use tables::trials::{StopReason, Trial, TrialResult, TrialSettings};
pub use tables::tsne::{EmbeddingFacts, EmbeddingPoint};
pub use tables::weights::{HistogramBin, WeightRow, Which};
