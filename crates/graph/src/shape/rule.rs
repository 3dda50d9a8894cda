//! What a rule sees of the node it is for, and what it gives.

use super::shapes::Shapes;
use super::value::Value;
use crate::Dim;
use crate::node::{attribute, int_attribute, ints_attribute, node_name};
use crate::onnx::{AttributeProto, NodeProto};
use crate::tensor;

/// A shape; `None` where it cannot be known; or why the inputs do not fit the operator.
pub(super) type Found = Result<Option<Vec<Dim>>, String>;

/// A node with what is known where it stands.
pub(super) struct At<'a> {
    pub(super) node: &'a NodeProto,
    pub(super) shapes: &'a Shapes,
    /// Which of the node's outputs is asked for.
    pub(super) output: usize,
}

impl<'a> At<'a> {
    /// The shape of an input.
    pub(super) fn shape(&self, input: usize) -> Option<&'a [Dim]> {
        self.shapes.get(self.node.input.get(input)?)
    }

    /// What is known of an input that is a list of integers.
    pub(super) fn values(&self, input: usize) -> Option<&'a [Value]> {
        self.shapes.values(self.node.input.get(input)?)
    }

    /// The values of an input that is a constant list of integers.
    pub(super) fn constant(&self, input: usize) -> Option<Vec<i64>> {
        self.values(input)?.iter().map(Value::known).collect()
    }

    pub(super) fn attribute(&self, key: &str) -> Option<&'a AttributeProto> {
        attribute(self.node, key)
    }

    pub(super) fn int(&self, key: &str, otherwise: i64) -> i64 {
        int_attribute(self.node, key).unwrap_or(otherwise)
    }

    /// An integer-list attribute.
    pub(super) fn ints(&self, key: &str) -> Option<&'a [i64]> {
        ints_attribute(self.node, key)
    }

    /// A size that only the run will tell.
    pub(super) fn open(&self, axis: usize) -> Dim {
        match self.output {
            0 => Dim::Symbol(format!("{}.{axis}", node_name(self.node))),
            further => Dim::Symbol(format!("{}.{further}.{axis}", node_name(self.node))),
        }
    }
}

/// An axis that may count from the end, as a place among `rank` (or `rank` itself, where `end` allows it).
pub(crate) fn axis(value: i64, rank: usize, end: bool) -> Result<usize, String> {
    let wrapped = if value < 0 { value.checked_add(rank as i64) } else { Some(value) };
    wrapped
        .and_then(|place| usize::try_from(place).ok())
        .filter(|&place| place < rank || (end && place == rank))
        .ok_or_else(|| format!("axis {value} of a tensor of {rank} axes"))
}

/// The product of sizes; `None` where one is open.
pub(super) fn product(dims: &[Dim]) -> Result<Option<usize>, String> {
    let sizes: Option<Vec<usize>> = dims.iter().map(Dim::size).collect();
    sizes.map(|sizes| tensor::count(&sizes)).transpose()
}
