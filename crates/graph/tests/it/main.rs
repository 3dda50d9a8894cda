//! The graph crate through its public door.

#![allow(clippy::unwrap_used)]

mod cost;
mod edit;
mod hostile;
mod nets;
mod shapes;
mod tuning;
mod weights;
