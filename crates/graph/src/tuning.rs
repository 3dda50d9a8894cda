//! The cut of a network for tuning: everything from one layer on is trained, and the part below runs once for each image.

use std::collections::{BTreeMap, BTreeSet};

use crate::gradient::{self, Rectifier};
use crate::node::{is_standard, node_name, reads};
use crate::onnx::{NodeProto, TensorProto, tensor_proto::DataType};
use crate::{Error, Model};

/// The cut that [`split`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The tensor between the frozen part and the trained part. The trained part depends on the input only through it.
    pub tensor: String,
    /// Names of the trained weights, in the order of the file.
    pub trained: Vec<String>,
}

/// Cuts a model so that the layer which computes the tensor `layer` is trained, and everything after it in the order of the
/// file. The name of an input stands for all layers.
///
/// The cut is the nearest common dominator of the trained nodes and of all nodes above them: every path from an input to
/// one of them goes through this tensor. For a layer in a branch it lies below the branching, and the layers in between
/// stay frozen. A `Dropout` right below the layer belongs to the trained part. Statistics of batch normalization, bounds of
/// `Clip` and weights that a frozen layer uses as well are never trained.
///
/// # Errors
/// Returns an error when
/// - the tensor is unknown,
/// - there is no weight at `layer` or after it,
/// - no single tensor below the layer leads to all that is trained,
/// - an operator above the cut has no gradient rule. The error names the deepest layer that can be tuned.
pub fn split(model: &Model, layer: &str) -> Result<Cut, Error> {
    let modern = model.modernized()?;
    modern.require(&[layer]).or_else(|_| model.require(&[layer]))?;
    let unsuitable = |reason: String| Error::Unsuitable { model: model.label().to_owned(), reason };
    let flow = Flow::of(&modern);
    let first = flow.position(layer).ok_or_else(|| unsuitable(format!("`{layer}` does not lead to an output")))?;
    let trained = flow.trained_from(first);
    if trained.is_empty() {
        return Err(unsuitable(format!("there is no weight to train at `{layer}` or after it")));
    }
    let tensor = flow
        .below(&trained)
        .ok_or_else(|| unsuitable(format!("no single tensor below `{layer}` leads to all that would be trained")))?;
    for output in modern.outputs() {
        differentiable(&modern, output, &trained)?;
    }
    Ok(Cut { tensor, trained })
}

/// Returns the names of all weights that training can change. They are `float32`, have at least one axis, influence an output,
/// and are neither statistics nor settings of operators.
pub fn trainable(model: &Model) -> Vec<String> {
    Flow::of(model).trained_from(0)
}

/// Returns the trainable weights of each node that depends on the input, by the index of the node.
pub(crate) fn taken(model: &Model) -> BTreeMap<usize, BTreeSet<&str>> {
    Flow::of(model).takes
}

/// Checks that `output` can be differentiated by these weights.
///
/// # Errors
/// Returns an error when an operator in between has no gradient rule. The error names the deepest layer that can be tuned.
pub fn differentiable(model: &Model, output: &str, trained: &[String]) -> Result<(), Error> {
    let shapes = model.shapes();
    let part = model.cut(output)?;
    let flow = Flow::of(&part);
    let known: BTreeSet<&str> = part.graph().initializer.iter().map(TensorProto::name).collect();
    let reached: Vec<String> = trained.iter().filter(|weight| known.contains(weight.as_str())).cloned().collect();
    let works = |weights: &[String]| {
        gradient::differentiate(&part, &shapes, [output, "seed"], weights, &[], Rectifier::Slope).map(|_| ())
    };
    works(&reached).map_err(|error| match error {
        Error::Gradient { model, node, operator, reason, .. } => {
            // A layer works when every later layer works, so the deepest one is found by bisection.
            let first = flow.layers.partition_point(|&place| works(&flow.trained_from(place)).is_err());
            let deepest = flow.layers.get(first);
            let deepest = deepest.map(|&place| flow.nodes[place].output.first().cloned().unwrap_or_default());
            Error::Gradient { model, node, operator, reason, deepest }
        }
        other => other,
    })
}

/// Returns whether an input of a node is a setting of the operator instead of a weight.
fn is_setting(node: &NodeProto, place: usize) -> bool {
    !is_standard(node)
        || match node.op_type() {
            "BatchNormalization" => place >= 3,
            "Clip" | "Dropout" | "Pad" | "Pow" | "Resize" | "Upsample" | "Slice" | "Reshape" | "Expand"
            | "QuantizeLinear" | "DequantizeLinear" | "Split" => place >= 1,
            _ => false,
        }
}

/// The flow of values from the inputs through the nodes.
struct Flow<'m> {
    nodes: &'m [NodeProto],
    inputs: Vec<&'m str>,
    outputs: Vec<&'m str>,
    /// Tensors that depend on an input.
    data: BTreeSet<&'m str>,
    /// Weights in the order of the file.
    weights: Vec<&'m str>,
    /// The weights that each node reads, directly or through nodes that do not depend on an input, by the index of the node.
    takes: BTreeMap<usize, BTreeSet<&'m str>>,
    /// Indices of the nodes with trainable weights.
    layers: Vec<usize>,
}

impl<'m> Flow<'m> {
    fn of(model: &'m Model) -> Self {
        let inputs = model.inputs();
        let float = |stored: &&TensorProto| stored.data_type() == DataType::Float as i32 && !stored.dims.is_empty();
        let stored = model.graph().initializer.iter().filter(float);
        let sizes: BTreeMap<&str, i64> = stored
            .clone()
            .map(|stored| (stored.name(), stored.dims.iter().fold(1, |size: i64, dim| size.saturating_mul(*dim))))
            .collect();
        let mut roots: BTreeMap<&str, BTreeSet<&str>> =
            sizes.keys().map(|name| (*name, BTreeSet::from([*name]))).collect();
        let mut data: BTreeSet<&str> = inputs.iter().copied().collect();
        let mut takes: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for (place, node) in model.nodes().iter().enumerate() {
            let arithmetic = matches!(node.op_type(), "Add" | "Sub" | "Mul" | "Div");
            let own: BTreeSet<&str> = node
                .input
                .iter()
                .enumerate()
                .filter(|(place, _)| !is_setting(node, *place))
                .filter_map(|(_, input)| roots.get(input.as_str()))
                .flatten()
                .copied()
                // An operand with one value of an arithmetic node is a constant of a formula.
                .filter(|weight| !arithmetic || sizes.get(weight).is_none_or(|size| *size > 1))
                .collect();
            let outputs = node.output.iter().map(String::as_str).filter(|name| !name.is_empty());
            if reads(node).iter().any(|name| data.contains(name)) {
                data.extend(outputs);
                takes.insert(place, own);
            } else {
                roots.extend(outputs.map(|output| (output, own.clone())));
            }
        }
        let weights = stored.map(TensorProto::name).collect();
        let layers = takes.iter().filter(|(_, taken)| !taken.is_empty()).map(|(place, _)| *place).collect();
        Self { nodes: model.nodes(), inputs, outputs: model.outputs(), data, weights, takes, layers }
    }

    /// Returns the index of the node that computes a tensor from an input, or 0 for an input.
    fn position(&self, tensor: &str) -> Option<usize> {
        if self.inputs.contains(&tensor) {
            return Some(0);
        }
        let place = self.nodes.iter().position(|node| node.output.iter().any(|output| output == tensor))?;
        self.takes.contains_key(&place).then_some(place)
    }

    /// Returns the weights that only nodes from index `first` on read.
    fn trained_from(&self, first: usize) -> Vec<String> {
        let all = |range: &dyn Fn(usize) -> bool| -> BTreeSet<&str> {
            self.takes.iter().filter(|(place, _)| range(**place)).flat_map(|(_, taken)| taken).copied().collect()
        };
        let (below, above) = (all(&|place| place < first), all(&|place| place >= first));
        let trained = |name: &&&str| above.contains(**name) && !below.contains(**name);
        self.weights.iter().filter(trained).map(|name| (*name).to_owned()).collect()
    }

    /// Returns the nearest tensor that every path from an input to the layers of these weights, or to a layer above, goes through.
    fn below(&self, trained: &[String]) -> Option<String> {
        let mut dominators = Dominators::default();
        self.inputs.iter().for_each(|input| dominators.add(input, None));
        let mut changing: BTreeSet<&str> = trained.iter().map(String::as_str).collect();
        let mut entered: Vec<&str> = Vec::new();
        for (place, node) in self.nodes.iter().enumerate() {
            let read = reads(node);
            let seen: Vec<&str> = read.iter().copied().filter(|name| self.data.contains(name)).collect();
            let outputs = node.output.iter().map(String::as_str).filter(|name| !name.is_empty());
            if seen.is_empty() {
                continue;
            }
            let trains = self.takes.get(&place).is_some_and(|taken| taken.iter().any(|name| changing.contains(name)));
            if trains || read.iter().any(|name| changing.contains(name)) {
                entered.extend(seen.iter().filter(|name| !changing.contains(*name)));
                changing.extend(outputs);
            } else {
                let common = dominators.common(&seen);
                outputs.for_each(|output| dominators.add(output, common));
            }
        }
        entered.extend(self.outputs.iter().filter(|output| self.data.contains(*output) && !changing.contains(*output)));
        let mut nearest = dominators.common(&entered)?;
        let dropouts = self.nodes.iter().filter(|node| is_standard(node) && node.op_type() == "Dropout");
        let dropouts: BTreeSet<&str> = dropouts.flat_map(|node| &node.output).map(String::as_str).collect();
        let dropped = |tensor: &str| dropouts.contains(tensor);
        while let Some(below) = dominators.before(nearest).filter(|_| dropped(nearest)) {
            nearest = below;
        }
        Some(nearest.to_owned())
    }
}

/// The dominators of tensors. A dominator of a tensor is another tensor that all paths from the inputs to it go through.
#[derive(Default)]
struct Dominators<'m> {
    places: BTreeMap<&'m str, usize>,
    /// Each tensor, the index of its nearest dominator in this list, and its number of dominators.
    steps: Vec<(&'m str, Option<usize>, usize)>,
}

impl<'m> Dominators<'m> {
    fn add(&mut self, tensor: &'m str, before: Option<&'m str>) {
        let before = before.and_then(|before| self.places.get(before)).copied();
        let length = before.map_or(0, |before| self.steps[before].2 + 1);
        self.places.insert(tensor, self.steps.len());
        self.steps.push((tensor, before, length));
    }

    fn before(&self, tensor: &str) -> Option<&'m str> {
        let before = self.steps[*self.places.get(tensor)?].1?;
        Some(self.steps[before].0)
    }

    /// Returns the nearest tensor that all paths to all of these tensors go through.
    fn common(&self, tensors: &[&'m str]) -> Option<&'m str> {
        let places: Option<Vec<usize>> = tensors.iter().map(|tensor| self.places.get(tensor).copied()).collect();
        let places = places?;
        let (first, others) = places.split_first()?;
        let common = others.iter().try_fold(*first, |common, other| {
            let (mut a, mut b) = (common, *other);
            while a != b {
                let deeper = if self.steps[a].2 >= self.steps[b].2 { &mut a } else { &mut b };
                *deeper = self.steps[*deeper].1?;
            }
            Some(a)
        })?;
        Some(self.steps[common].0)
    }
}

/// Checks that none of these weights is a setting of an operator.
///
/// # Errors
/// Returns an error that names the first such weight and its operator.
pub fn refuse_settings(model: &Model, trained: &[String]) -> Result<(), Error> {
    for weight in trained {
        let user = model.nodes().iter().find(|node| {
            let mut inputs = node.input.iter().enumerate();
            inputs.any(|(place, input)| input == weight && is_setting(node, place))
        });
        if let Some(user) = user {
            let reason = format!("it is a setting of `{}` ({}) and cannot be trained", node_name(user), user.op_type());
            return Err(Error::Tensor { model: model.label().to_owned(), tensor: weight.clone(), reason });
        }
    }
    Ok(())
}
