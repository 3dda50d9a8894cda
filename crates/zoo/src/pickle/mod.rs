//! Reads NumPy arrays and PyTorch tensors from Python pickles without running any code.
//!
//! A pickle is a program for a small stack machine. Python's own reader lets this program call any function that it names.
//! The weights in package registries are pickles, so this reader supports only the part of the machine that rebuilds arrays:
//! containers, text, numbers, and a few globals of NumPy or PyTorch. It refuses everything else and names the opcode and its offset.

mod array;
mod error;
mod machine;
mod numpy;
mod object;
mod opcode;
mod torch;
mod torch_file;
mod walk;

pub use array::WeightArray;
pub use error::{PickleError, Problem};
pub(crate) use torch_file::is_torch;
pub use torch_file::tensors;
pub use walk::arrays;

#[cfg(test)]
pub(crate) mod writing;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod torch_tests;
