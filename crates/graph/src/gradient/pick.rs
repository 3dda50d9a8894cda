//! Gradients of operators that split, join, slice and pad tensors.

use super::walk::Walk;
use crate::Dim;
use crate::builder::Node;
use crate::node::{input, int_attribute, text_attribute};
use crate::onnx::NodeProto;
use crate::shape::{Value, axis};

/// Builds the gradient of each input: its piece of `dY`.
pub(super) fn concat(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let along = int_attribute(node, "axis").unwrap_or(1);
    let mut sizes = Vec::with_capacity(node.input.len());
    for input in &node.input {
        sizes.push(size_along(walk, input, along)?);
    }
    let sizes = walk.integers(&format!("{incoming}.sizes"), &sizes);
    let pieces: Vec<String> = node.input.iter().map(|input| walk.name(&format!("{input}_grad"))).collect();
    let split = Node::new("Split", &format!("{incoming}.split"));
    walk.push(split.inputs([&incoming, &sizes]).outputs(&pieces).int("axis", along));
    for (input, piece) in node.input.iter().zip(pieces) {
        if walk.wants(input) {
            walk.pass(input, piece);
        }
    }
    Ok(())
}

fn size_along(walk: &Walk<'_>, tensor: &str, along: i64) -> Result<i64, String> {
    let shape = walk.shape(tensor)?;
    let size = shape[axis(along, shape.len(), false)?].size();
    size.map(|size| size as i64).ok_or_else(|| format!("the size of `{tensor}` along axis {along} is not known"))
}

/// Builds `dX`: the concatenation of the gradients of the pieces, with zeros for a piece that no node reads.
pub(super) fn split(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let x = input(node, 0).ok_or("it has no input")?;
    let along = int_attribute(node, "axis").unwrap_or(0);
    let mut pieces = Vec::with_capacity(node.output.len());
    for output in &node.output {
        let piece = match walk.gradient(output) {
            Some(gradient) => gradient,
            None if output.is_empty() => return Err("a piece of it has no name".to_owned()),
            None => {
                let zero = walk.scalar(&format!("{output}_grad.zero"), 0.0);
                let hint = format!("{output}_grad.shape");
                let shape = walk.between(&hint, |name| Node::new("Shape", name).inputs([output]));
                walk.both("Expand", &format!("{output}_grad"), &zero, &shape)
            }
        };
        pieces.push(piece);
    }
    walk.give(x, |name| Node::new("Concat", name).inputs(pieces).int("axis", along));
    Ok(())
}

/// Returns the values of an input that is a constant list of integers.
fn list(walk: &Walk<'_>, node: &NodeProto, place: usize) -> Option<Vec<i64>> {
    walk.shapes.values(input(node, place)?)?.iter().map(Value::known).collect()
}

/// Builds `dX`: `dY`, with zeros for the values that the slice leaves out.
pub(super) fn slice(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let x = input(node, 0).ok_or("it has no input")?;
    let dims = walk.shape(x)?;
    let unknown = || "its bounds are not known before the model runs".to_owned();
    let starts = list(walk, node, 1).ok_or_else(unknown)?;
    let ends = list(walk, node, 2).ok_or_else(unknown)?;
    let axes = match input(node, 3) {
        Some(_) => list(walk, node, 3).ok_or_else(unknown)?,
        None => (0..starts.len() as i64).collect(),
    };
    if input(node, 4).is_some() && list(walk, node, 4).is_none_or(|steps| steps.iter().any(|step| *step != 1)) {
        return Err("its steps are not 1".to_owned());
    }
    let mut pads = vec![0; 2 * dims.len()];
    for ((start, end), along) in starts.into_iter().zip(ends).zip(axes) {
        let place = axis(along, dims.len(), false)?;
        let size = dims[place].size().ok_or_else(|| format!("the size of `{x}` along axis {along} is not known"))?;
        let size = i64::try_from(size).map_err(|_| format!("axis {along} of `{x}` is too large"))?;
        let bound = |value: i64| (if value < 0 { value.saturating_add(size) } else { value }).clamp(0, size);
        pads[place] = bound(start);
        pads[place + dims.len()] = size - bound(end).max(bound(start));
    }
    let pads = walk.integers(&format!("{x}_grad.pads"), &pads);
    walk.give(x, |name| Node::new("Pad", name).inputs([&incoming, &pads]));
    Ok(())
}

/// Builds `dX`: the part of `dY` that is not padding.
pub(super) fn pad(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let Some(x) = input(node, 0).filter(|x| walk.wants(x)) else { return Ok(()) };
    if !matches!(text_attribute(node, "mode"), None | Some(b"constant")) {
        return Err("it repeats values instead of adding constants".to_owned());
    }
    if input(node, 3).is_some() {
        return Err("it lists its axes".to_owned());
    }
    let pads = list(walk, node, 1).ok_or("its pads are not known before the model runs")?;
    let dims: &[Dim] = walk.shape(x)?;
    if pads.len() != 2 * dims.len() {
        return Err(format!("{} pads for {} axes", pads.len(), dims.len()));
    }
    let padded: Vec<usize> =
        (0..dims.len()).filter(|&place| pads[place] != 0 || pads[place + dims.len()] != 0).collect();
    let bounds: Option<Vec<(i64, i64)>> = padded
        .iter()
        .map(|&place| {
            let size = dims[place].size()? as i64;
            (pads[place] >= 0 && pads[place + dims.len()] >= 0).then_some((pads[place], pads[place].checked_add(size)?))
        })
        .collect();
    let bounds = bounds.ok_or("it removes values, or a size is not known before the model runs")?;
    let hint = format!("{x}_grad.bounds");
    let starts = walk.integers(&hint, &bounds.iter().map(|bound| bound.0).collect::<Vec<_>>());
    let ends = walk.integers(&hint, &bounds.iter().map(|bound| bound.1).collect::<Vec<_>>());
    let axes = walk.integers(&hint, &padded.iter().map(|&place| place as i64).collect::<Vec<_>>());
    if padded.is_empty() {
        walk.pass(x, incoming);
    } else {
        walk.give(x, |name| Node::new("Slice", name).inputs([&incoming, &starts, &ends, &axes]));
    }
    Ok(())
}
