//! A checked model: reading, writing, and access to its parts.

use std::collections::BTreeSet;
use std::path::Path;

use prost::Message;
use prost::bytes::Bytes;

use crate::onnx::{GraphProto, ModelProto, NodeProto, ValueInfoProto};
use crate::{Dim, Error, Shapes, check, names, shape, wire};

/// A checked ONNX model.
///
/// It has a graph. The stored values of every tensor fit its shape, and lie in the same file. The inputs of every node are
/// computed before it, and no two tensors have the same name. A clone is cheap, because it shares the weights.
#[derive(Clone)]
pub struct Model {
    label: String,
    proto: ModelProto,
    graph: GraphProto,
}

impl Model {
    /// Reads the bytes of a model that this project has made, such as a training model. Only its structure is checked, because
    /// it contains operators of its own.
    ///
    /// # Errors
    /// Returns an error when the bytes are not a sound model.
    pub fn from_own_bytes(label: &str, bytes: impl Into<Bytes>) -> Result<Self, Error> {
        let bytes = bytes.into();
        let malformed = |reason: String| Error::Malformed { model: label.to_owned(), reason };
        if bytes.is_empty() {
            return Err(malformed("the file is empty".to_owned()));
        }
        wire::check(&bytes).map_err(malformed)?;
        let proto = ModelProto::decode(bytes).map_err(|error| malformed(error.to_string()))?;
        Self::from_proto(label, proto)
    }

    /// Checks a model that was built from ONNX messages. Errors call the model `label`.
    pub fn from_proto(label: &str, mut proto: ModelProto) -> Result<Self, Error> {
        check::model(label, &proto)?;
        let graph = proto.graph.take().unwrap_or_default();
        Ok(Self { label: label.to_owned(), proto, graph })
    }

    /// Returns the bytes of an ONNX file. The same model always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_proto().encode_to_vec()
    }

    /// Writes the model as an ONNX file. The write is not atomic: a stage writes [`Model::to_bytes`] in its own way.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        std::fs::write(path, self.to_bytes()).map_err(|source| Error::Write { path: path.to_owned(), source })
    }

    /// Returns the whole model as ONNX messages.
    pub fn to_proto(&self) -> ModelProto {
        ModelProto { graph: Some(self.graph.clone()), ..self.proto.clone() }
    }

    /// Returns what errors call this model: its file, or the name that it was built with.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Returns the model with another name for errors.
    #[must_use]
    pub fn labelled(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }

    /// Returns the graph as ONNX messages.
    pub fn graph(&self) -> &GraphProto {
        &self.graph
    }

    /// Returns the version of the standard operator set that the model imports.
    pub fn opset(&self) -> i64 {
        let standard = self.proto.opset_import.iter().find(|set| matches!(set.domain(), "" | "ai.onnx"));
        standard.map_or(1, crate::onnx::OperatorSetIdProto::version)
    }

    /// Returns whether the graph has a node with this operator, in any domain.
    pub fn has_operator(&self, operator: &str) -> bool {
        self.nodes().iter().any(|node| node.op_type() == operator)
    }

    /// Returns the nodes. Each node follows those that compute its inputs.
    pub fn nodes(&self) -> &[NodeProto] {
        &self.graph.node
    }

    /// Returns the names of the inputs that a run needs. Weights that the graph lists as inputs are not among them.
    pub fn inputs(&self) -> Vec<&str> {
        let weights: BTreeSet<&str> = self.graph.initializer.iter().map(crate::onnx::TensorProto::name).collect();
        self.graph.input.iter().map(ValueInfoProto::name).filter(|name| !weights.contains(name)).collect()
    }

    /// Returns the names of the outputs.
    pub fn outputs(&self) -> Vec<&str> {
        self.graph.output.iter().map(ValueInfoProto::name).collect()
    }

    /// Returns the names of the inputs, then those of the tensors that the nodes compute, in order.
    pub fn tensors(&self) -> Vec<&str> {
        let computed = self.graph.node.iter().flat_map(|node| &node.output).map(String::as_str);
        self.inputs().into_iter().chain(computed.filter(|name| !name.is_empty())).collect()
    }

    /// Returns the node that computes a tensor, or `None` for inputs, weights and unknown names.
    pub fn producer(&self, tensor: &str) -> Option<&NodeProto> {
        self.graph.node.iter().find(|node| !tensor.is_empty() && node.output.iter().any(|name| name == tensor))
    }

    /// Infers the shape of every tensor, as far as it is known before the model runs.
    pub fn shapes(&self) -> Shapes {
        shape::infer(&self.graph, &[])
    }

    /// Infers the shapes for inputs of the given shapes. They replace the shapes that the model declares.
    pub fn shapes_for(&self, inputs: &[(&str, &[usize])]) -> Shapes {
        shape::infer(&self.graph, inputs)
    }

    /// Infers the shapes for a batch of one item: an input with an open first axis gets the size 1 there.
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

    /// Returns the error for an unknown tensor.
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

    /// Describes tensors for the list of a graph's outputs: their types and shapes, as far as they are known.
    pub(crate) fn describe(&self, tensors: &[&str]) -> Vec<ValueInfoProto> {
        let shapes = self.shapes();
        tensors.iter().map(|tensor| shapes.describe(tensor)).collect()
    }

    /// Returns the model with another graph, which is checked.
    pub fn with_graph(&self, graph: GraphProto) -> Result<Self, Error> {
        Self::from_proto(&self.label, ModelProto { graph: Some(graph), ..self.proto.clone() })
    }

    /// Returns the model without its graph.
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
