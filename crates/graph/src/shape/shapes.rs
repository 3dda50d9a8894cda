//! What is known of the tensors of a model.

use std::collections::BTreeMap;

use super::description::value_info;
use super::value::{Value, Values};
use crate::onnx::ValueInfoProto;
use crate::{Dim, Error};

/// What is known of a model's tensors without running it.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    pub(super) known: BTreeMap<String, Known>,
    /// What small integer tensors hold.
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
