//! The reasons why a file was not fetched.

use std::fmt::Write;
use std::path::PathBuf;

/// A file that was not fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No source has the file.
    #[error("no package index has `{file}`{}", list(tried))]
    NotFound {
        /// The name of the file.
        file: String,
        /// The sources with what each one answered.
        tried: Vec<Tried>,
    },
    /// A source does not answer, or answers with an error.
    #[error("`{file}` could not be downloaded{}", list(tried))]
    Failed {
        /// The name of the file.
        file: String,
        /// The sources with what each one answered.
        tried: Vec<Tried>,
    },
    /// The package index has another file of this name.
    #[error("the package index has another file `{file}`: {reason}")]
    OtherFile {
        /// The name of the file.
        file: String,
        /// How it differs.
        reason: String,
    },
    /// The file cannot be written.
    #[error("`{file}` cannot be written: {source}")]
    Disk {
        /// The name of the file.
        file: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

/// A source of files, and what it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The address or the folder.
    pub source: String,
    /// The answer.
    pub answer: String,
}

fn list(tried: &[Tried]) -> String {
    tried.iter().enumerate().fold(String::new(), |mut text, (index, Tried { source, answer })| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{} {source}: {answer}", if index == 0 { ":" } else { ";" });
        text
    })
}

/// A setting of pip that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IndexSettingsError {
    /// Neither the settings nor the installed pip name an index.
    #[error("no package index is known: pip is not installed, and its settings name no index")]
    NoIndex,
    /// A configuration file of pip cannot be read.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The value of a setting cannot be used.
    #[error("pip's setting `{key}` {reason}")]
    Value {
        /// The name of the setting.
        key: String,
        /// What is wrong.
        reason: String,
    },
}
