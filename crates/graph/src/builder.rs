//! Writing new graphs: inputs, weights, and nodes with attributes, in the order of computation.

use ndarray::{ArrayBase, Data, Dimension};

use crate::onnx::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto,
    attribute_proto::AttributeType, tensor_proto::DataType,
};
use crate::shape::value_info;
use crate::{Dim, Error, Model, tensor};

/// The version of the standard operator set that new graphs import, unless [`Builder::opset`] sets another one.
pub const OPSET: i64 = 15;
/// The version of the file format of new models.
pub(crate) const IR_VERSION: i64 = 8;

/// A node of a graph. It computes one tensor with the name of the node, unless [`Node::outputs`] sets other outputs.
#[derive(Clone, Debug)]
#[must_use = "a node does nothing until it is given to a builder"]
pub struct Node {
    proto: NodeProto,
}

impl Node {
    /// Makes a node of an operator (`"Conv"`, `"Relu"`, …).
    pub fn new(operator: &str, name: &str) -> Self {
        Self {
            proto: NodeProto {
                op_type: Some(operator.to_owned()),
                name: Some(name.to_owned()),
                output: vec![name.to_owned()],
                ..NodeProto::default()
            },
        }
    }

    /// Sets the domain of an operator that does not belong to the standard.
    pub fn domain(mut self, domain: &str) -> Self {
        self.proto.domain = Some(domain.to_owned());
        self
    }

    /// Sets the tensors that the node reads, in the order of the operator. An empty name leaves an optional input out.
    pub fn inputs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.proto.input = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the tensors that the node computes, in the order of the operator. An empty name leaves an optional output out.
    pub fn outputs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.proto.output = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds an integer attribute.
    pub fn int(self, key: &str, value: i64) -> Self {
        self.attribute(key, AttributeType::Int, |attribute| attribute.i = Some(value))
    }

    /// Adds a list attribute of integers, such as `kernel_shape`.
    pub fn ints(self, key: &str, values: impl Into<Vec<i64>>) -> Self {
        self.attribute(key, AttributeType::Ints, |attribute| attribute.ints = values.into())
    }

    /// Adds a floating-point attribute.
    pub fn float(self, key: &str, value: f32) -> Self {
        self.attribute(key, AttributeType::Float, |attribute| attribute.f = Some(value))
    }

    /// Adds a text attribute.
    pub fn text(self, key: &str, value: &str) -> Self {
        self.attribute(key, AttributeType::String, |attribute| attribute.s = Some(value.as_bytes().to_vec()))
    }

    /// Renames the node and its one output.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.proto.name = Some(name.to_owned());
        self.proto.output = vec![name.to_owned()];
        self
    }

    /// Copies the attributes of another node.
    pub(crate) fn attributes_of(mut self, other: &NodeProto) -> Self {
        self.proto.attribute.clone_from(&other.attribute);
        self
    }

    fn attribute(mut self, key: &str, kind: AttributeType, fill: impl FnOnce(&mut AttributeProto)) -> Self {
        let mut attribute =
            AttributeProto { name: Some(key.to_owned()), r#type: Some(kind as i32), ..AttributeProto::default() };
        fill(&mut attribute);
        self.proto.attribute.push(attribute);
        self
    }
}

impl From<Node> for NodeProto {
    fn from(node: Node) -> Self {
        node.proto
    }
}

/// A graph that is being written.
#[derive(Clone, Debug)]
pub struct Builder {
    opsets: Vec<(String, i64)>,
    graph: GraphProto,
}

impl Builder {
    /// Makes an empty graph with this name.
    pub fn new(name: &str) -> Self {
        let graph = GraphProto { name: Some(name.to_owned()), ..GraphProto::default() };
        Self { opsets: vec![(String::new(), OPSET)], graph }
    }

    /// Sets the version of the standard operator set that the graph imports. [`Model::append`] joins models of the same
    /// version.
    pub fn opset(&mut self, version: i64) -> &mut Self {
        self.opsets[0].1 = version;
        self
    }

    /// Imports a further operator set.
    pub fn import(&mut self, domain: &str, version: i64) -> &mut Self {
        self.opsets.push((domain.to_owned(), version));
        self
    }

    /// Adds a `float32` input of the shape `[n, sizes…]` with an open batch size `n`.
    pub fn batch_input(&mut self, name: &str, sizes: &[usize]) -> &mut Self {
        let shape: Vec<Dim> = std::iter::once(Dim::from("n")).chain(sizes.iter().map(|&size| size.into())).collect();
        self.input(name, DataType::Float, &shape)
    }

    /// Adds an input of any element type and shape.
    pub fn input(&mut self, name: &str, kind: DataType, shape: &[Dim]) -> &mut Self {
        self.graph.input.push(value_info(name, kind as i32, Some(shape)));
        self
    }

    /// Adds a `float32` weight: a named constant that training can change.
    pub fn weight<S: Data<Elem = f32>, D: Dimension>(&mut self, name: &str, values: &ArrayBase<S, D>) -> &mut Self {
        self.graph.initializer.push(tensor::from_array(name, values));
        self
    }

    /// Adds stored tensors of another model.
    pub(crate) fn stored(&mut self, weights: impl IntoIterator<Item = TensorProto>) -> &mut Self {
        self.graph.initializer.extend(weights);
        self
    }

    /// Adds a constant list of integers, such as the target shape of a `Reshape`.
    pub fn integers(&mut self, name: &str, values: &[i64]) -> &mut Self {
        self.graph.initializer.push(tensor::from_integers(name, values));
        self
    }

    /// Adds a node after all others.
    pub fn node(&mut self, node: impl Into<NodeProto>) -> &mut Self {
        self.graph.node.push(node.into());
        self
    }

    /// Checks the graph and returns it as a model with these outputs.
    ///
    /// # Errors
    /// Returns an error when a name is used before its definition or defined twice, and when shapes do not fit an operator.
    pub fn finish(&self, outputs: &[&str]) -> Result<Model, Error> {
        let shapes = crate::shape::infer(&self.graph, &[]);
        shapes.accept(self.graph.name())?;
        let mut whole = self.clone();
        let computed = self.graph.node.iter().flat_map(|node| &node.output);
        whole.graph.value_info = computed
            .filter(|name| !outputs.contains(&name.as_str()) && shapes.get(name).is_some())
            .map(|name| shapes.describe(name))
            .collect();
        whole.finish_with(outputs.iter().map(|name| shapes.describe(name)).collect())
    }

    /// Checks the graph and returns it as a model with outputs that are described already.
    pub(crate) fn finish_with(&self, outputs: Vec<ValueInfoProto>) -> Result<Model, Error> {
        let opset_import = self
            .opsets
            .iter()
            .map(|(domain, version)| OperatorSetIdProto { domain: Some(domain.clone()), version: Some(*version) });
        Model::from_proto(
            self.graph.name(),
            ModelProto {
                ir_version: Some(IR_VERSION),
                opset_import: opset_import.collect(),
                producer_name: Some("tunescope".to_owned()),
                graph: Some(GraphProto { output: outputs, ..self.graph.clone() }),
                ..ModelProto::default()
            },
        )
    }
}
