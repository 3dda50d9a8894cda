//! Integers that shapes are computed from.

use std::collections::BTreeMap;

use crate::Dim;

/// An integer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A known number.
    Known(i64),
    /// A size with this name, which is not known before the model runs.
    Open(String),
}

impl Value {
    /// Returns the number, or `None` when it is not known.
    pub(crate) fn known(&self) -> Option<i64> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Open(_) => None,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(value) => value.fmt(f),
            Self::Open(name) => name.fmt(f),
        }
    }
}

impl From<&Dim> for Value {
    fn from(dim: &Dim) -> Self {
        match dim {
            Dim::Size(size) => Self::Known(*size as i64),
            Dim::Symbol(name) => Self::Open(name.clone()),
        }
    }
}

/// Integer tensors as flat lists, by name.
pub(crate) type Values = BTreeMap<String, Vec<Value>>;

/// Returns the shape that a list of integers describes.
pub(super) fn dims(sizes: &[Value]) -> Result<Vec<Dim>, String> {
    let dim = |size: &Value| match size {
        Value::Known(size) => usize::try_from(*size).map(Dim::Size).map_err(|_| "a size is negative".to_owned()),
        Value::Open(name) => Ok(Dim::Symbol(name.clone())),
    };
    sizes.iter().map(dim).collect()
}
