//! Local nodes: a change in a rectangle of the input changes only a rectangle of the output. Occlusion computes only that
//! rectangle.

use std::ops::Range;

use crate::builder::Builder;
use crate::node::{input, int_attribute, ints_attribute, is_standard};
use crate::onnx::{NodeProto, TensorProto};
use crate::window::{self, Axis};
use crate::{Error, Model, Shapes};

/// The windows of a convolution or a pooling along one axis of an image. Window `o` reads the positions
/// `o * stride - before + k * dilation` for `k` in `0..kernel`, as far as they are in `0..size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slide {
    /// Number of positions of the input along the axis.
    pub size: usize,
    /// Number of windows, which is the number of positions of the output along the axis.
    pub steps: usize,
    /// Positions in a window.
    pub kernel: usize,
    /// Distance from one window to the next.
    pub stride: usize,
    /// Distance from one position of a window to the next.
    pub dilation: usize,
    /// Zeros in front of the first position.
    pub before: usize,
}

impl Slide {
    fn of(axis: &Axis) -> Option<Self> {
        let count = |value: i64| usize::try_from(value).ok();
        Some(Self {
            size: axis.size?,
            steps: axis.steps?,
            kernel: count(axis.kernel)?,
            stride: count(axis.stride)?,
            dilation: count(axis.dilation)?,
            before: count(axis.pads?.0)?,
        })
    }

    /// Returns the windows that read at least one of the positions `changed`.
    pub fn reached(&self, changed: Range<usize>) -> Range<usize> {
        if changed.is_empty() {
            return 0..0;
        }
        let span = self.dilation * (self.kernel - 1);
        let first = (changed.start + self.before).saturating_sub(span).div_ceil(self.stride);
        let end = ((changed.end - 1 + self.before) / self.stride + 1).min(self.steps);
        first.min(end)..end
    }
}

/// The computation of a local node, from images `[n, c, h, w]` to images. Of two slides, the first is vertical and the second horizontal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// Each position of the output depends only on the same position of each input.
    Pointwise,
    /// Convolution with stored filters `[m, c / group, kh, kw]` and perhaps a stored bias `[m]`.
    Convolution {
        /// Name of the filters.
        filters: String,
        /// Number of groups of channels.
        group: usize,
        /// The windows.
        slides: [Slide; 2],
    },
    /// The maximum of each window.
    MaxPool {
        /// The windows.
        slides: [Slide; 2],
    },
    /// The mean of each window.
    AveragePool {
        /// The windows.
        slides: [Slide; 2],
        /// Whether the zeros outside of the image count.
        count_pads: bool,
    },
}

/// Operators on one image that treat all positions alike.
const POINTWISE: [&str; 18] = [
    "Relu",
    "LeakyRelu",
    "PRelu",
    "Elu",
    "Selu",
    "Sigmoid",
    "HardSigmoid",
    "HardSwish",
    "Tanh",
    "Clip",
    "Softplus",
    "Erf",
    "BatchNormalization",
    "LRN",
    "Identity",
    "Dropout",
    "Neg",
    "Abs",
];
/// Operators on two or more images that treat all positions alike.
const JOINING: [&str; 7] = ["Add", "Sub", "Mul", "Div", "Sum", "Max", "Min"];

/// Returns how a node computes its output. `None` when the node is not known to work locally, when its output is not an image
/// `[n, c, h, w]` of known size, or when one of its weights is computed.
pub fn local(model: &Model, shapes: &Shapes, node: &NodeProto) -> Option<Local> {
    let size = |tensor: &str| shapes.per_item(tensor).filter(|sizes| sizes.len() == 3);
    let output = size(node.output.first()?)?;
    if !is_standard(node) || node.output.iter().skip(1).any(|more| !more.is_empty()) {
        return None;
    }
    let weights = node.input.iter().skip(1).filter(|name| !name.is_empty());
    let of_stored_weights = weights.clone().all(|name| stored(model, name).is_some());
    let axes = |kernel: &[i64]| -> Option<[Slide; 2]> {
        let axes = window::axes(node, shapes.get(input(node, 0)?)?, kernel).ok()?;
        axes.iter().map(Slide::of).collect::<Option<Vec<_>>>()?.try_into().ok()
    };
    match node.op_type() {
        "Conv" if of_stored_weights => {
            let filters = stored(model, input(node, 1)?)?;
            let group = usize::try_from(int_attribute(node, "group").unwrap_or(1)).ok()?;
            let slides = axes(filters.dims.get(2..)?)?;
            Some(Local::Convolution { filters: filters.name().to_owned(), group, slides })
        }
        "MaxPool" => Some(Local::MaxPool { slides: axes(ints_attribute(node, "kernel_shape")?)? }),
        "AveragePool" => Some(Local::AveragePool {
            slides: axes(ints_attribute(node, "kernel_shape")?)?,
            count_pads: int_attribute(node, "count_include_pad").unwrap_or(0) != 0,
        }),
        "Concat" => {
            let along = matches!(int_attribute(node, "axis"), Some(1 | -3));
            let same = |name: &String| size(name).is_some_and(|sizes| sizes[1..] == output[1..]);
            (along && node.input.iter().all(same)).then_some(Local::Pointwise)
        }
        operator if POINTWISE.contains(&operator) => {
            // The slopes of a `PRelu` broadcast, so a list of them lies along the width.
            let along_width =
                |weight: &TensorProto| operator == "PRelu" && weight.dims.len() == 1 && weight.dims[0] != 1;
            let is_uniform = |name: &String| {
                stored(model, name).is_some_and(|weight| uniform(weight, output.len()) && !along_width(weight))
            };
            let small = weights.clone().all(is_uniform);
            (small && size(input(node, 0)?)? == output).then_some(Local::Pointwise)
        }
        operator if JOINING.contains(&operator) => {
            let fits = |name: &String| match stored(model, name) {
                Some(weight) => uniform(weight, output.len()) && weight.dims.len() != 1,
                None => size(name).is_some_and(|sizes| sizes == output),
            };
            let scalar =
                |name: &String| stored(model, name).is_some_and(|weight| weight.dims.iter().all(|dim| *dim == 1));
            node.input.iter().all(|name| fits(name) || scalar(name)).then_some(Local::Pointwise)
        }
        _ => None,
    }
}

fn stored<'m>(model: &'m Model, name: &str) -> Option<&'m TensorProto> {
    model.graph().initializer.iter().find(|weight| weight.name() == name)
}

/// Returns whether a weight is the same at all positions: one value, or one for each channel.
fn uniform(weight: &TensorProto, rank: usize) -> bool {
    let dims = &weight.dims;
    dims.len() <= 1 || (dims.len() > rank - 1 && dims[dims.len() - 2..].iter().all(|dim| *dim == 1))
}

/// Returns a pointwise node of `model` as a model over single positions. Each input that is not a stored weight has the shape
/// `[n, c, 1, 1]`, for any number `n` of positions, and so has the output.
///
/// # Errors
/// Returns an error when the node does not fit these shapes.
pub fn pointwise(model: &Model, shapes: &Shapes, node: &NodeProto) -> Result<Model, Error> {
    let mut places = Builder::new(model.label());
    places.opset(model.opset());
    let mut seen = std::collections::BTreeSet::new();
    for name in node.input.iter().filter(|name| !name.is_empty() && seen.insert(name.as_str())) {
        if stored(model, name).is_none() {
            let channels = shapes.per_item(name).and_then(|sizes| sizes.first().copied());
            places.batch_input(name, &[channels.unwrap_or_default(), 1, 1]);
        }
    }
    let weights = model.graph().initializer.iter().filter(|weight| seen.contains(weight.name())).cloned();
    let weights: Vec<TensorProto> = weights.collect();
    places.node(node.clone());
    let output = node.output.first().map(String::as_str).unwrap_or_default();
    places.stored(weights).finish(&[output])
}
