//! Tests of the public interface of the crate `graph`.

#![allow(clippy::unwrap_used)]

mod altered;
mod cost;
mod gate;
mod hostile;
mod nets;
mod parts;
mod shapes;
mod tuning;
mod weights;
