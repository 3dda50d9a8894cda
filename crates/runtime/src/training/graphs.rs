//! The training model and the eval model. The order of their inputs is that of ONNX Runtime's training API and of
//! [`crate::Trainer`]: data, masks, labels, the optimizer's inputs, every trained weight.

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

/// The target of a training: the logits and the weights to train.
pub(super) struct Target {
    pub(super) logits: String,
    /// The trained weights, which are inputs of both models. Frozen weights stay inside the models.
    pub(super) trained: Vec<(String, ArrayD<f32>)>,
}

impl Target {
    pub(super) fn new(model: &Model, options: &Options) -> Result<Self, Error> {
        let unsuitable = |reason: String| Error::Unsuitable { model: model.label().to_owned(), reason };
        if model.shapes().get(&options.logits).is_some_and(|shape| shape.len() != 2) {
            let reason =
                format!("`{}` does not have the shape [n, classes], so it cannot be trained on", options.logits);
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
            return Err(unsuitable(format!("`{}` depends on no weight that can be trained", options.logits)));
        }
        Ok(Self { logits: options.logits.clone(), trained })
    }

    pub(super) fn parameters(&self) -> Vec<NamedShape> {
        self.trained
            .iter()
            .map(|(name, values)| NamedShape { name: name.clone(), shape: values.shape().to_vec() })
            .collect()
    }

    /// Adds the inputs after those for data: labels, the optimizer's inputs, then every trained weight in the order of the
    /// model.
    fn feed(&self, graph: &mut GraphProto, batch: &Dim, optimizer: Vec<ValueInfoProto>) {
        graph.input.push(value_info(LABELS, DataType::Int64 as i32, Some(std::slice::from_ref(batch))));
        graph.input.extend(optimizer);
        graph.input.extend(self.trained.iter().map(|(name, values)| float(name, values.shape())));
        let fed: BTreeSet<&str> = self.trained.iter().map(|(name, _)| name.as_str()).collect();
        graph.initializer.retain(|stored| !fed.contains(stored.name()));
    }
}

/// Returns the inputs for data, with the shape of one item.
pub(super) fn inputs(model: &Model) -> Result<Vec<NamedShape>, Error> {
    let shapes = model.shapes();
    model.inputs().into_iter().map(|name| per_item(model, &shapes, name)).collect()
}

fn per_item(model: &Model, shapes: &Shapes, name: &str) -> Result<NamedShape, Error> {
    let shape = shapes.per_item(name).ok_or_else(|| Error::Tensor {
        model: model.label().to_owned(),
        tensor: name.to_owned(),
        reason: "its shape is not known before the model runs".to_owned(),
    })?;
    Ok(NamedShape { name: name.to_owned(), shape })
}

/// Returns the graph up to the logits, without outputs and without weights among the inputs. Both models start with it.
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

/// Returns the eval model: loss and probabilities, without dropout.
pub(super) fn eval(model: &Model, target: &Target, options: &Options) -> Result<Model, Error> {
    let without = model.without_dropout()?;
    let mut graph = start(&without);
    let batch = batch(&without, &target.logits);
    target.feed(&mut graph, &batch, Vec::new());
    graph.node.push(loss::plain(&target.logits));
    graph.node.push(Node::new("Softmax", PROBABILITIES).inputs([&target.logits]).int("axis", 1).into());
    graph.output.push(value_info(LOSS, DataType::Float as i32, Some(&[])));
    graph.output.push(ValueInfoProto { name: Some(PROBABILITIES.to_owned()), ..without.graph().output[0].clone() });
    rewrite::convolutions(&mut graph, options.convolutions);
    finish(&without, "eval model", graph)
}

/// Returns the training model (loss, gradients and update of the weights) and its masks.
pub(super) fn training(model: &Model, target: &Target, options: &Options) -> Result<(Model, Vec<NamedShape>), Error> {
    let (model, masks) = with_masks(&faster::pool_first(model)?)?;
    let wanted: Vec<String> = target.trained.iter().map(|(name, _)| name.clone()).collect();
    let seed = format!("{}_grad", target.logits);
    tuning::differentiable(&model, &target.logits, &wanted)?;
    let backward =
        gradient::differentiate(&model, &model.shapes(), [&target.logits, &seed], &wanted, &[], Rectifier::Slope)?;
    let mut graph = start(&model);
    backward.complete(&mut graph.node);
    let parameters = target.parameters();
    target.feed(&mut graph, &batch(&model, &target.logits), optimizer::inputs(&parameters));
    let rates = optimizer::rates(&mut graph, &parameters, &options.rates);
    graph.input.push(value_info(RESET, DataType::Bool as i32, Some(&[Dim::Size(1)])));
    loss::add(&mut graph, &model, &target.logits, &seed, options)?;
    faster::turn_products(&mut graph, &parameters);
    graph.node.extend(backward.nodes);
    graph.initializer.extend(backward.constants);
    graph.value_info.extend(backward.described);
    rewrite::convolutions(&mut graph, options.convolutions);
    // The backward part begins behind the node that computes the gradient of the logits.
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

/// Returns the model with a multiplication by a mask in place of each `Dropout` node, and the masks, which are inputs.
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
