//! The graph crate through its public door.

#![allow(clippy::unwrap_used)]

mod cost;
mod edit;
mod gradient;
mod hostile;
mod nets;
mod own_operators;
mod shapes;
mod training;
mod tuning;
mod weights;
