//! Sizes of a shape.

use std::fmt;

/// One size of a shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dim {
    /// Known.
    Size(usize),
    /// Not known until the model runs, but named: `n`.
    Symbol(String),
}

impl Dim {
    /// The size, where it is known.
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

/// "[n, 3, 224, 224]".
pub(crate) fn show(shape: &[Dim]) -> String {
    let sizes: Vec<_> = shape.iter().map(Dim::to_string).collect();
    format!("[{}]", sizes.join(", "))
}
