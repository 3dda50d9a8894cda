//! The known shapes of a model's tensors.

use std::collections::BTreeMap;

use super::description::value_info;
use super::value::{Value, Values};
use crate::onnx::ValueInfoProto;
use crate::{Dim, Error};

/// The shapes of a model's tensors, as far as they are known before it runs.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    pub(super) known: BTreeMap<String, Known>,
    /// The values of small integer tensors.
    pub(super) values: Values,
    /// The first node whose inputs do not fit its operator.
    pub(super) problem: Option<Problem>,
}

#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) element: i32,
    pub(super) shape: Option<Vec<Dim>>,
}

#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) node: String,
    pub(super) operator: String,
    pub(super) reason: String,
}

impl Shapes {
    /// Returns the shape of a tensor, or `None` when it is not known.
    pub fn get(&self, tensor: &str) -> Option<&[Dim]> {
        self.known.get(tensor)?.shape.as_deref()
    }

    /// Returns the shape of one item of a tensor, such as `[256, 6, 6]`: its sizes without the first axis, the batch. `None`
    /// when one of them is not known.
    pub fn per_item(&self, tensor: &str) -> Option<Vec<usize>> {
        self.get(tensor)?.get(1..)?.iter().map(Dim::size).collect()
    }

    /// Returns the number of the element type of a tensor, or `None` when it is not known.
    pub(crate) fn element(&self, tensor: &str) -> Option<i32> {
        Some(self.known.get(tensor)?.element)
    }

    /// Returns the values of a small integer tensor, as far as they are known.
    pub(crate) fn values(&self, tensor: &str) -> Option<&[Value]> {
        self.values.get(tensor).map(Vec::as_slice)
    }

    /// Checks that the inputs of all nodes fit their operators.
    ///
    /// # Errors
    /// Returns an error about the first node whose inputs do not fit. The error calls the model `label`.
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

    /// Describes a tensor for ONNX: its type and shape, as far as they are known.
    pub fn describe(&self, tensor: &str) -> ValueInfoProto {
        match self.known.get(tensor) {
            Some(known) => value_info(tensor, known.element, known.shape.as_deref()),
            None => ValueInfoProto { name: Some(tensor.to_owned()), ..ValueInfoProto::default() },
        }
    }
}
