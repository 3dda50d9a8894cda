//! The benchmark of occlusion: this project and Captum compute the saliency map of one image in turn, with the same weights.

mod comparison;
mod measurement;
mod network;
mod ours;
mod page;

pub(crate) use comparison::{Plan, run};
pub(crate) use ours::{Side, run as side};
