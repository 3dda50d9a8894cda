//! The files that `setup` has installed into the data folder, and the check that they are unchanged.
//!
//! [`Receipt`] lists the installed files with their SHA-256. [`compare`] checks a file before somebody uses it. It remembers a file
//! that it has read, so the second check of an unchanged file reads nothing.

mod compare;
mod hash;
mod memory;
mod receipt;

pub use compare::{Comparison, compare};
pub use hash::{sha256, sha256_file};
pub use receipt::{Part, RECEIPT, Receipt};
