//! What a node makes of a place of its pictures: whether a change in one corner of a picture stays in a corner of what
//! the node computes, and in which. Occlusion sensitivity computes no more than that corner.

use std::ops::Range;

use crate::builder::Builder;
use crate::node::{input, int_attribute, ints_attribute, is_standard};
use crate::onnx::{NodeProto, TensorProto};
use crate::window::{self, Axis};
use crate::{Error, Model, Shapes};

/// Where the windows of a convolution or a pooling lie along one axis of a picture: window `o` reads the places
/// `o * stride - before + k * dilation` for `k` in `0..kernel`, as far as they are in `0..size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slide {
    /// Places along the axis that are read.
    pub size: usize,
    /// Windows: places along the axis that are computed.
    pub steps: usize,
    /// Places in a window.
    pub kernel: usize,
    /// Places from one window to the next.
    pub stride: usize,
    /// Places from one of a window to the next of it.
    pub dilation: usize,
    /// Zeros before the first place.
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

    /// The windows that read at least one of the places `changed`, or an empty range.
    pub fn reached(&self, changed: Range<usize>) -> Range<usize> {
        if changed.is_empty() {
            return 0..0;
        }
        let span = self.dilation * (self.kernel - 1);
        let first = (changed.start + self.before).saturating_sub(span).div_ceil(self.stride);
        let end = ((changed.end - 1 + self.before) / self.stride + 1).min(self.steps);
        first.min(end)..end
    }

    /// The place that `step`'s window reads at `k`, if it is in the picture.
    pub fn place(&self, step: usize, k: usize) -> Option<usize> {
        (step * self.stride + k * self.dilation).checked_sub(self.before).filter(|place| *place < self.size)
    }
}

/// How a node that computes pictures `[n, c, h, w]` from pictures does so. The two slides are down and across.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// Each place of the output depends on the same place of each input alone.
    Pointwise,
    /// Convolution with stored filters `[m, c / group, kh, kw]` and, if it has one, a stored bias `[m]`.
    Convolution {
        /// Name of the filters.
        filters: String,
        /// Groups of channels.
        group: usize,
        /// Its windows.
        slides: [Slide; 2],
    },
    /// The greatest value of each window.
    MaxPool {
        /// Its windows.
        slides: [Slide; 2],
    },
    /// The mean of each window, zeros outside of the picture counted or not.
    AveragePool {
        /// Its windows.
        slides: [Slide; 2],
        /// Whether zeros count.
        count_pads: bool,
    },
}

/// Operators of one picture that know no place.
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
/// The same of two pictures or more.
const JOINING: [&str; 7] = ["Add", "Sub", "Mul", "Div", "Sum", "Max", "Min"];

/// How `node` of `model` works; `None` where it is not known to work place by place, where what it computes is no
/// picture `[n, c, h, w]` of known size, or where one of its weights is computed.
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
            let knows_no_place =
                |name: &String| stored(model, name).is_some_and(|weight| no_place(weight, output.len()));
            let small = weights.clone().all(knows_no_place);
            (small && size(input(node, 0)?)? == output).then_some(Local::Pointwise)
        }
        operator if JOINING.contains(&operator) => {
            let fits = |name: &String| match stored(model, name) {
                Some(weight) => no_place(weight, output.len()) && weight.dims.len() != 1,
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

/// Whether a weight has one value, or one a channel: the same at all places.
fn no_place(weight: &TensorProto, rank: usize) -> bool {
    let dims = &weight.dims;
    dims.len() <= 1 || (dims.len() > rank - 1 && dims[dims.len() - 2..].iter().all(|dim| *dim == 1))
}

/// A pointwise node of `model` as a model of its own, over single places: each input that is no stored weight is taken
/// as `[n, c, 1, 1]`, and so is the output, for any number `n` of places.
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
