//! The points at which polynomials are evaluated.
//!
//! The points 0, 1, -1, 2, -2, 1/2, -1/2 have small errors among those for which the sums are short. The last point is infinity.
//! The error grows with the number of points, and is larger if there are few taps: filters with four and five taps take eight
//! points, shorter filters seven. `tests/accuracy.rs` prints the errors and compares them with those of a plain `f32` sum.

/// Number of points for two and three taps.
pub(crate) const SHORTEST: usize = 7;
/// Number of points for four and five taps. It is the greatest number of points.
pub(crate) const LONGEST: usize = 8;

/// The finite points. `n` points are the first `n - 1` of these, and infinity.
pub(crate) const POINTS: [f64; LONGEST - 1] = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5];

/// Returns the number of points for a filter of `taps` taps. It is also the number of inputs of a tile.
pub(crate) const fn points_for(taps: usize) -> usize {
    if taps > 3 { LONGEST } else { SHORTEST }
}
