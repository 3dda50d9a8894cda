//! The plan of an occlusion: which rectangles of which tensors are computed, and from where on the network runs as a whole.

use std::collections::{BTreeMap, BTreeSet};

use graph::local::{self, Local, Slide};
use graph::{Model, Shapes};
use kernels::Geometry;
use kernels::patch::{PatchConvolution, Pooling, Rect, WindowAxis};

use super::cut::above;
use super::dense_layers::DenseLayers;
use crate::Error;

/// A tensor `[n, channels, height, width]` that is computed in rectangles.
#[derive(Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    /// Channels, height and width.
    pub(super) sizes: [usize; 3],
    /// The rectangle that each window may change.
    pub(super) rects: Vec<Rect>,
    /// The index of the last step that reads the tensor.
    last_reader: usize,
}

/// The work of a step.
#[derive(Debug)]
pub(super) enum Work {
    Convolution(PatchConvolution),
    Pool(Pooling, [WindowAxis; 2]),
    Relu,
    /// The output is the input.
    Identity,
    /// A pointwise node that the runtime runs. The value is the names of its inputs.
    Pointwise(Vec<String>),
}

/// One node of the graph.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) work: Work,
    /// The tensors that the step reads, as indices into [`OcclusionPlan::tensors`].
    pub(super) inputs: Vec<usize>,
    /// The tensor that the step computes.
    pub(super) output: usize,
    /// The model for the runtime, if it runs the step.
    pub(super) model: Option<Model>,
}

/// A network and its parts for a set of windows.
#[derive(Debug)]
pub(super) struct OcclusionPlan {
    pub(super) tensors: Vec<Tensor>,
    pub(super) steps: Vec<Step>,
    /// The last tensor that is computed in rectangles, as an index into `tensors`.
    pub(super) cut: usize,
    /// The dense layers that read the tensor at the cut.
    pub(super) dense: DenseLayers,
    /// The network above the dense layers. It computes the outputs of the plan.
    pub(super) above: Model,
}

/// A local node: a convolution, a pooling or a pointwise node.
struct LocalNode<'m> {
    node: &'m graph::onnx::NodeProto,
    local: Local,
    inputs: Vec<usize>,
    output: usize,
}

impl OcclusionPlan {
    /// Plans the occlusion of the rectangles `rects` of an image. `model` computes `outputs` from its only input
    /// `[n, channels, height, width]`. Without `reuse`, only the image itself is handled in rectangles.
    ///
    /// # Errors
    /// Returns an error if the network has another kind of input, or if the outputs do not depend on it alone.
    pub(super) fn new(model: &Model, outputs: &[&str], rects: &[Rect], reuse: bool) -> Result<Self, Error> {
        let unsuitable = |reason: String| Error::Unsuitable { model: model.label().to_owned(), reason };
        let shapes = model.shapes();
        let [input] = model.inputs()[..] else {
            return Err(unsuitable("the network does not have exactly one input".to_owned()));
        };
        let sizes = sizes(&shapes, input)
            .ok_or_else(|| unsuitable(format!("`{input}` is no image [n, channels, height, width]")))?;
        let mut tensors = vec![Tensor { name: input.to_owned(), sizes, rects: rects.to_vec(), last_reader: 0 }];
        let mut nodes = if reuse { local_nodes(model, &shapes, &mut tensors) } else { Vec::new() };
        let (cut, above) = last_cut(model, &tensors, outputs)
            .ok_or_else(|| unsuitable(format!("`{}` cannot be computed from `{input}` alone", outputs.join("`, `"))))?;
        keep_needed(&mut nodes, cut);
        let mut steps = Vec::new();
        for node in nodes {
            steps.push(step(model, &shapes, &tensors, node)?);
        }
        for (place, step) in steps.iter().enumerate() {
            for input in &step.inputs {
                tensors[*input].last_reader = place;
            }
        }
        tensors[cut].last_reader = steps.len();
        let (dense, above) = DenseLayers::split(above, &tensors[cut].name, outputs, reuse);
        Ok(Self { tensors, steps, cut, dense, above })
    }

    /// Returns the indices of the tensors of the unchanged image that the steps need.
    pub(super) fn needed(&self) -> Vec<usize> {
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

    /// Returns whether `step` is the last step that reads `tensor`.
    pub(super) fn is_last_reader(&self, tensor: usize, step: usize) -> bool {
        self.tensors[tensor].last_reader == step
    }
}

/// Returns the channels, the height and the width of a tensor.
fn sizes(shapes: &Shapes, tensor: &str) -> Option<[usize; 3]> {
    shapes.per_item(tensor)?.try_into().ok()
}

/// Returns the local nodes that depend on the input only through tensors in `tensors`, in order. Adds their outputs to `tensors`.
fn local_nodes<'m>(model: &'m Model, shapes: &Shapes, tensors: &mut Vec<Tensor>) -> Vec<LocalNode<'m>> {
    let mut places: BTreeMap<String, usize> = BTreeMap::from([(tensors[0].name.clone(), 0)]);
    let mut found = Vec::new();
    let stored: BTreeSet<&str> = model.graph().initializer.iter().map(graph::onnx::TensorProto::name).collect();
    for node in model.nodes() {
        let read = node.input.iter().filter(|name| !name.is_empty() && !stored.contains(name.as_str()));
        let Some(inputs) = read.map(|name| places.get(name).copied()).collect::<Option<Vec<usize>>>() else { continue };
        let (Some(output), Some(local)) = (node.output.first(), local::local(model, shapes, node)) else { continue };
        let (Some(sizes), false) = (sizes(shapes, output), inputs.is_empty()) else { continue };
        if matches!(&local, Local::Convolution { group, .. } if !PatchConvolution::supports(*group)) {
            continue;
        }
        let rects = changed(&local, &inputs, tensors);
        let place = tensors.len();
        places.insert(output.clone(), place);
        tensors.push(Tensor { name: output.clone(), sizes, rects, last_reader: 0 });
        found.push(LocalNode { node, local, inputs, output: place });
    }
    found
}

/// Returns the rectangle of a node's output that each window may change.
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

/// Returns the last tensor that every path from the input to an output goes through, and the network above it.
fn last_cut(model: &Model, tensors: &[Tensor], outputs: &[&str]) -> Option<(usize, Model)> {
    (0..tensors.len()).rev().find_map(|place| Some((place, above(model, &tensors[place].name, outputs)?)))
}

/// Removes the nodes that the tensor `cut` does not depend on.
fn keep_needed(nodes: &mut Vec<LocalNode<'_>>, cut: usize) {
    let mut needed = BTreeSet::from([cut]);
    let mut kept: Vec<bool> = Vec::new();
    for node in nodes.iter().rev() {
        let keep = needed.contains(&node.output);
        if keep {
            needed.extend(node.inputs.iter().copied());
        }
        kept.push(keep);
    }
    let mut kept = kept.into_iter().rev();
    nodes.retain(|_| kept.next().unwrap_or(false));
}

fn step(model: &Model, shapes: &Shapes, tensors: &[Tensor], found: LocalNode) -> Result<Step, Error> {
    let LocalNode { node, local, inputs, output } = found;
    let operator = node.op_type();
    let (work, pointwise) = match local {
        Local::Convolution { filters, group, slides } => {
            let tensors = [&tensors[inputs[0]], &tensors[output]];
            (Work::Convolution(convolution(model, &filters, group, &slides, tensors)?), None)
        }
        Local::MaxPool { slides } => (Work::Pool(Pooling::Max, slides.map(axis)), None),
        Local::AveragePool { slides, count_pads } => (Work::Pool(Pooling::Mean { count_pads }, slides.map(axis)), None),
        Local::Pointwise => match operator {
            "Relu" => (Work::Relu, None),
            "Identity" | "Dropout" => (Work::Identity, None),
            _ => {
                let names = inputs.iter().map(|input| tensors[*input].name.clone()).collect();
                (Work::Pointwise(names), Some(local::pointwise(model, shapes, node)?))
            }
        },
    };
    Ok(Step { work, inputs, output, model: pointwise })
}

/// Returns a convolution with the stored `filters` for the rectangles of the tensors that it reads and computes.
fn convolution(
    model: &Model,
    filters: &str,
    groups: usize,
    slides: &[Slide; 2],
    [read, computed]: [&Tensor; 2],
) -> Result<PatchConvolution, Error> {
    let unsuitable = |reason: String| Error::Unsuitable { model: computed.name.clone(), reason };
    let weight = model.weight(filters)?;
    let &[count, of_group, ..] = weight.shape() else {
        let shape = weight.shape();
        return Err(unsuitable(format!(
            "its filters have the shape {shape:?}, not [filters, channels, height, width]"
        )));
    };
    let after = slides.each_ref().map(|slide| {
        let read = slide.steps.saturating_sub(1) * slide.stride + (slide.kernel - 1) * slide.dilation + 1;
        read.saturating_sub(slide.size + slide.before)
    });
    let geometry = Geometry {
        channels: of_group * groups,
        filters: count,
        kernel: slides.map(|slide| slide.kernel),
        strides: slides.map(|slide| slide.stride),
        pads: [slides[0].before, slides[1].before, after[0], after[1]],
        dilations: slides.map(|slide| slide.dilation),
        groups,
        size: slides.map(|slide| slide.size),
    };
    let weight: Vec<f32> = weight.iter().copied().collect();
    PatchConvolution::new(&geometry, &weight, [&read.rects, &computed.rects])
        .map_err(|error| unsuitable(error.to_string()))
}

/// Returns the windows along an axis as the kernels take them.
fn axis(slide: Slide) -> WindowAxis {
    let Slide { size, kernel, stride, dilation, before, .. } = slide;
    WindowAxis { size, kernel, stride, dilation, before }
}
