//! The shape of each tensor, worked out from the shapes of the inputs without running anything. The batch size, and
//! whatever else the model leaves open, stays a named unknown.
//!
//! One file a family of operators. An operator without a rule is no error: the tensors behind it just have no known
//! shape, unless the model itself tells it.

mod dense;
mod infer;
mod layout;
mod normalization;
mod pick;
mod rule;
mod values;
mod window;

use std::collections::BTreeMap;
use std::fmt;

use crate::Error;
use crate::onnx::{GraphProto, TensorShapeProto, TypeProto, ValueInfoProto, tensor_shape_proto, type_proto};
pub(crate) use infer::infer;
pub(crate) use rule::axis;
pub(crate) use values::Value;
use values::Values;

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

/// What is known of a model's tensors without running it.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    known: BTreeMap<String, Known>,
    /// What small integer tensors hold.
    values: Values,
    /// The first node whose inputs do not fit its operator.
    problem: Option<Problem>,
}

#[derive(Clone, Debug)]
struct Known {
    element: i32,
    shape: Option<Vec<Dim>>,
}

#[derive(Clone, Debug)]
struct Problem {
    node: String,
    operator: String,
    reason: String,
}

impl Shapes {
    /// Works out the shapes of all tensors of a graph, as far as they are known without running it.
    pub fn of(graph: &GraphProto) -> Self {
        infer(graph, &[])
    }

    /// A tensor's shape, where it is known.
    pub fn get(&self, tensor: &str) -> Option<&[Dim]> {
        self.known.get(tensor)?.shape.as_deref()
    }

    /// A tensor's shape without its first axis, the batch, where all of it is known: `[256, 6, 6]`.
    pub fn per_item(&self, tensor: &str) -> Option<Vec<usize>> {
        self.get(tensor)?.get(1..)?.iter().map(Dim::size).collect()
    }

    /// What is known of a small integer tensor's values.
    pub(crate) fn values(&self, tensor: &str) -> Option<&[Value]> {
        self.values.get(tensor).map(Vec::as_slice)
    }

    /// An error, where some node's inputs do not fit its operator; `label` is what it calls the model.
    pub fn accept(&self, label: &str) -> Result<(), Error> {
        self.problem.as_ref().map_or(Ok(()), |problem| {
            Err(Error::Node {
                model: label.to_owned(),
                node: problem.node.clone(),
                operator: problem.operator.clone(),
                reason: problem.reason.clone(),
            })
        })
    }

    /// All that is known of a tensor, in ONNX's words.
    pub fn describe(&self, tensor: &str) -> ValueInfoProto {
        match self.known.get(tensor) {
            Some(known) => value_info(tensor, known.element, known.shape.as_deref()),
            None => ValueInfoProto { name: Some(tensor.to_owned()), ..ValueInfoProto::default() },
        }
    }
}

/// A shape that is spelled out as a tensor.
fn dims(sizes: &[Value]) -> Result<Vec<Dim>, String> {
    let dim = |size: &Value| match size {
        Value::Known(size) => usize::try_from(*size).map(Dim::Size).map_err(|_| "a size is negative".to_owned()),
        Value::Open(name) => Ok(Dim::Symbol(name.clone())),
    };
    sizes.iter().map(dim).collect()
}

/// ONNX's description of a tensor.
pub fn value_info(name: &str, element: i32, shape: Option<&[Dim]>) -> ValueInfoProto {
    use tensor_shape_proto::{Dimension, dimension::Value};
    let dim = |dim: &Dim| Dimension {
        value: Some(match dim {
            Dim::Size(size) => Value::DimValue(*size as i64),
            Dim::Symbol(name) => Value::DimParam(name.clone()),
        }),
        ..Dimension::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: Some(element),
        shape: shape.map(|shape| TensorShapeProto { dim: shape.iter().map(dim).collect() }),
    };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(kind), ..ValueInfoProto::default() }
}

/// What the model itself says of a tensor.
fn declared(info: &ValueInfoProto) -> Option<Known> {
    use tensor_shape_proto::dimension::Value;
    let Some(type_proto::Value::TensorType(tensor)) = &info.r#type.as_ref()?.value else { return None };
    let shape = tensor.shape.as_ref().map(|shape| {
        let dims = shape.dim.iter().enumerate();
        let dims = dims.map(|(axis, dim)| match &dim.value {
            Some(Value::DimValue(size)) if *size > 0 => Dim::Size(*size as usize),
            Some(Value::DimParam(name)) if !name.is_empty() => Dim::Symbol(name.clone()),
            _ => Dim::Symbol(format!("{}.{axis}", info.name())),
        });
        dims.collect()
    });
    Some(Known { element: tensor.elem_type(), shape })
}
