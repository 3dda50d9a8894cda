//! A checked model: reading, writing, and looking at what is inside.

use std::collections::BTreeSet;
use std::path::Path;

use prost::Message;
use prost::bytes::Bytes;

use crate::onnx::{GraphProto, ModelProto, NodeProto, ValueInfoProto};
use crate::{Dim, Error, Shapes, check, names, shape, wire};

/// An ONNX model that is known to be sound: it has a graph, every tensor's stored values fit its shape, every node's
/// inputs are computed before it, no name is given twice, nothing lies in a second file.
///
/// Cloning is cheap: the weights are shared.
#[derive(Clone)]
pub struct Model {
    label: String,
    proto: ModelProto,
    graph: GraphProto,
}

impl Model {
    /// Reads and checks an ONNX file. Errors name it.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::from_bytes(&path.display().to_string(), bytes)
    }

    /// Reads and checks an ONNX file's bytes; `label` is what errors call the model, usually the file's path.
    pub fn from_bytes(label: &str, bytes: impl Into<Bytes>) -> Result<Self, Error> {
        let bytes = bytes.into();
        let malformed = |reason: String| Error::Malformed { model: label.to_owned(), reason };
        if bytes.is_empty() {
            return Err(malformed("the file is empty".to_owned()));
        }
        wire::check(&bytes).map_err(malformed)?;
        let proto = ModelProto::decode(bytes).map_err(|error| malformed(error.to_string()))?;
        Self::from_proto(label, proto)
    }

    /// Checks a model that was put together by hand; `label` is what errors call it.
    pub fn from_proto(label: &str, mut proto: ModelProto) -> Result<Self, Error> {
        check::model(label, &proto)?;
        let graph = proto.graph.take().unwrap_or_default();
        Ok(Self { label: label.to_owned(), proto, graph })
    }

    /// The model as the bytes of an ONNX file. The same model always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_proto().encode_to_vec()
    }

    /// Writes the model as an ONNX file, in place; a stage that must not leave half a file behind writes
    /// [`Model::to_bytes`] its own way.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        std::fs::write(path, self.to_bytes()).map_err(|source| Error::Write { path: path.to_owned(), source })
    }

    /// The whole model as plain ONNX messages.
    pub fn to_proto(&self) -> ModelProto {
        ModelProto { graph: Some(self.graph.clone()), ..self.proto.clone() }
    }

    /// What errors call this model: its file, or the name it was built with.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Gives the model another name in errors.
    #[must_use]
    pub fn labelled(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }

    /// The graph as plain ONNX messages.
    pub fn graph(&self) -> &GraphProto {
        &self.graph
    }

    /// The version of the standard operators that the model is written in.
    pub fn opset(&self) -> i64 {
        let standard = self.proto.opset_import.iter().find(|set| matches!(set.domain(), "" | "ai.onnx"));
        standard.map_or(1, crate::onnx::OperatorSetIdProto::version)
    }

    /// Whether a node of the graph is `operator`, whatever domain it is of.
    pub fn has_operator(&self, operator: &str) -> bool {
        self.nodes().iter().any(|node| node.op_type() == operator)
    }

    /// The nodes, each after those that compute its inputs.
    pub fn nodes(&self) -> &[NodeProto] {
        &self.graph.node
    }

    /// Names of what has to be fed in: the graph's inputs, without those that are weights.
    pub fn inputs(&self) -> Vec<&str> {
        let weights: BTreeSet<&str> = self.graph.initializer.iter().map(crate::onnx::TensorProto::name).collect();
        self.graph.input.iter().map(ValueInfoProto::name).filter(|name| !weights.contains(name)).collect()
    }

    /// Names of what comes out.
    pub fn outputs(&self) -> Vec<&str> {
        self.graph.output.iter().map(ValueInfoProto::name).collect()
    }

    /// Names of all tensors that depend on the input: the inputs, then what each node computes, in order.
    pub fn tensors(&self) -> Vec<&str> {
        let computed = self.graph.node.iter().flat_map(|node| &node.output).map(String::as_str);
        self.inputs().into_iter().chain(computed.filter(|name| !name.is_empty())).collect()
    }

    /// The node that computes a tensor; `None` for inputs, weights and unknown names.
    pub fn producer(&self, tensor: &str) -> Option<&NodeProto> {
        self.graph.node.iter().find(|node| !tensor.is_empty() && node.output.iter().any(|name| name == tensor))
    }

    /// The shape of every tensor that can be known without running the model.
    pub fn shapes(&self) -> Shapes {
        shape::infer(&self.graph, &[])
    }

    /// The same, where inputs have these shapes, whatever the model says of them.
    pub fn shapes_for(&self, inputs: &[(&str, &[usize])]) -> Shapes {
        shape::infer(&self.graph, inputs)
    }

    /// The shapes of all tensors for a batch of one item: an input with an open first axis gets the size 1 there.
    pub fn shapes_for_one(&self) -> Shapes {
        let open = self.shapes();
        let one = |input: &str| -> Option<Vec<usize>> {
            let (batch, rest) = open.get(input)?.split_first()?;
            let rest: Option<Vec<usize>> = rest.iter().map(Dim::size).collect();
            rest.filter(|_| batch.size().is_none()).map(|rest| [vec![1], rest].concat())
        };
        let inputs: Vec<(&str, Vec<usize>)> =
            self.inputs().into_iter().filter_map(|input| Some((input, one(input)?))).collect();
        let inputs: Vec<(&str, &[usize])> = inputs.iter().map(|(input, sizes)| (*input, sizes.as_slice())).collect();
        self.shapes_for(&inputs)
    }

    /// The error for a name that this model does not have.
    pub(crate) fn unknown(&self, tensor: &str) -> Error {
        Error::UnknownTensor {
            model: self.label.clone(),
            tensor: tensor.to_owned(),
            nearest: names::nearest(tensor, self.tensors().into_iter()),
        }
    }

    /// Returns an error when the model does not have one of these tensors.
    pub(crate) fn require(&self, tensors: &[&str]) -> Result<(), Error> {
        let known: BTreeSet<&str> = self.tensors().into_iter().collect();
        match tensors.iter().find(|tensor| !known.contains(*tensor)) {
            Some(missing) => Err(self.unknown(missing)),
            None => Ok(()),
        }
    }

    /// The type and shape of tensors, as far as they are known, for the list of a graph's outputs.
    pub(crate) fn describe(&self, tensors: &[&str]) -> Vec<ValueInfoProto> {
        let shapes = self.shapes();
        tensors.iter().map(|tensor| shapes.describe(tensor)).collect()
    }

    /// The same model with another graph, checked again.
    pub fn with_graph(&self, graph: GraphProto) -> Result<Self, Error> {
        Self::from_proto(&self.label, ModelProto { graph: Some(graph), ..self.proto.clone() })
    }

    /// Everything of the model but its graph.
    pub(crate) fn frame(&self) -> &ModelProto {
        &self.proto
    }

    pub(crate) fn graph_mut(&mut self) -> &mut GraphProto {
        &mut self.graph
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("label", &self.label)
            .field("inputs", &self.inputs())
            .field("outputs", &self.outputs())
            .field("nodes", &self.graph.node.len())
            .finish_non_exhaustive()
    }
}
