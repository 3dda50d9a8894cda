//! The benchmark of occlusion: this project and Captum compute the saliency map of one image in turn, with the same weights.

mod comparison;
mod measurement;
mod network;
mod ours;
mod page;

pub(crate) use comparison::{ComparisonPlan, run};
pub(crate) use ours::{OcclusionSide, run as side};
