//! The values that a pickle builds, in one arena.
//!
//! Objects of a pickle may be shared and may refer to each other in a ring. References are indices here. Shared objects and
//! rings therefore need no extra memory, and dropping the arena never recurses.

use super::array::WeightArray;

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
    /// `collections.OrderedDict`, which is read as a dictionary.
    OrderedDict,
    /// `torch._utils._rebuild_tensor_v2`.
    RebuildTensor,
    /// `torch._utils._rebuild_parameter`.
    RebuildParameter,
    /// `torch.FloatStorage` and the other kinds of storages.
    Storage(Element),
}

/// The type of the values of a storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Float,
    Half,
    /// The type of counters.
    Long,
}

impl Element {
    /// Returns the bytes of a value.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Float => 4,
            Self::Half => 2,
            Self::Long => 8,
        }
    }
}

/// The values of one or more tensors of PyTorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Storage<'a> {
    /// The name of the storage in the file.
    pub key: &'a str,
    pub element: Element,
    /// The number of values.
    pub count: usize,
}

/// A tensor of PyTorch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tensor<'a> {
    pub storage: Storage<'a>,
    /// The place of the first value in the storage.
    pub offset: usize,
    pub shape: Vec<usize>,
    /// The distance in values between neighbours along each axis.
    pub strides: Vec<usize>,
}

impl Global {
    /// Returns the global `name` of NumPy.
    pub(super) fn of_numpy(name: &str) -> Option<Self> {
        match name {
            "numpy.core.multiarray._reconstruct" => Some(Self::Reconstruct),
            "numpy.ndarray" => Some(Self::Ndarray),
            "numpy.dtype" => Some(Self::Dtype),
            _ => None,
        }
    }

    /// Returns the global `name` of a state dict of PyTorch.
    pub(super) fn of_torch(name: &str) -> Option<Self> {
        match name {
            "collections.OrderedDict" => Some(Self::OrderedDict),
            "torch._utils._rebuild_tensor_v2" => Some(Self::RebuildTensor),
            "torch._utils._rebuild_parameter" => Some(Self::RebuildParameter),
            "torch.FloatStorage" => Some(Self::Storage(Element::Float)),
            "torch.HalfStorage" => Some(Self::Storage(Element::Half)),
            "torch.LongStorage" => Some(Self::Storage(Element::Long)),
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
    Array(Option<WeightArray<'a>>),
    /// A storage of PyTorch: values that follow the pickle.
    Storage(Storage<'a>),
    /// A part of a storage as an array.
    Tensor(Tensor<'a>),
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
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
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

    /// Returns the lengths of axes, each at least 1.
    pub(super) fn lengths(&self, axes: &[Ref]) -> Result<Vec<usize>, String> {
        let length = |axis: &Ref| self.count(*axis).filter(|length| *length > 0);
        let lengths: Option<Vec<usize>> = axes.iter().map(length).collect();
        lengths.ok_or_else(|| "an axis is not a positive length".to_owned())
    }

    /// Returns the number `at`, unless it is no number or negative.
    pub(super) fn count(&self, at: Ref) -> Option<usize> {
        match self.get(at) {
            Object::Int(count) => usize::try_from(*count).ok(),
            _ => None,
        }
    }

    pub(super) fn get_mut(&mut self, at: Ref) -> &mut Object<'a> {
        &mut self.objects[at.0 as usize]
    }
}
