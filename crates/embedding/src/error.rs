//! Why points cannot be laid out.

/// What keeps a map from being made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A value of a point is not a number or not finite.
    #[error("value {column} of point {row} is not finite")]
    NotFinite {
        /// The point, from 0.
        row: usize,
        /// The dimension, from 0.
        column: usize,
    },
    /// The caller's callback asked to end the descent.
    #[error("stopped at iteration {0}")]
    Stopped(usize),
    /// The descent has left the numbers that can be told.
    #[error("the map has grown beyond all bounds by iteration {0}")]
    Diverged(usize),
}
