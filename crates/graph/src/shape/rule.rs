//! What a rule sees of the node it is for, and what it gives.

use std::collections::BTreeMap;

use super::{Dim, Shapes};
use crate::node::{int_attribute, node_name};
use crate::onnx::{AttributeProto, NodeProto};
use crate::tensor;

/// A shape; `None` where it cannot be known; or why the inputs do not fit the operator.
pub(super) type Found = Result<Option<Vec<Dim>>, String>;

/// A node with what is known where it stands.
pub(super) struct At<'a> {
    pub(super) node: &'a NodeProto,
    pub(super) shapes: &'a Shapes,
    pub(super) constants: &'a BTreeMap<&'a str, Vec<i64>>,
}

impl<'a> At<'a> {
    /// The shape of an input.
    pub(super) fn shape(&self, input: usize) -> Option<&'a [Dim]> {
        self.shapes.get(self.node.input.get(input)?)
    }

    /// The values of an input that is a constant list of integers.
    pub(super) fn constant(&self, input: usize) -> Option<&'a [i64]> {
        self.constants.get(self.node.input.get(input)?.as_str()).map(Vec::as_slice)
    }

    pub(super) fn attribute(&self, key: &str) -> Option<&'a AttributeProto> {
        self.node.attribute.iter().find(|attribute| attribute.name() == key)
    }

    pub(super) fn int(&self, key: &str, otherwise: i64) -> i64 {
        int_attribute(self.node, key).unwrap_or(otherwise)
    }

    /// An integer-list attribute.
    pub(super) fn ints(&self, key: &str) -> Option<&'a [i64]> {
        self.attribute(key).map(|attribute| attribute.ints.as_slice())
    }

    /// A size that only the run will tell.
    pub(super) fn open(&self, axis: usize) -> Dim {
        Dim::Symbol(format!("{}.{axis}", node_name(self.node)))
    }
}

/// An axis that may count from the end, as a place among `rank` (or `rank` itself, where `end` allows it).
pub(super) fn axis(value: i64, rank: usize, end: bool) -> Result<usize, String> {
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
