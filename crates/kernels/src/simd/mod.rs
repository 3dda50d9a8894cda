//! Vectors of 16 values, and the choice of the instruction set.

mod dispatch;
mod lanes;
mod transpose;

pub(crate) use dispatch::dispatch;
#[cfg(test)]
pub(crate) use dispatch::kinds::on_every_kind;
pub(crate) use lanes::add_lanes;
pub use lanes::{LANES, Lanes, padded_lanes};
pub(crate) use transpose::transpose;
