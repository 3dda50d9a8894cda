//! The drawings that `train` leaves, which the report links to.

/// The losses over the epochs, in the folder of `train`.
pub const CURVES: &str = "curves.svg";
/// The validation loss of every trial by each setting, in the folder of `train`.
pub const SWEEP: &str = "sweep.svg";
