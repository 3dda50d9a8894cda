//! Convolutions by operators of our own, which crate `runtime` brings along, in place of the runtime's: forward, with a
//! rectifier that follows, and both gradients.
//!
//! A model with them is for a session that is opened right away. What is saved has none: it is for everybody's runtime.

use std::collections::BTreeMap;

use convolution::Geometry;

use crate::builder::Node;
use crate::check::reads;
use crate::gradient::MICROSOFT;
use crate::node::{attribute, input, int_attribute, is_standard};
use crate::onnx::{GraphProto, NodeProto, OperatorSetIdProto, ValueInfoProto};
use crate::{Dim, Error, Model, Shapes, shape, window};

/// The domain of the operators that crate `runtime` brings along.
pub(crate) const DOMAIN: &str = "tunescope";

/// Which convolutions our own operators compute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Convolutions {
    /// None: all are the runtime's.
    Runtime,
    /// Those that take less time than the runtime's, by [`convolution::worthwhile`].
    #[default]
    Fastest,
    /// All over pictures of two axes whose sizes are known before the run.
    Own,
}

impl Model {
    /// The same model with convolutions, and gradients of convolutions that [`crate::backward`] built, as operators of
    /// crate `runtime`, for a session that has those.
    ///
    /// A `Relu` that alone reads a convolution's output becomes part of it; the tensor in between is then no more.
    /// `Conv` and `ConvTranspose` with attributes that make no sense stay as they are, for the runtime to refuse.
    ///
    /// # Errors
    /// None for a model with known operators; the model is checked again.
    pub fn with_own_convolutions(&self, which: Convolutions) -> Result<Self, Error> {
        let mut graph = self.graph().clone();
        if !rewrite(&mut graph, which) {
            return Ok(self.clone());
        }
        let mut proto = self.to_proto();
        if proto.opset_import.iter().all(|set| set.domain() != DOMAIN) {
            proto.opset_import.push(OperatorSetIdProto { domain: Some(DOMAIN.to_owned()), version: Some(1) });
        }
        proto.graph = Some(graph);
        Self::from_proto(self.label(), proto)
    }
}

/// Puts the operators into a graph, which keeps the order of its nodes; whether there was a place for any. Outputs that are
/// not in the graph's list yet must not be read off between a convolution and its `Relu`.
pub(crate) fn rewrite(graph: &mut GraphProto, which: Convolutions) -> bool {
    if which == Convolutions::Runtime {
        return false;
    }
    let shapes = shape::infer(graph, &[]);
    let rewriter = Rewriter { which, shapes: &shapes };
    let relus = rectified(graph);
    let mut nodes = Vec::with_capacity(graph.node.len());
    // Names that are no more, and what is computed in their place.
    let mut taken_in: BTreeMap<String, String> = BTreeMap::new();
    let mut changed = false;
    for node in std::mem::take(&mut graph.node) {
        if node.op_type() == "Relu" && input(&node, 0).is_some_and(|input| taken_in.contains_key(input)) {
            continue;
        }
        let relu = node.output.first().and_then(|output| relus.get(output));
        let Some(own) = rewriter.node(&node, relu.map(String::as_str)) else {
            nodes.push(node);
            continue;
        };
        changed = true;
        if let (Some(relu), Some(output)) = (relu, node.output.first()) {
            taken_in.insert(output.clone(), relu.clone());
        }
        nodes.extend(own.into_iter().map(NodeProto::from));
    }
    graph.node = nodes;
    graph.value_info.retain(|info| !taken_in.contains_key(info.name()));
    describe(graph, &shapes);
    changed
}

/// By the output of a convolution, that of the `Relu` which alone reads it.
fn rectified(graph: &GraphProto) -> BTreeMap<String, String> {
    let mut readers: BTreeMap<&str, usize> = BTreeMap::new();
    for name in graph.node.iter().flat_map(reads).chain(graph.output.iter().map(ValueInfoProto::name)) {
        *readers.entry(name).or_default() += 1;
    }
    let convolutions = graph.node.iter().filter(|node| is_standard(node) && node.op_type() == "Conv");
    let alone: Vec<&str> = convolutions
        .filter_map(|node| node.output.first().map(String::as_str))
        .filter(|output| readers.get(output) == Some(&1))
        .collect();
    let relus = graph.node.iter().filter(|node| is_standard(node) && node.op_type() == "Relu");
    let pairs = relus.filter_map(|relu| Some((input(relu, 0)?, relu.output.first()?)));
    pairs.filter(|(x, _)| alone.contains(x)).map(|(x, y)| (x.to_owned(), y.clone())).collect()
}

/// Tells the runtime the shapes of what the operators compute: it knows no rule for them.
fn describe(graph: &mut GraphProto, shapes: &Shapes) {
    let told: Vec<&str> = graph.value_info.iter().chain(&graph.output).map(ValueInfoProto::name).collect();
    let own = graph.node.iter().filter(|node| node.domain() == DOMAIN).flat_map(|node| &node.output);
    let missing = own.filter(|name| !name.is_empty() && !told.contains(&name.as_str()) && shapes.get(name).is_some());
    let described: Vec<_> = missing.map(|name| shapes.describe(name)).collect();
    graph.value_info.extend(described);
}

struct Rewriter<'s> {
    which: Convolutions,
    shapes: &'s Shapes,
}

impl Rewriter<'_> {
    /// What stands in place of a node, the output of `relu` taken over where there is one.
    fn node(&self, node: &NodeProto, relu: Option<&str>) -> Option<Vec<Node>> {
        match (node.domain(), node.op_type()) {
            ("" | "ai.onnx", "Conv") => self.forward(node, relu),
            ("" | "ai.onnx", "ConvTranspose") => self.transposed(node),
            (MICROSOFT, "ConvGrad") => self.gradients(node),
            _ => None,
        }
    }

    fn forward(&self, node: &NodeProto, relu: Option<&str>) -> Option<Vec<Node>> {
        let (picture, filters) = (input(node, 0)?, input(node, 1)?);
        let geometry = self.geometry(node, picture, filters)?;
        let output = relu.or(node.output.first().map(String::as_str))?;
        let own = own("Convolution", output, &geometry).inputs(node.input.iter().cloned());
        Some(vec![own.int("relu", i64::from(relu.is_some()))])
    }

    /// The gradient of a convolution's picture, as rules for gradients write it where filters are not trained.
    fn transposed(&self, node: &NodeProto) -> Option<Vec<Node>> {
        let [incoming, filters] = node.input.as_slice() else { return None };
        if ["auto_pad", "output_shape"].iter().any(|key| attribute(node, key).is_some()) {
            return None;
        }
        let picture = node.output.first()?;
        let geometry = self.geometry(node, picture, filters)?;
        Some(vec![input_gradient(picture, &geometry).inputs([incoming, filters])])
    }

    /// `ConvGrad` of `dY`, `X` and `W`, which gives out `dX`, `dW` and `dB`, those that have a name.
    fn gradients(&self, node: &NodeProto) -> Option<Vec<Node>> {
        let [incoming, picture, filters] = node.input.as_slice() else { return None };
        let geometry = self.geometry(node, picture, filters)?;
        let output = |place: usize| node.output.get(place).filter(|name| !name.is_empty());
        let mut own_nodes = Vec::new();
        if let Some(of_filters) = output(1) {
            let outputs = [Some(of_filters.clone()), output(2).cloned()].into_iter().flatten();
            let gradient = own("ConvolutionFilterGradient", of_filters, &geometry).inputs([picture, incoming]);
            let kernel = geometry.kernel.map(|size| size as i64);
            own_nodes.push(gradient.outputs(outputs).ints("kernel_shape", kernel));
        } else if output(2).is_some() {
            return None;
        }
        if let Some(of_picture) = output(0) {
            own_nodes.push(input_gradient(of_picture, &geometry).inputs([incoming, filters]));
        }
        Some(own_nodes)
    }

    /// What the node's windows are over the tensor `picture`, where our own operators are to take them.
    fn geometry(&self, node: &NodeProto, picture: &str, filters: &str) -> Option<Geometry> {
        let (picture, filters) = (self.shapes.get(picture)?, self.shapes.get(filters)?);
        let [_, channels, height, width] = picture else { return None };
        let sizes: Option<Vec<usize>> = filters.iter().map(Dim::size).collect();
        let [maps, _, rows, columns] = sizes?[..] else { return None };
        let axes = window::axes(node, picture, &[rows as i64, columns as i64]).ok()?;
        let [vertical, horizontal] = axes.as_slice() else { return None };
        let positive = |value: i64| usize::try_from(value).ok();
        let pads: Option<Vec<usize>> = window::pads(&axes).ok()?.into_iter().map(positive).collect();
        let geometry = Geometry {
            channels: channels.size()?,
            filters: maps,
            kernel: [rows, columns],
            strides: [positive(vertical.stride)?, positive(horizontal.stride)?],
            pads: pads?.try_into().ok()?,
            dilations: [positive(vertical.dilation)?, positive(horizontal.dilation)?],
            groups: positive(int_attribute(node, "group").unwrap_or(1))?,
            size: [height.size()?, width.size()?],
        };
        let fits = self.which == Convolutions::Own || convolution::worthwhile(&geometry);
        (geometry.check().is_ok() && fits).then_some(geometry)
    }
}

/// An operator and the attributes that all of them have.
fn own(operator: &str, output: &str, geometry: &Geometry) -> Node {
    let list = |values: &[usize]| values.iter().map(|&value| value as i64).collect::<Vec<_>>();
    Node::new(operator, output)
        .domain(DOMAIN)
        .ints("strides", list(&geometry.strides))
        .ints("pads", list(&geometry.pads))
        .ints("dilations", list(&geometry.dilations))
        .int("group", geometry.groups as i64)
}

fn input_gradient(output: &str, geometry: &Geometry) -> Node {
    own("ConvolutionInputGradient", output, geometry).ints("size", geometry.size.map(|size| size as i64))
}
