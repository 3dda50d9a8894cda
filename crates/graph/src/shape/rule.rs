//! The input and the result of a shape rule.

use super::shapes::Shapes;
use super::value::Value;
use crate::Dim;
use crate::node::{attribute, int_attribute, ints_attribute, node_name};
use crate::onnx::{AttributeProto, NodeProto};
use crate::tensor;

/// The result of a rule: a shape, `None` when the shape cannot be known, or the reason why the inputs do not fit the operator.
pub(super) type InferredShape = Result<Option<Vec<Dim>>, String>;

/// A node, with the shapes that are known in front of it.
pub(super) struct At<'a> {
    pub(super) node: &'a NodeProto,
    pub(super) shapes: &'a Shapes,
    /// The index of the output whose shape is inferred.
    pub(super) output: usize,
}

impl<'a> At<'a> {
    /// Returns the shape of an input.
    pub(super) fn shape(&self, input: usize) -> Option<&'a [Dim]> {
        self.shapes.get(self.node.input.get(input)?)
    }

    /// Returns the values of an input that is a list of integers, as far as they are known.
    pub(super) fn values(&self, input: usize) -> Option<&'a [Value]> {
        self.shapes.values(self.node.input.get(input)?)
    }

    /// Returns the values of an input that is a constant list of integers.
    pub(super) fn constant(&self, input: usize) -> Option<Vec<i64>> {
        self.values(input)?.iter().map(Value::known).collect()
    }

    pub(super) fn attribute(&self, key: &str) -> Option<&'a AttributeProto> {
        attribute(self.node, key)
    }

    pub(super) fn int(&self, key: &str, otherwise: i64) -> i64 {
        int_attribute(self.node, key).unwrap_or(otherwise)
    }

    /// Returns a list attribute of integers.
    pub(super) fn ints(&self, key: &str) -> Option<&'a [i64]> {
        ints_attribute(self.node, key)
    }

    /// Returns a new named size for an axis, which is not known before the model runs.
    pub(super) fn open(&self, axis: usize) -> Dim {
        match self.output {
            0 => Dim::Symbol(format!("{}.{axis}", node_name(self.node))),
            further => Dim::Symbol(format!("{}.{further}.{axis}", node_name(self.node))),
        }
    }
}

/// Converts an axis, which can count from the end, to an index below `rank`. With `end`, `rank` itself is valid too.
pub(crate) fn axis(value: i64, rank: usize, end: bool) -> Result<usize, String> {
    let wrapped = if value < 0 { value.checked_add(rank as i64) } else { Some(value) };
    wrapped
        .and_then(|place| usize::try_from(place).ok())
        .filter(|&place| place < rank || (end && place == rank))
        .ok_or_else(|| format!("axis {value} of a tensor of {rank} axes"))
}

/// Returns the product of sizes, or `None` when one is not known.
pub(super) fn product(dims: &[Dim]) -> Result<Option<usize>, String> {
    let sizes: Option<Vec<usize>> = dims.iter().map(Dim::size).collect();
    sizes.map(|sizes| tensor::count(&sizes)).transpose()
}
