//! The training and the eval model. Input and output order are what ONNX Runtime's training API and the `Trainer` of
//! crate `runtime` expect: data inputs, masks, labels, what the optimizer takes, every trained weight.

use std::collections::BTreeSet;

use graph::builder::Node;
use graph::gradient::{self, Rectifier, vendor};
use graph::head::PROBABILITIES;
use graph::node::node_name;
use graph::onnx::{GraphProto, TensorProto, ValueInfoProto, tensor_proto::DataType};
use graph::{Dim, Error, Model, Shapes, opset, tuning, value_info};
use ndarray::ArrayD;

use super::named_shape::NamedShape;
use super::names::{LABELS, LOSS, RESET, float};
use super::options::Options;
use super::{faster, loss, optimizer};
use crate::operators::names::DOMAIN;
use crate::rewrite;

/// What becomes of each weight of the model.
pub(super) struct Plan {
    pub(super) logits: String,
    /// The trained weights, which are fed to the graphs. The frozen ones stay inside.
    pub(super) trained: Vec<(String, ArrayD<f32>)>,
}

impl Plan {
    pub(super) fn new(model: &Model, options: &Options) -> Result<Self, Error> {
        let unsuitable = |reason: String| Error::Unsuitable { model: model.label().to_owned(), reason };
        if model.shapes().get(&options.logits).is_some_and(|shape| shape.len() != 2) {
            let reason = format!("`{}` is not of the shape [n, classes], so it cannot be trained on", options.logits);
            return Err(unsuitable(reason));
        }
        for name in options.trained.iter().flatten() {
            model.weight(name)?;
        }
        tuning::refuse_settings(model, options.trained.as_deref().unwrap_or_default())?;
        let trainable = tuning::trainable(model);
        let is_trained = |name: &String| options.trained.as_ref().unwrap_or(&trainable).contains(name);
        let weights = model.weights()?.into_iter();
        let trained: Vec<_> = weights.filter(|(name, _)| is_trained(name)).collect();
        if trained.is_empty() {
            return Err(unsuitable(format!("no weight of `{}` is to be trained", options.logits)));
        }
        Ok(Self { logits: options.logits.clone(), trained })
    }

    pub(super) fn parameters(&self) -> Vec<NamedShape> {
        self.trained
            .iter()
            .map(|(name, values)| NamedShape { name: name.clone(), shape: values.shape().to_vec() })
            .collect()
    }

    /// The graph's inputs after the data inputs: labels, what the optimizer takes, then every trained weight in the order
    /// of the model.
    fn feed(&self, graph: &mut GraphProto, batch: &Dim, optimizer: Vec<ValueInfoProto>) {
        graph.input.push(value_info(LABELS, DataType::Int64 as i32, Some(std::slice::from_ref(batch))));
        graph.input.extend(optimizer);
        graph.input.extend(self.trained.iter().map(|(name, values)| float(name, values.shape())));
        let fed: BTreeSet<&str> = self.trained.iter().map(|(name, _)| name.as_str()).collect();
        graph.initializer.retain(|stored| !fed.contains(stored.name()));
    }
}

/// The data inputs with the shape of one item.
pub(super) fn inputs(model: &Model) -> Result<Vec<NamedShape>, Error> {
    let shapes = model.shapes();
    model.inputs().into_iter().map(|name| per_item(model, &shapes, name)).collect()
}

fn per_item(model: &Model, shapes: &Shapes, name: &str) -> Result<NamedShape, Error> {
    let shape = shapes.per_item(name).ok_or_else(|| Error::Tensor {
        model: model.label().to_owned(),
        tensor: name.to_owned(),
        reason: "its shape is not known before it runs".to_owned(),
    })?;
    Ok(NamedShape { name: name.to_owned(), shape })
}

/// The graph up to the logits, without what the caller did not ask for: a start for both models.
fn start(model: &Model) -> GraphProto {
    let weights: BTreeSet<&str> = model.graph().initializer.iter().map(TensorProto::name).collect();
    let mut graph = model.graph().clone();
    graph.input.retain(|input| !weights.contains(input.name()));
    graph.output.clear();
    graph
}

fn batch(model: &Model, logits: &str) -> Dim {
    model.shapes().get(logits).and_then(<[Dim]>::first).cloned().unwrap_or_else(|| Dim::from("n"))
}

fn finish(model: &Model, name: &str, graph: GraphProto) -> Result<Model, Error> {
    let mut proto = model.to_proto();
    for domain in [vendor::DOMAIN, DOMAIN] {
        opset::import(&mut proto, domain);
    }
    proto.graph = Some(graph);
    Model::from_proto(&format!("{} ({name})", model.label()), proto)
}

/// Loss and probabilities, without dropout.
pub(super) fn eval(model: &Model, plan: &Plan, options: &Options) -> Result<Model, Error> {
    let without = model.without_dropout()?;
    let mut graph = start(&without);
    let batch = batch(&without, &plan.logits);
    plan.feed(&mut graph, &batch, Vec::new());
    graph.node.push(loss::plain(&plan.logits));
    graph.node.push(Node::new("Softmax", PROBABILITIES).inputs([&plan.logits]).int("axis", 1).into());
    graph.output.push(value_info(LOSS, DataType::Float as i32, Some(&[])));
    graph.output.push(ValueInfoProto { name: Some(PROBABILITIES.to_owned()), ..without.graph().output[0].clone() });
    rewrite::convolutions(&mut graph, options.convolutions);
    finish(&without, "eval model", graph)
}

/// Loss, gradients and the weights' update, and the masks that it takes.
pub(super) fn training(model: &Model, plan: &Plan, options: &Options) -> Result<(Model, Vec<NamedShape>), Error> {
    let (model, masks) = with_masks(&faster::pool_first(model)?)?;
    let wanted: Vec<String> = plan.trained.iter().map(|(name, _)| name.clone()).collect();
    let seed = format!("{}_grad", plan.logits);
    tuning::differentiable(&model, &plan.logits, &wanted)?;
    let backward =
        gradient::differentiate(&model, &model.shapes(), [&plan.logits, &seed], &wanted, &[], Rectifier::Slope)?;
    let mut graph = start(&model);
    backward.complete(&mut graph.node);
    let parameters = plan.parameters();
    plan.feed(&mut graph, &batch(&model, &plan.logits), optimizer::inputs(&parameters));
    let rates = optimizer::rates(&mut graph, &parameters, &options.rates);
    graph.input.push(value_info(RESET, DataType::Bool as i32, Some(&[Dim::Size(1)])));
    loss::add(&mut graph, &model, &plan.logits, &seed, options)?;
    faster::turn_products(&mut graph, &parameters);
    graph.node.extend(backward.nodes);
    graph.initializer.extend(backward.constants);
    graph.value_info.extend(backward.described);
    rewrite::convolutions(&mut graph, options.convolutions);
    // The backward part follows the node that gives it its start.
    let start = graph.node.iter().position(|node| node.output.contains(&seed));
    let first = start.map_or(graph.node.len(), |start| start + 1);
    let backward_nodes = graph.node.split_off(first);
    let mut backward_nodes = faster::split_convolutions(backward_nodes, &mut graph.initializer);
    faster::pool_gradients(&mut backward_nodes, &graph.value_info);
    graph.node.extend(backward_nodes);
    graph.output.push(value_info(LOSS, DataType::Float as i32, Some(&[])));
    optimizer::add(&mut graph, &options.optimizer, (&parameters, &rates), &backward.of, first);
    Ok((finish(&model, "training model", graph)?, masks))
}

/// The model with a multiplication by a mask from outside in place of each `Dropout` node.
fn with_masks(model: &Model) -> Result<(Model, Vec<NamedShape>), Error> {
    let shapes = model.shapes();
    let mut graph = model.graph().clone();
    let mut masks = Vec::new();
    for node in graph.node.iter_mut().filter(|node| node.op_type() == "Dropout") {
        let (Some(data), Some(output)) = (node.input.first(), node.output.first()) else { continue };
        let mask = NamedShape { name: format!("mask{}", masks.len()), ..per_item(model, &shapes, data)? };
        let product = Node::new("Mul", node_name(node)).inputs([data, &mask.name]).outputs([output]);
        *node = product.into();
        masks.push(mask);
    }
    let batch = batch(model, model.outputs()[0]);
    for mask in &masks {
        let shape: Vec<Dim> =
            std::iter::once(batch.clone()).chain(mask.shape.iter().map(|&size| Dim::Size(size))).collect();
        graph.input.push(value_info(&mask.name, DataType::Float as i32, Some(&shape)));
    }
    Ok((model.with_graph(graph)?, masks))
}
