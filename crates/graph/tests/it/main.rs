//! The graph crate through its public door.

#![allow(clippy::unwrap_used)]

mod cost;
mod gate;
mod hostile;
mod nets;
mod parts;
mod shapes;
mod tuning;
mod weights;
