//! Shapes of operators that split, join, slice, pad or create tensors.

use super::rule::{At, InferredShape, axis};
use super::{value, values};
use crate::dim::{Dim, show};
use crate::tensor;

/// Returns the shape of the inputs, with the sum of their sizes along one axis. Their shapes are equal except for that axis.
pub(super) fn concat(at: &At<'_>) -> InferredShape {
    let shapes: Option<Vec<&[Dim]>> = (0..at.node.input.len()).map(|place| at.shape(place)).collect();
    let Some(shapes) = shapes else { return Ok(None) };
    let Some((first, others)) = shapes.split_first() else { return Err("it has no input".to_owned()) };
    let along = axis(at.int("axis", 1), first.len(), false)?;
    let mut shape = first.to_vec();
    for other in others {
        let unfit = || format!("{} and {} cannot be joined along axis {along}", show(first), show(other));
        let fits = |(place, (a, b)): (usize, (&Dim, &Dim))| {
            place == along || a == b || a.size().is_none() || b.size().is_none()
        };
        if other.len() != first.len() || !first.iter().zip(*other).enumerate().all(fits) {
            return Err(unfit());
        }
        shape[along] = match (shape[along].size(), other[along].size()) {
            (Some(a), Some(b)) => Dim::Size(a.checked_add(b).ok_or_else(unfit)?),
            _ => at.open(along),
        };
    }
    Ok(Some(shape))
}

/// Returns the shape of one piece. The pieces have given sizes or equal sizes along one axis.
pub(super) fn split(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let along = axis(at.int("axis", 0), input.len(), false)?;
    let given = at.ints("split").map(<[i64]>::to_vec).or_else(|| at.constant(1));
    let mut shape = input.to_vec();
    shape[along] = match (given, input[along].size()) {
        (Some(sizes), whole) => {
            let fits = sizes.iter().all(|&size| size >= 0)
                && whole.is_none_or(|whole| {
                    sizes.iter().try_fold(0_i64, |sum, size| sum.checked_add(*size)) == i64::try_from(whole).ok()
                });
            let size = sizes.get(at.output).filter(|_| fits && sizes.len() == at.node.output.len());
            Dim::Size(*size.ok_or_else(|| format!("{} cannot be split into {sizes:?}", show(input)))? as usize)
        }
        (None, Some(_)) if crate::node::input(at.node, 1).is_some() => at.open(along),
        (None, Some(whole)) => {
            let piece = whole.div_ceil(at.node.output.len().max(1));
            let before = piece.checked_mul(at.output).ok_or("too many pieces")?;
            Dim::Size(piece.min(whole.saturating_sub(before)))
        }
        (None, None) => at.open(along),
    };
    Ok(Some(shape))
}

/// Returns the shape of the input with smaller sizes along some axes.
pub(super) fn slice(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let list = |key: &str, place: usize| at.ints(key).map(<[i64]>::to_vec).or_else(|| at.constant(place));
    let (Some(starts), Some(ends)) = (list("starts", 1), list("ends", 2)) else { return Ok(None) };
    let axes = list("axes", 3).unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = at.constant(4).unwrap_or_else(|| vec![1; starts.len()]);
    if crate::node::input(at.node, 4).is_some() && at.constant(4).is_none() {
        return Ok(None);
    }
    if [ends.len(), axes.len(), steps.len()].iter().any(|length| *length != starts.len()) {
        return Err("its starts, ends, axes and steps differ in number".to_owned());
    }
    let mut shape = input.to_vec();
    for (((start, end), along), step) in starts.into_iter().zip(ends).zip(axes).zip(steps) {
        let along = axis(along, input.len(), false)?;
        shape[along] = match input[along].size() {
            Some(size) => Dim::Size(sliced(size, start, end, step)?),
            None => at.open(along),
        };
    }
    Ok(Some(shape))
}

/// Returns how many of `size` values lie from `start` to `end` in steps of `step`, by the rules of the standard.
fn sliced(size: usize, start: i64, end: i64, step: i64) -> Result<usize, String> {
    let whole = size as i128;
    let wrapped = |value: i64| if value < 0 { i128::from(value) + whole } else { i128::from(value) };
    let step = i128::from(step);
    let count = match step {
        0 => return Err("a step of 0".to_owned()),
        1.. => {
            let (start, end) = (wrapped(start).clamp(0, whole), wrapped(end).clamp(0, whole));
            (end - start + step - 1) / step
        }
        _ => {
            let (start, end) = (wrapped(start).clamp(-1, whole - 1), wrapped(end).clamp(-1, whole - 1));
            (start - end - step - 1) / -step
        }
    };
    usize::try_from(count.max(0)).map_err(|_| format!("{count} values are too many"))
}

/// Returns the shape of the input, with the shape of the indices in place of one axis.
pub(super) fn gather(at: &At<'_>) -> InferredShape {
    let (Some(input), Some(places)) = (at.shape(0), at.shape(1)) else { return Ok(None) };
    let along = axis(at.int("axis", 0), input.len(), false)?;
    Ok(Some(input[..along].iter().chain(places).chain(&input[along + 1..]).cloned().collect()))
}

/// Returns the shape of the input, with padding before and after each axis.
pub(super) fn pad(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let Some(pads) = at.ints("pads").map(<[i64]>::to_vec).or_else(|| at.constant(1)) else { return Ok(None) };
    if crate::node::input(at.node, 3).is_some() {
        return Ok(None);
    }
    if pads.len() != 2 * input.len() {
        return Err(format!("{} pads for {}", pads.len(), show(input)));
    }
    let padded = |(place, dim): (usize, &Dim)| {
        let (before, after) = (pads[place], pads[place + input.len()]);
        let Some(size) = dim.size() else {
            return Ok(if before == 0 && after == 0 { dim.clone() } else { at.open(place) });
        };
        let size = size as i128 + i128::from(before) + i128::from(after);
        usize::try_from(size).map(Dim::Size).map_err(|_| format!("axis {place} would be of size {size}"))
    };
    input.iter().enumerate().map(padded).collect::<Result<_, String>>().map(Some)
}

/// Returns the shape of the list of the sizes of the input.
pub(super) fn shape(at: &At<'_>) -> Option<Vec<Dim>> {
    at.shape(0).map(|input| vec![Dim::Size(values::span(at.node, input.len()).len())])
}

/// Returns the shape of the tensor that the node stores.
pub(super) fn constant(at: &At<'_>) -> InferredShape {
    if at.attribute("value_int").or(at.attribute("value_float")).is_some() {
        return Ok(Some(Vec::new()));
    }
    if let Some(list) = at.attribute("value_ints").or(at.attribute("value_floats")) {
        return Ok(Some(vec![Dim::Size(list.ints.len().max(list.floats.len()))]));
    }
    let stored = at.attribute("value").and_then(|value| value.t.as_deref());
    stored.map(|stored| Ok(tensor::dims(stored)?.into_iter().map(Dim::Size).collect())).transpose()
}

/// Returns the shape that the values of the input describe.
pub(super) fn constant_of_shape(at: &At<'_>) -> InferredShape {
    let Some(sizes) = at.values(0) else { return Ok(None) };
    value::dims(sizes).map(Some)
}
