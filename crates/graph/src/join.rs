//! Joining two models.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::error::quoted;
use crate::node::int_attribute;
use crate::onnx::{NodeProto, OperatorSetIdProto, TensorProto};
use crate::opset::domain;
use crate::{Error, Model};

/// Versions of the standard operator set between which the operators of a head have not changed.
const STABLE: RangeInclusive<i64> = 9..=22;

impl Model {
    /// Puts `head` on top of this model. Each input of `head` is the tensor of this model with the same name. The outputs
    /// of the result are those of `head`. Parts of this model that `head` does not need are left out.
    ///
    /// The parts of one model can have equal constants, such as the bounds of `Clip`. The result has them once.
    ///
    /// # Errors
    /// Returns an error when
    /// - both models have a tensor or a weight of the same name, other than the joint and equal constants,
    /// - this model does not compute an input of `head`,
    /// - the models import different versions of an operator set and `head` has an operator that differs between them.
    pub fn append(&self, head: &Self) -> Result<Self, Error> {
        let mismatch =
            |reason: String| Error::Mismatch { trunk: self.label().to_owned(), head: head.label().to_owned(), reason };
        let trunk = self.cut_many(&head.inputs()).map_err(|error| mismatch(error.to_string()))?;
        for set in &head.frame().opset_import {
            let below = self.frame().opset_import.iter().find(|below| domain(below) == domain(set));
            let versions = below.map_or(set.version(), OperatorSetIdProto::version)..=set.version();
            if versions.start() != versions.end() && !means_the_same(head, versions.clone()) {
                let (below, above) = versions.into_inner();
                return Err(mismatch(format!("one uses operator set {below}, the other {above}")));
            }
        }
        let taken: BTreeSet<&str> = names(&trunk).collect();
        let joints = head.inputs();
        let shared = shared(&trunk, head);
        let is_twice = |name: &&str| taken.contains(name) && !joints.contains(name) && !shared.contains(name);
        let twice: Vec<&str> = names(head).filter(is_twice).collect();
        if !twice.is_empty() {
            return Err(mismatch(format!("both have {}", quoted(&twice))));
        }
        let mut proto = trunk.to_proto();
        for set in &head.frame().opset_import {
            if proto.opset_import.iter().all(|below| domain(below) != domain(set)) {
                proto.opset_import.push(set.clone());
            }
        }
        proto.functions.extend(head.frame().functions.iter().cloned());
        proto.ir_version = proto.ir_version.max(head.frame().ir_version);
        let above = head.graph();
        let mut graph = trunk.graph().clone();
        graph.value_info.append(&mut graph.output);
        let computed: BTreeSet<&str> = trunk.nodes().iter().flat_map(|node| &node.output).map(String::as_str).collect();
        graph.value_info.retain(|info| computed.contains(info.name()));
        let is_new = |node: &&NodeProto| !node.output.iter().any(|output| shared.contains(output.as_str()));
        graph.node.extend(above.node.iter().filter(is_new).cloned());
        let weights = above.initializer.iter().filter(|weight| !shared.contains(weight.name()));
        graph.initializer.extend(weights.cloned());
        graph.sparse_initializer.extend(above.sparse_initializer.iter().cloned());
        let described = above.value_info.iter().filter(|info| !shared.contains(info.name()));
        graph.value_info.extend(described.cloned());
        graph.output.clone_from(&above.output);
        proto.graph = Some(graph);
        Self::from_proto(self.label(), proto)
    }
}

/// Returns the constants that both models have: weights with equal values, and what equal nodes compute from such constants alone.
fn shared<'h>(trunk: &Model, head: &'h Model) -> BTreeSet<&'h str> {
    let weights: BTreeMap<&str, &TensorProto> =
        trunk.graph().initializer.iter().map(|weight| (weight.name(), weight)).collect();
    let equal = head.graph().initializer.iter().filter(|weight| weights.get(weight.name()) == Some(weight));
    let mut shared: BTreeSet<&str> = equal.map(TensorProto::name).collect();
    for node in head.nodes() {
        let is_constant = node.input.iter().all(|input| input.is_empty() || shared.contains(input.as_str()));
        if is_constant && trunk.nodes().contains(node) {
            shared.extend(node.output.iter().map(String::as_str));
        }
    }
    shared
}

/// Returns whether every node of `model` computes the same in both versions of the standard operator set.
fn means_the_same(model: &Model, versions: RangeInclusive<i64>) -> bool {
    let (from, to) = versions.into_inner();
    let shapes = model.shapes();
    let flat = |node: &NodeProto| {
        let rank = node.input.first().and_then(|input| shapes.get(input)).map(<[_]>::len);
        rank == Some(2) && int_attribute(node, "axis") == Some(1)
    };
    [from, to].iter().all(|version| STABLE.contains(version))
        && model.nodes().iter().all(|node| match (node.domain(), node.op_type()) {
            ("", "Flatten" | "Gemm" | "GlobalAveragePool" | "Relu") => true,
            // Since this version, its rate is an input.
            ("", "Dropout") => from.min(to) >= 12,
            ("", "Softmax") => flat(node),
            _ => false,
        })
}

/// Returns the names of all tensors and weights.
fn names(model: &Model) -> impl Iterator<Item = &str> {
    model.tensors().into_iter().chain(model.graph().initializer.iter().map(TensorProto::name))
}
