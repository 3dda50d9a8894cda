//! What is computed in rectangles, in which, and from where on the network runs as a whole.

use std::collections::BTreeMap;

use graph::local::{self, Local, Slide};
use graph::{Model, Shapes};

use super::convolution::Convolution;
use super::dense::Dense;
use super::pool::Pool;
use crate::{Error, Rect};

/// A tensor `[n, channels, height, width]` that is computed in rectangles.
#[derive(Debug)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) sizes: [usize; 3],
    /// For each window, the places that it may change.
    pub(crate) rects: Vec<Rect>,
    /// The last step that reads it.
    last: usize,
}

/// What a step does.
#[derive(Debug)]
pub(super) enum Work {
    Convolution(Convolution),
    Pool(Pool, [Slide; 2]),
    Relu,
    /// Nothing: the output is the input.
    Same,
    /// Any node that works place by place, by the runtime; the names of its inputs.
    Places(Vec<String>),
}

/// One node.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) work: Work,
    /// Tensors that it reads and the one that it computes, as places in [`Plan::tensors`].
    pub(super) inputs: Vec<usize>,
    pub(super) output: usize,
    /// What the runtime does of it, where it does anything.
    pub(super) model: Option<Vec<u8>>,
}

/// A network taken apart for some windows.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) tensors: Vec<Tensor>,
    pub(super) steps: Vec<Step>,
    /// The tensor between the rectangles and the rest of the network, as a place in `tensors`.
    pub(crate) cut: usize,
    /// The dense layers that follow upon it.
    pub(crate) dense: Dense,
    /// The network above those, of which the outputs are those asked for.
    pub(crate) above: Model,
}

/// A node before it is known what of it is needed.
struct Found<'m> {
    node: &'m graph::onnx::NodeProto,
    local: Local,
    inputs: Vec<usize>,
    output: usize,
}

impl Plan {
    /// Takes `model` apart, which computes `outputs` from its one input `[n, channels, height, width]`, for windows that
    /// cover `rects` of it. Without `reuse`, nothing is computed in rectangles but the picture itself.
    pub(crate) fn new(model: &Model, outputs: &[&str], rects: &[Rect], reuse: bool) -> Result<Self, Error> {
        let unsuitable = |reason: String| Error::Unsuitable { model: model.label().to_owned(), reason };
        let shapes = model.shapes();
        let [input] = model.inputs()[..] else { return Err(unsuitable("it has not one input".to_owned())) };
        let sizes = sizes(&shapes, input)
            .ok_or_else(|| unsuitable(format!("`{input}` is no picture [n, channels, height, width]")))?;
        let mut tensors = vec![Tensor { name: input.to_owned(), sizes, rects: rects.to_vec(), last: 0 }];
        let mut found = if reuse { follow(model, &shapes, &mut tensors) } else { Vec::new() };
        let (cut, above) = cut(model, &tensors, outputs)
            .ok_or_else(|| unsuitable(format!("`{}` cannot be computed from `{input}` alone", outputs.join("`, `"))))?;
        keep_needed(&mut found, cut);
        let mut steps = Vec::new();
        for found in found {
            steps.push(step(model, &shapes, &tensors, found)?);
        }
        for (place, step) in steps.iter().enumerate() {
            for input in &step.inputs {
                tensors[*input].last = place;
            }
        }
        tensors[cut].last = steps.len();
        let (dense, above) = Dense::split(above, &tensors[cut].name, outputs, reuse);
        Ok(Self { tensors, steps, cut, dense, above })
    }

    /// Names of the tensors that must be known for the uncovered picture.
    pub(crate) fn needed(&self) -> Vec<usize> {
        let mut needed: Vec<usize> = self
            .steps
            .iter()
            .flat_map(|step| step.inputs.iter().copied().chain([step.output]))
            .chain([self.cut])
            .collect();
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// Whether nothing reads a tensor after this step.
    pub(super) fn ends(&self, tensor: usize, step: usize) -> bool {
        self.tensors[tensor].last == step
    }
}

/// A tensor's `[channels, height, width]`.
fn sizes(shapes: &Shapes, tensor: &str) -> Option<[usize; 3]> {
    shapes.per_item(tensor)?.try_into().ok()
}

/// The nodes that work place by place on what the input reaches, in order; their outputs are added to `tensors`.
fn follow<'m>(model: &'m Model, shapes: &Shapes, tensors: &mut Vec<Tensor>) -> Vec<Found<'m>> {
    let mut places: BTreeMap<String, usize> = BTreeMap::from([(tensors[0].name.clone(), 0)]);
    let mut found = Vec::new();
    let stored: std::collections::BTreeSet<&str> =
        model.graph().initializer.iter().map(graph::onnx::TensorProto::name).collect();
    for node in model.nodes() {
        let read = node.input.iter().filter(|name| !name.is_empty() && !stored.contains(name.as_str()));
        let Some(inputs) = read.map(|name| places.get(name).copied()).collect::<Option<Vec<usize>>>() else { continue };
        let (Some(output), Some(local)) = (node.output.first(), local::local(model, shapes, node)) else { continue };
        let (Some(sizes), false) = (sizes(shapes, output), inputs.is_empty()) else { continue };
        if matches!(&local, Local::Convolution { group, .. } if !Convolution::can(*group)) {
            continue;
        }
        let rects = changed(&local, &inputs, tensors);
        let place = tensors.len();
        places.insert(output.clone(), place);
        tensors.push(Tensor { name: output.clone(), sizes, rects, last: 0 });
        found.push(Found { node, local, inputs, output: place });
    }
    found
}

/// For each window, what it may change of what a node computes.
fn changed(local: &Local, inputs: &[usize], tensors: &[Tensor]) -> Vec<Rect> {
    let windows = tensors[0].rects.len();
    let read =
        |window: usize| inputs.iter().map(|input| tensors[*input].rects[window]).fold(Rect::default(), Rect::around);
    (0..windows)
        .map(|window| match local {
            Local::Pointwise => read(window),
            Local::Convolution { slides, .. } | Local::MaxPool { slides } | Local::AveragePool { slides, .. } => {
                let read = read(window);
                let rows = slides[0].reached(read.top..read.bottom());
                let columns = slides[1].reached(read.left..read.right());
                if rows.is_empty() || columns.is_empty() {
                    return Rect::default();
                }
                Rect { top: rows.start, left: columns.start, height: rows.len(), width: columns.len() }
            }
        })
        .collect()
}

/// The last tensor from which alone all outputs can be computed, and the network above it.
fn cut(model: &Model, tensors: &[Tensor], outputs: &[&str]) -> Option<(usize, Model)> {
    (0..tensors.len()).rev().find_map(|place| Some((place, above(model, &tensors[place].name, outputs)?)))
}

/// The network above a tensor, if all outputs can be computed from it alone.
pub(super) fn above(model: &Model, tensor: &str, outputs: &[&str]) -> Option<Model> {
    let order = model.tensors();
    let top = outputs.iter().max_by_key(|output| order.iter().position(|tensor| tensor == *output))?;
    model.above(tensor, top).and_then(|above| above.expose(outputs)).ok()
}

/// Leaves out nodes that the cut does not need.
fn keep_needed(found: &mut Vec<Found<'_>>, cut: usize) {
    let mut needed = std::collections::BTreeSet::from([cut]);
    let mut kept: Vec<bool> = Vec::new();
    for node in found.iter().rev() {
        let keep = needed.contains(&node.output);
        if keep {
            needed.extend(node.inputs.iter().copied());
        }
        kept.push(keep);
    }
    let mut kept = kept.into_iter().rev();
    found.retain(|_| kept.next().unwrap_or(false));
}

fn step(model: &Model, shapes: &Shapes, tensors: &[Tensor], found: Found) -> Result<Step, Error> {
    let Found { node, local, inputs, output } = found;
    let operator = node.op_type();
    let (work, pointwise) = match local {
        Local::Convolution { filters, group, slides } => {
            let rects = [inputs[0], output].map(|tensor| tensors[tensor].rects.as_slice());
            let filters = model.weight(&filters)?;
            let convolution = Convolution::new(&tensors[output].name, filters, group, slides, rects)?;
            (Work::Convolution(convolution), None)
        }
        Local::MaxPool { slides } => (Work::Pool(Pool::Greatest, slides), None),
        Local::AveragePool { slides, count_pads } => (Work::Pool(Pool::Mean { count_pads }, slides), None),
        Local::Pointwise => match operator {
            "Relu" => (Work::Relu, None),
            "Identity" | "Dropout" => (Work::Same, None),
            _ => {
                let names = inputs.iter().map(|input| tensors[*input].name.clone()).collect();
                (Work::Places(names), Some(local::pointwise(model, shapes, node)?))
            }
        },
    };
    Ok(Step { work, inputs, output, model: pointwise.map(|model| model.to_bytes()) })
}
