//! Points of many dimensions on a plane: principal components, t-SNE, and how far a map can be trusted.
//!
//! [`tsne::embed`] makes the map. Up to [`tsne::EXACT_UP_TO`] points it counts every pair; beyond, its cost grows about as
//! the number of points: each point attracts its nearest neighbours alone, and what all push each other is read off a
//! grid. [`trustworthiness`] and [`neighbour_accuracy`] say how good a map is, whoever made it.
//!
//! All sums run in one order that no number of threads changes, so the same points and the same random stream give the
//! same map to the last bit on one machine.
//!
//! # Why not a crate
//! - `bhtsne` 0.7.13, whose `fit_sne` is the same method: with two threads, the same 5,000 points and the same start gave
//!   another map each time it was run (with one thread the same). Its descent cannot be ended by the caller, and its
//!   exact mode counts each point as its own neighbour.
//! - `linfa-tsne` 0.8.1: cannot start from principal components; its Barnes-Hut mode does not repeat either, and was
//!   slower than openTSNE.

mod affinity;
mod descent;
mod error;
mod exact;
mod grid;
mod interpolated;
mod neighbours;
pub mod pca;
mod quality;
mod spline;
pub mod tsne;

pub use crate::error::Error;
pub use crate::quality::{NEIGHBOURS, neighbour_accuracy, trustworthiness};
