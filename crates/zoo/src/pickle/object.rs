//! The values that a pickle builds, in one arena.
//!
//! Objects of a pickle may be shared and may refer to each other in a ring. References are indices here. Shared objects and
//! rings therefore need no extra memory, and dropping the arena never recurses.

use super::array::PickledArray;

/// The index of an object in its [`Arena`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ref(u32);

/// A function or class that the reader knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    /// `numpy.core.multiarray._reconstruct`: makes an empty array, which `BUILD` fills.
    Reconstruct,
    /// `numpy.ndarray`: the first argument of `_reconstruct`.
    Ndarray,
    /// `numpy.dtype`.
    Dtype,
}

impl Global {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "numpy.core.multiarray._reconstruct" => Some(Self::Reconstruct),
            "numpy.ndarray" => Some(Self::Ndarray),
            "numpy.dtype" => Some(Self::Dtype),
            _ => None,
        }
    }
}

/// A value.
#[derive(Debug)]
pub(super) enum Object<'a> {
    None,
    Bool(bool),
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Tuple(Vec<Ref>),
    List(Vec<Ref>),
    Dict(Vec<(&'a str, Ref)>),
    Global(Global),
    /// The type float32. `true` once `BUILD` has set it to little-endian.
    Dtype(bool),
    /// `None` until `BUILD` has set the values.
    Array(Option<PickledArray<'a>>),
}

impl Object<'_> {
    /// Returns what the value is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a truth value",
            Self::Int(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Tuple(_) => "a tuple",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dictionary",
            Self::Global(_) => "a global",
            Self::Dtype(_) => "a dtype",
            Self::Array(_) => "an array",
        }
    }
}

/// The objects of one pickle.
#[derive(Debug, Default)]
pub(super) struct Arena<'a> {
    objects: Vec<Object<'a>>,
}

impl<'a> Arena<'a> {
    pub(super) fn add(&mut self, object: Object<'a>) -> Ref {
        self.objects.push(object);
        Ref(self.objects.len() as u32 - 1)
    }

    pub(super) fn get(&self, at: Ref) -> &Object<'a> {
        &self.objects[at.0 as usize]
    }

    pub(super) fn get_mut(&mut self, at: Ref) -> &mut Object<'a> {
        &mut self.objects[at.0 as usize]
    }
}
