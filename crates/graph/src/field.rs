//! Receptive fields: the part of the input that one value of a tensor can depend on.
//!
//! The walk goes backwards from the value, node by node. For each tensor it keeps the range of positions that are read
//! along each axis of an image. Windows widen a range by their attributes. Operators that work position by position keep
//! it. Every other operator reads the whole tensor: dense layers, means over a whole channel, operators without a rule. So a
//! field is never too small. It is a rectangle, and contains also the positions that windows with dilation or wide strides
//! skip.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::node::{int_attribute, ints_attribute, is_standard, reads, text_attribute};
use crate::onnx::NodeProto;
use crate::{Dim, Error, Model, Shapes, window};

/// A range of positions along each axis behind batch and channels.
type Region = Vec<Range<usize>>;

/// Operators whose values depend only on the same position of their inputs, in all channels.
const POINTWISE: [&str; 40] = [
    "Relu",
    "LeakyRelu",
    "PRelu",
    "Elu",
    "Selu",
    "Celu",
    "Sigmoid",
    "HardSigmoid",
    "HardSwish",
    "Tanh",
    "Clip",
    "Softplus",
    "Softsign",
    "Mish",
    "Gelu",
    "Erf",
    "Sqrt",
    "Exp",
    "Log",
    "Neg",
    "Abs",
    "Reciprocal",
    "Floor",
    "Ceil",
    "Cast",
    "Dropout",
    "Identity",
    "LRN",
    "BatchNormalization",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Sum",
    "Max",
    "Min",
    "Mean",
    "Where",
    "ThresholdedRelu",
];

/// The receptive fields of a model.
#[derive(Debug)]
pub struct Fields<'m> {
    model: &'m Model,
    shapes: Shapes,
    input: &'m str,
    /// Tensors that depend on the input.
    data: BTreeSet<&'m str>,
}

impl<'m> Fields<'m> {
    /// Prepares the receptive fields in the input `[n, c, sizes…]` of a model.
    ///
    /// # Errors
    /// Returns an error when the model does not have exactly one input, or when a size of the input is not known before it
    /// runs.
    pub fn new(model: &'m Model) -> Result<Self, Error> {
        let unsuitable =
            |reason: &str| Error::Unsuitable { model: model.label().to_owned(), reason: reason.to_owned() };
        let [input] = model.inputs()[..] else {
            return Err(unsuitable("receptive fields need a model with one input"));
        };
        let shapes = model.shapes();
        if sizes(&shapes, input).is_none_or(|sizes| sizes.is_empty()) {
            return Err(unsuitable("its input is not an image [n, c, height, width] of a known size"));
        }
        let mut data = BTreeSet::from([input]);
        for node in model.nodes() {
            if reads(node).iter().any(|name| data.contains(name)) {
                data.extend(node.output.iter().map(String::as_str).filter(|name| !name.is_empty()));
            }
        }
        Ok(Self { model, shapes, input, data })
    }

    /// Returns the receptive field of the values of `tensor` `[n, m, sizes…]` at the position `place`: a range of pixels along each axis,
    /// rows first. The field of a tensor without such axes is the whole input.
    ///
    /// # Errors
    /// Returns an error for an unknown tensor and for a position outside of it.
    pub fn of(&self, tensor: &str, place: &[usize]) -> Result<Region, Error> {
        if !self.data.contains(tensor) {
            return Err(self.model.unknown(tensor));
        }
        let own = sizes(&self.shapes, tensor);
        let whole = sizes(&self.shapes, self.input).unwrap_or_default();
        let Some(own) = own.filter(|own| !own.is_empty()) else { return Ok(all(&whole)) };
        if own.len() != place.len() || own.iter().zip(place).any(|(size, at)| at >= size) {
            let reason = format!("it has no position {place:?} among {own:?}");
            return Err(Error::Tensor { model: self.model.label().to_owned(), tensor: tensor.to_owned(), reason });
        }
        let start: Region = place.iter().map(|at| *at..*at + 1).collect();
        let mut read: BTreeMap<&str, Region> = BTreeMap::from([(tensor, start)]);
        for node in self.model.nodes().iter().rev() {
            let outputs = node.output.iter().filter_map(|output| Some((output.as_str(), read.get(output.as_str())?)));
            let Some((output, region)) =
                outputs.reduce(|(name, a), (_, b)| (name, if a.len() >= b.len() { a } else { b }))
            else {
                continue;
            };
            let (output, region) = (output.to_owned(), region.clone());
            for input in reads(node).into_iter().filter(|input| self.data.contains(input)) {
                let seen = self.seen(node, input, &output, &region).unwrap_or_else(|| {
                    // Without a rule, or with an unknown size, the node reads the whole tensor.
                    sizes(&self.shapes, input).map_or_else(|| vec![0..usize::MAX; whole.len()], |sizes| all(&sizes))
                });
                match read.get_mut(input) {
                    Some(known) if known.len() == seen.len() => {
                        known.iter_mut().zip(seen).for_each(|(known, seen)| *known = hull(known, &seen));
                    }
                    Some(known) => *known = vec![0..usize::MAX; known.len().max(seen.len())],
                    None => {
                        read.insert(input, seen);
                    }
                }
            }
        }
        let found = read.remove(self.input).filter(|found| found.len() == whole.len());
        Ok(found.map_or_else(
            || all(&whole),
            |found| {
                found.iter().zip(&whole).map(|(range, size)| range.start.min(*size)..range.end.min(*size)).collect()
            },
        ))
    }

    /// Returns the part of `input` that the node reads for `region` of its output, or `None` for all of it.
    fn seen(&self, node: &NodeProto, input: &str, output: &str, region: &Region) -> Option<Region> {
        if !is_standard(node) {
            return None;
        }
        let own = sizes(&self.shapes, input)?;
        let out = sizes(&self.shapes, output)?;
        let same = || (own == out && own.len() == region.len()).then(|| region.clone());
        match node.op_type() {
            "Conv" | "MaxPool" | "AveragePool" | "LpPool" if node.input.first().is_some_and(|name| name == input) => {
                let kernel = match ints_attribute(node, "kernel_shape").filter(|sizes| !sizes.is_empty()) {
                    Some(sizes) => sizes.to_vec(),
                    None => sizes(&self.shapes, node.input.get(1)?)?
                        .iter()
                        .map(|size| i64::try_from(*size).ok())
                        .collect::<Option<_>>()?,
                };
                let axes = window::axes(node, self.shapes.get(input)?, &kernel).ok()?;
                let axes = axes.iter().zip(region).map(|(axis, range)| axis.reads(range));
                (axes.len() == own.len()).then(|| axes.collect()).flatten()
            }
            // An axis of size 1 is read at every position.
            name if POINTWISE.contains(&name) && own.len() == out.len() && own.len() == region.len() => {
                let axes = own.iter().zip(&out).zip(region);
                Some(axes.map(|((own, out), range)| if own == out { range.clone() } else { 0..*own }).collect())
            }
            // Batch and channels have no positions.
            "Concat" => matches!(int_attribute(node, "axis"), Some(0 | 1)).then(same).flatten(),
            "Split" => matches!(int_attribute(node, "axis"), None | Some(0 | 1)).then(same).flatten(),
            "Softmax" | "LogSoftmax" => {
                let channels = int_attribute(node, "axis") == Some(1) && self.model.opset() >= 13;
                channels.then(same).flatten()
            }
            "Pad" => self.padded(node, region, &own),
            _ => None,
        }
    }

    /// Returns the part of a region that lies on the input of a `Pad`.
    fn padded(&self, node: &NodeProto, region: &Region, own: &[usize]) -> Option<Region> {
        if !matches!(text_attribute(node, "mode"), None | Some(b"" | b"constant"))
            || node.input.get(3).is_some_and(|axes| !axes.is_empty())
        {
            return None;
        }
        let pads = ints_attribute(node, "pads")
            .map(<[i64]>::to_vec)
            .or_else(|| self.shapes.values(node.input.get(1)?)?.iter().map(crate::shape::Value::known).collect())?;
        let rank = own.len() + 2;
        if pads.len() != 2 * rank || region.len() != own.len() {
            return None;
        }
        let axes = region.iter().zip(own).zip(&pads[2..rank]);
        Some(
            axes.map(|((range, size), before)| {
                let before = i128::from(*before);
                clip(range.start as i128 - before, range.end as i128 - before, *size)
            })
            .collect(),
        )
    }
}

/// Returns the sizes behind batch and channels, if all are known. A tensor without such axes has none.
fn sizes(shapes: &Shapes, tensor: &str) -> Option<Vec<usize>> {
    shapes.get(tensor)?.get(2..).unwrap_or_default().iter().map(Dim::size).collect()
}

fn all(sizes: &[usize]) -> Region {
    sizes.iter().map(|size| 0..*size).collect()
}

/// Returns the smallest range that contains both.
fn hull(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.clone(),
        (_, true) => a.clone(),
        _ => a.start.min(b.start)..a.end.max(b.end),
    }
}

/// Returns the part of `start..end` in `0..size`.
fn clip(start: i128, end: i128, size: usize) -> Range<usize> {
    let size = size as i128;
    let (start, end) = (start.clamp(0, size), end.clamp(0, size));
    start as usize..end.max(start) as usize
}

impl window::Axis {
    /// Returns the range of positions that the windows `steps` read, or `None` when a size is not known.
    fn reads(&self, steps: &Range<usize>) -> Option<Range<usize>> {
        let mut found = 0..0;
        for step in steps.start..steps.end.min(self.steps?) {
            let covered = self.covers(step)?;
            if let (Some(first), Some(last)) = (covered.first(), covered.last()) {
                found = hull(&found, &(*first..last + 1));
            }
        }
        Some(found)
    }
}
