//! Errors of the pickle reader. A message names the file, the opcode and its offset.

use thiserror::Error;

/// A pickle that the reader refuses.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{file}: {problem}")]
pub struct PickleError {
    /// The name of the file, as the caller gave it.
    pub file: String,
    /// What is wrong.
    pub problem: Problem,
}

/// A problem in a pickle. Offsets are bytes from the start of the file.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// An opcode that makes Python run code or load something from outside.
    #[error("opcode {opcode} at byte {offset} could run code and is refused")]
    Unsafe {
        /// Python's name of the opcode.
        opcode: &'static str,
        /// Its offset.
        offset: usize,
    },
    /// A global other than the three of NumPy.
    #[error("opcode GLOBAL at byte {offset} loads `{name}`, but only NumPy arrays are supported")]
    Global {
        /// The `module.name`, shortened when it is long.
        name: String,
        /// Its offset.
        offset: usize,
    },
    /// A global that the weights of PyTorch do not need.
    #[error(
        "opcode GLOBAL at byte {offset} loads `{name}`, but only a dictionary of tensors is supported (a state dict)"
    )]
    TorchGlobal {
        /// The `module.name`, shortened when it is long.
        name: String,
        /// Its offset.
        offset: usize,
    },
    /// The parts of a file of PyTorch do not fit together.
    #[error("{0}")]
    Layout(String),
    /// An opcode that the reader does not know.
    #[error("opcode 0x{code:02x} at byte {offset} is unknown")]
    Unknown {
        /// The opcode's byte.
        code: u8,
        /// Its offset.
        offset: usize,
    },
    /// A protocol that the reader does not support.
    #[error("pickle protocol {0} is not supported, only 2 and 3 are")]
    Protocol(u8),
    /// The file ends inside an opcode.
    #[error("the file ends early: opcode {opcode} at byte {offset} needs {wanted} more bytes")]
    Truncated {
        /// Python's name of the opcode.
        opcode: &'static str,
        /// Its offset.
        offset: usize,
        /// How many bytes are missing.
        wanted: usize,
    },
    /// An opcode whose operands do not fit.
    #[error("opcode {opcode} at byte {offset}: {what}")]
    Malformed {
        /// Python's name of the opcode.
        opcode: &'static str,
        /// Its offset.
        offset: usize,
        /// What does not fit.
        what: String,
    },
    /// An array that never receives its values.
    #[error("array `{0}` has no values")]
    Unfinished(String),
    /// The pickle exceeds a limit of the reader.
    #[error("more than {1} {0}")]
    TooMany(&'static str, usize),
}
