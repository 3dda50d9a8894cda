//! Reads NumPy arrays from a Python pickle without running any code.
//!
//! A pickle is a program for a small stack machine. Python's own reader lets this program call any function that it names.
//! The weights in package registries are pickles, so this reader supports only the part of the machine that rebuilds arrays:
//! containers, text, numbers, and three globals of NumPy. It refuses everything else and names the opcode and its offset.

mod array;
mod error;
mod machine;
mod numpy;
mod object;
mod opcode;
mod walk;

pub use array::PickledArray;
pub use error::{PickleError, Problem};
pub use walk::arrays;

#[cfg(test)]
pub(crate) mod writing;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
