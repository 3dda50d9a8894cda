//! Two-dimensional arrangements (embeddings) of high-dimensional points: PCA, t-SNE, and measures of their quality.
//!
//! [`tsne::embed`] reduces the points to their principal components and lays them out with one of two engines
//! ([`tsne::Engine`]). `linfa` is the exact t-SNE of crate `linfa-tsne`, whose time grows with the square of the number of
//! points. `grid` is our own engine, whose descent takes time about proportional to the number of points.
//! [`trustworthiness`] and [`neighbour_accuracy`] measure the quality of any embedding.
//!
//! All sums run in an order that does not depend on the number of threads. On one machine the same points, settings and
//! random stream therefore give the same embedding to the last bit.

mod error;
mod grid;
mod linfa;
pub mod pca;
mod quality;
mod schedule;
pub mod tsne;

pub use crate::error::Error;
pub use crate::quality::{NEIGHBOURS, neighbour_accuracy, trustworthiness};
