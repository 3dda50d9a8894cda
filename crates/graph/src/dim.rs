//! Sizes of a shape.

use std::fmt;

/// A size of a shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dim {
    /// A known size.
    Size(usize),
    /// A size that is not known before the model runs. It has a name, such as `n`.
    Symbol(String),
}

impl Dim {
    /// Returns the size, or `None` when it is not known.
    pub fn size(&self) -> Option<usize> {
        match self {
            Self::Size(size) => Some(*size),
            Self::Symbol(_) => None,
        }
    }
}

impl From<usize> for Dim {
    fn from(size: usize) -> Self {
        Self::Size(size)
    }
}

impl From<&str> for Dim {
    fn from(name: &str) -> Self {
        Self::Symbol(name.to_owned())
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(size) => size.fmt(f),
            Self::Symbol(name) => name.fmt(f),
        }
    }
}

/// Returns a shape as text: "[n, 3, 224, 224]".
pub(crate) fn show(shape: &[Dim]) -> String {
    let sizes: Vec<_> = shape.iter().map(Dim::to_string).collect();
    format!("[{}]", sizes.join(", "))
}
