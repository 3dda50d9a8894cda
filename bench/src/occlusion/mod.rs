//! The benchmark of occlusion: the saliency map of one image here and in Captum, in turn, with the same weights.

mod comparison;
mod measurement;
mod network;
mod ours;
mod page;

pub(crate) use comparison::{Plan, run};
pub(crate) use ours::{Side, run as side};
