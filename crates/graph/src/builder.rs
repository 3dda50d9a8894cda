//! A small language to write graphs in: inputs, weights, nodes with attributes, in the order of computation.

use ndarray::{ArrayBase, Data, Dimension};

use crate::onnx::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, ValueInfoProto,
    attribute_proto::AttributeType, tensor_proto::DataType,
};
use crate::shape::value_info;
use crate::{Dim, Error, Model, tensor};

/// The operator set that new graphs are written in, unless [`Builder::opset`] says otherwise.
pub const OPSET: i64 = 15;
/// The version of the file format of new models.
pub(crate) const IR_VERSION: i64 = 8;

/// One operation. It computes a tensor of its own name, unless [`Node::outputs`] says otherwise.
#[derive(Clone, Debug)]
#[must_use = "a node does nothing until it is given to a builder"]
pub struct Node {
    proto: NodeProto,
}

impl Node {
    /// A node of the operator `operator` (`"Conv"`, `"Relu"`, …).
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

    /// The set of operators that the operator belongs to, where it is not the standard one.
    pub fn domain(mut self, domain: &str) -> Self {
        self.proto.domain = Some(domain.to_owned());
        self
    }

    /// The tensors that it reads, in the operator's order; an empty name leaves an optional one out.
    pub fn inputs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.proto.input = names.into_iter().map(Into::into).collect();
        self
    }

    /// The tensors that it computes, in the operator's order; an empty name leaves an optional one out.
    pub fn outputs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.proto.output = names.into_iter().map(Into::into).collect();
        self
    }

    /// An integer attribute.
    pub fn int(self, key: &str, value: i64) -> Self {
        self.attribute(key, AttributeType::Int, |attribute| attribute.i = Some(value))
    }

    /// A list-of-integers attribute, such as `kernel_shape`.
    pub fn ints(self, key: &str, values: impl Into<Vec<i64>>) -> Self {
        self.attribute(key, AttributeType::Ints, |attribute| attribute.ints = values.into())
    }

    /// A real-number attribute.
    pub fn float(self, key: &str, value: f32) -> Self {
        self.attribute(key, AttributeType::Float, |attribute| attribute.f = Some(value))
    }

    /// A text attribute.
    pub fn text(self, key: &str, value: &str) -> Self {
        self.attribute(key, AttributeType::String, |attribute| attribute.s = Some(value.as_bytes().to_vec()))
    }

    /// Gives the node, and what it computes, another name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.proto.name = Some(name.to_owned());
        self.proto.output = vec![name.to_owned()];
        self
    }

    /// The attributes of another node.
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

/// A graph in the making.
#[derive(Clone, Debug)]
pub struct Builder {
    opsets: Vec<(String, i64)>,
    graph: GraphProto,
}

impl Builder {
    /// An empty graph of this name.
    pub fn new(name: &str) -> Self {
        let graph = GraphProto { name: Some(name.to_owned()), ..GraphProto::default() };
        Self { opsets: vec![(String::new(), OPSET)], graph }
    }

    /// Writes the graph in another version of the standard operators: what [`Model::append`] needs to join it to a
    /// model of that version.
    pub fn opset(&mut self, version: i64) -> &mut Self {
        self.opsets[0].1 = version;
        self
    }

    /// Allows operators of a further domain.
    pub fn import(&mut self, domain: &str, version: i64) -> &mut Self {
        self.opsets.push((domain.to_owned(), version));
        self
    }

    /// A `float32` input of shape `[n, sizes…]`, any number `n` of items at a time.
    pub fn batch_input(&mut self, name: &str, sizes: &[usize]) -> &mut Self {
        let shape: Vec<Dim> = std::iter::once(Dim::from("n")).chain(sizes.iter().map(|&size| size.into())).collect();
        self.input(name, DataType::Float, &shape)
    }

    /// An input of any element type and shape.
    pub fn input(&mut self, name: &str, kind: DataType, shape: &[Dim]) -> &mut Self {
        self.graph.input.push(value_info(name, kind as i32, Some(shape)));
        self
    }

    /// A `float32` weight: a named constant that training may change.
    pub fn weight<S: Data<Elem = f32>, D: Dimension>(&mut self, name: &str, values: &ArrayBase<S, D>) -> &mut Self {
        self.graph.initializer.push(tensor::from_array(name, values));
        self
    }

    /// Weights and constants of another model, as they are.
    pub(crate) fn stored(&mut self, weights: impl IntoIterator<Item = TensorProto>) -> &mut Self {
        self.graph.initializer.extend(weights);
        self
    }

    /// A constant list of integers, such as the shape that `Reshape` takes.
    pub fn integers(&mut self, name: &str, values: &[i64]) -> &mut Self {
        self.graph.initializer.push(tensor::from_integers(name, values));
        self
    }

    /// Adds a node after all others.
    pub fn node(&mut self, node: impl Into<NodeProto>) -> &mut Self {
        self.graph.node.push(node.into());
        self
    }

    /// Checks the graph and makes it a model that gives out these tensors.
    ///
    /// # Errors
    /// Names used before they are given, or twice; shapes that do not fit the operators.
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

    /// The same, with outputs that are described already.
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
