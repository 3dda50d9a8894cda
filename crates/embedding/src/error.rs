//! Errors of [`tsne::embed`](crate::tsne::embed).

/// The reason why points cannot be laid out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A coordinate of a point is NaN or infinite.
    #[error("value {column} of point {row} is not finite")]
    NotFinite {
        /// The index of the point, from 0.
        row: usize,
        /// The index of the dimension, from 0.
        column: usize,
    },
    /// The caller's callback ended the descent.
    #[error("stopped at iteration {0}")]
    Stopped(usize),
    /// The descent left the range of finite numbers.
    #[error("the positions are no longer finite at iteration {0}")]
    Diverged(usize),
    /// There are more points than the engine `linfa` accepts.
    #[error("{points} points are too many for the engine `linfa`, which accepts at most {most}")]
    TooManyPoints {
        /// The number of points.
        points: usize,
        /// The largest number that the engine accepts.
        most: usize,
    },
    /// `linfa-tsne` failed.
    #[error("linfa-tsne failed: {0}")]
    Linfa(String),
}
