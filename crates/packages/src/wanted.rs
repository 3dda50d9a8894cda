//! The file to fetch.

/// A file of a package index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The name of the package.
    pub package: &'a str,
    /// The name of the file.
    pub file: &'a str,
    /// The SHA-256 of the file, 64 hex digits in lower case.
    pub sha256: &'a str,
    /// The size of the file in bytes.
    pub bytes: u64,
}
