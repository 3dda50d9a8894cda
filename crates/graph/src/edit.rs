//! Surgery: taking a part of a model, looking inside one, joining two.

use std::collections::BTreeSet;

use crate::error::quoted;
use crate::node::{captures, int_attribute, reads};
use crate::onnx::{GraphProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto};
use crate::opset::domain;
use crate::{Error, Model};

/// Versions of the standard operators in which those of a head have not changed their meaning.
const STABLE: std::ops::RangeInclusive<i64> = 9..=22;

impl Model {
    /// The part of the model that computes `tensor`, with that tensor as its only output: what a frozen trunk is, or
    /// the network up to a layer that somebody wants to see. Weights and inputs that are not needed are left out.
    ///
    /// # Errors
    /// A tensor that the model does not have; the error offers the nearest names.
    pub fn cut(&self, tensor: &str) -> Result<Self, Error> {
        self.cut_many(&[tensor])
    }

    /// The part of the model that computes all of these tensors, which become its outputs in this order.
    pub fn cut_many(&self, tensors: &[&str]) -> Result<Self, Error> {
        self.require(tensors)?;
        let mut needed: BTreeSet<&str> = tensors.iter().copied().collect();
        let mut kept = Vec::new();
        for node in self.nodes().iter().rev() {
            if node.output.iter().any(|output| needed.contains(output.as_str())) {
                needed.extend(reads(node));
                kept.push(node.clone());
            }
        }
        kept.reverse();
        let graph = self.graph();
        let whole = |info: &&ValueInfoProto| needed.contains(info.name());
        let outputs = self.describe(tensors);
        let initializer = graph.initializer.iter().filter(|weight| needed.contains(weight.name()));
        let sparse = graph
            .sparse_initializer
            .iter()
            .filter(|sparse| sparse.values.as_ref().is_some_and(|values| needed.contains(values.name())));
        self.with_graph(GraphProto {
            node: kept,
            initializer: initializer.cloned().collect(),
            sparse_initializer: sparse.cloned().collect(),
            input: graph.input.iter().filter(whole).cloned().collect(),
            value_info: graph
                .value_info
                .iter()
                .filter(|info| needed.contains(info.name()) && !tensors.contains(&info.name()))
                .cloned()
                .collect(),
            output: outputs,
            quantization_annotation: Vec::new(),
            ..graph.clone()
        })
    }

    /// The part of the model from `tensor`, which becomes its only input, to `output`, which becomes its only output: the
    /// counterpart of [`Model::cut`].
    ///
    /// # Errors
    /// An unknown tensor; `output` depends on an input of the model past `tensor` as well.
    pub fn above(&self, tensor: &str, output: &str) -> Result<Self, Error> {
        self.require(&[tensor, output])?;
        let folded = crate::fold::shapes(self)?;
        let mut graph = folded.graph().clone();
        let stored: BTreeSet<&str> = graph.initializer.iter().map(TensorProto::name).collect();
        let mut needed: BTreeSet<&str> = BTreeSet::from([output]);
        let mut kept = Vec::new();
        for node in folded.nodes().iter().rev() {
            let computes = |name: &String| name != tensor && needed.contains(name.as_str());
            if node.output.iter().any(computes) {
                needed.extend(reads(node));
                kept.push(node.clone());
            }
        }
        kept.reverse();
        if let Some(past) = folded.inputs().into_iter().find(|input| *input != tensor && needed.contains(input)) {
            let reason = format!("`{output}` depends on `{past}` past `{tensor}`, so it cannot be cut off there");
            return Err(Error::Unsuitable { model: self.label().to_owned(), reason });
        }
        if !needed.contains(tensor) {
            let reason = format!("`{output}` does not depend on `{tensor}`");
            return Err(Error::Unsuitable { model: self.label().to_owned(), reason });
        }
        let weights = graph.input.iter().filter(|input| stored.contains(input.name())).cloned();
        graph.input = folded.describe(&[tensor]).into_iter().chain(weights).collect();
        graph.value_info.retain(|info| info.name() != tensor && needed.contains(info.name()));
        graph.node = kept;
        graph.output = folded.describe(&[output]);
        self.with_graph(graph)?.cut(output)
    }

    /// The same model with these tensors as further outputs, after its own. One that is an output already stays where
    /// it is.
    pub fn expose(&self, tensors: &[&str]) -> Result<Self, Error> {
        self.require(tensors)?;
        let mut outputs: Vec<&str> = self.outputs();
        for tensor in tensors {
            if !outputs.contains(tensor) {
                outputs.push(tensor);
            }
        }
        let added = self.describe(&outputs[self.graph().output.len()..]);
        let mut graph = self.graph().clone();
        graph.value_info.retain(|info| added.iter().all(|output| output.name() != info.name()));
        graph.output.extend(added);
        self.with_graph(graph)
    }

    /// Puts `head` on top of this model: each input of `head` is the tensor of this model that has the same name. What
    /// comes out is what `head` gives out; what this model gave out and is not needed is left out.
    ///
    /// # Errors
    /// Both models have a tensor or a weight of one name, other than the joint; an input of `head` that this model does
    /// not compute; different versions of the operators, where `head` uses one that differs between them.
    pub fn append(&self, head: &Self) -> Result<Self, Error> {
        let mismatch =
            |reason: String| Error::Mismatch { trunk: self.label().to_owned(), head: head.label().to_owned(), reason };
        let trunk = self.cut_many(&head.inputs()).map_err(|error| mismatch(error.to_string()))?;
        for set in &head.frame().opset_import {
            let below = self.frame().opset_import.iter().find(|below| domain(below) == domain(set));
            let versions = below.map_or(set.version(), OperatorSetIdProto::version)..=set.version();
            if versions.start() != versions.end() && !head.means_the_same(versions.clone()) {
                let (below, above) = versions.into_inner();
                return Err(mismatch(format!("one is written in operator set {below}, the other in {above}")));
            }
        }
        let taken: BTreeSet<&str> = trunk.all_names().collect();
        let joints = head.inputs();
        let twice: Vec<&str> = head.all_names().filter(|name| taken.contains(name) && !joints.contains(name)).collect();
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
        graph.value_info.retain(|info| trunk.producer(info.name()).is_some());
        graph.node.extend(above.node.iter().cloned());
        graph.initializer.extend(above.initializer.iter().cloned());
        graph.sparse_initializer.extend(above.sparse_initializer.iter().cloned());
        graph.value_info.extend(above.value_info.iter().cloned());
        graph.output.clone_from(&above.output);
        proto.graph = Some(graph);
        Self::from_proto(self.label(), proto)
    }

    /// The model as it is used, not trained: every `Dropout` node is taken out, and what read it reads its input. One
    /// that is an output, or whose mask is read, or that a graph inside a node reads, stays.
    pub fn without_dropout(&self) -> Result<Self, Error> {
        let mut graph = self.graph().clone();
        let outputs = self.outputs();
        let read: BTreeSet<&str> = self.nodes().iter().flat_map(reads).chain(outputs.iter().copied()).collect();
        let captured: BTreeSet<String> = self.nodes().iter().flat_map(captures).map(str::to_owned).collect();
        let mut same: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
        graph.node.retain_mut(|node| {
            for input in &mut node.input {
                if let Some(before) = same.get(input) {
                    input.clone_from(before);
                }
            }
            let [data, ..] = node.input.as_slice() else { return true };
            let [kept, rest @ ..] = node.output.as_slice() else { return true };
            let fixed = outputs.contains(&kept.as_str()) || captured.contains(kept);
            let mask_read = rest.iter().any(|mask| read.contains(mask.as_str()));
            if node.op_type() != "Dropout" || mask_read || fixed {
                return true;
            }
            same.insert(kept.clone(), data.clone());
            false
        });
        graph.value_info.retain(|info| !same.contains_key(info.name()));
        self.with_graph(graph)?.cut_many(&outputs)
    }

    /// Whether every node does the same in both versions of the standard operators.
    fn means_the_same(&self, versions: std::ops::RangeInclusive<i64>) -> bool {
        let (from, to) = versions.into_inner();
        let shapes = self.shapes();
        let flat = |node: &NodeProto| {
            let rank = node.input.first().and_then(|input| shapes.get(input)).map(<[_]>::len);
            rank == Some(2) && int_attribute(node, "axis") == Some(1)
        };
        [from, to].iter().all(|version| STABLE.contains(version))
            && self.nodes().iter().all(|node| match (node.domain(), node.op_type()) {
                ("", "Flatten" | "Gemm" | "GlobalAveragePool" | "Relu") => true,
                ("", "Softmax") => flat(node),
                _ => false,
            })
    }

    /// An error, where the model does not have one of these tensors.
    pub(crate) fn require(&self, tensors: &[&str]) -> Result<(), Error> {
        let known: BTreeSet<&str> = self.tensors().into_iter().collect();
        match tensors.iter().find(|tensor| !known.contains(*tensor)) {
            Some(missing) => Err(self.unknown(missing)),
            None => Ok(()),
        }
    }

    /// The type and shape of tensors, as far as they are known, for the list of a graph's outputs.
    fn describe(&self, tensors: &[&str]) -> Vec<ValueInfoProto> {
        let shapes = self.shapes();
        tensors.iter().map(|tensor| shapes.describe(tensor)).collect()
    }

    fn all_names(&self) -> impl Iterator<Item = &str> {
        self.tensors().into_iter().chain(self.graph().initializer.iter().map(TensorProto::name))
    }
}
