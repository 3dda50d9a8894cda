//! What can be wrong with a pickle, in words that name the place.

use thiserror::Error;

/// A pickle that was refused or could not be read.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{file}: {problem}")]
pub struct PickleError {
    /// The file as the caller named it.
    pub file: String,
    /// What is wrong, and where.
    pub problem: Problem,
}

/// What is wrong with a pickle. Offsets count bytes from the start of the file.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Problem {
    /// An opcode that could make Python run code or load something from outside.
    #[error("opcode {opcode} at byte {offset} could run code; refused")]
    Unsafe {
        /// Python's own name of the opcode.
        opcode: &'static str,
        /// Where it stands.
        offset: usize,
    },
    /// A global other than numpy's three.
    #[error("opcode GLOBAL at byte {offset} asks for `{name}`; only numpy arrays are read")]
    Global {
        /// `module.name`, shortened where it is long.
        name: String,
        /// Where it stands.
        offset: usize,
    },
    /// An opcode that arrays do not need.
    #[error("opcode 0x{code:02x} at byte {offset} is not known to this reader of numpy arrays")]
    Unknown {
        /// The opcode's byte.
        code: u8,
        /// Where it stands.
        offset: usize,
    },
    /// A protocol this reader does not know.
    #[error("pickle protocol {0} is not supported (2 and 3 are)")]
    Protocol(u8),
    /// The bytes end within an opcode.
    #[error("ends early: opcode {opcode} at byte {offset} wants {wanted} more bytes")]
    Truncated {
        /// Python's own name of the opcode.
        opcode: &'static str,
        /// Where it stands.
        offset: usize,
        /// Bytes that the opcode still needed.
        wanted: usize,
    },
    /// An opcode applied to something it does not fit.
    #[error("opcode {opcode} at byte {offset}: {what}")]
    Malformed {
        /// Python's own name of the opcode.
        opcode: &'static str,
        /// Where it stands.
        offset: usize,
        /// What does not fit.
        what: String,
    },
    /// An array that was announced and never given its values.
    #[error("array `{0}` has no values")]
    Unfinished(String),
    /// A limit of this reader was passed.
    #[error("more than {1} {0}")]
    TooMany(&'static str, usize),
}
