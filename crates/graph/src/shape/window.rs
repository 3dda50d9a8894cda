//! Shapes of convolution and pooling.

use super::rule::{At, InferredShape};
use crate::dim::{Dim, show};
use crate::window;

/// Returns `[n, m, h', w']` for the input `[n, c, h, w]` and weights `[m, c / group, kh, kw]`.
pub(super) fn conv(at: &At<'_>) -> InferredShape {
    let (Some(input), Some(weight)) = (at.shape(0), at.shape(1)) else { return Ok(None) };
    let ([n, channels, _, ..], [filters, per_group, kernel @ ..]) = (input, weight) else {
        return Err(format!("input {} and weights {} are not images and filters", show(input), show(weight)));
    };
    let group = at.int("group", 1);
    if let (Some(channels), Some(per_group)) = (channels.size(), per_group.size()) {
        let expected = usize::try_from(group).ok().and_then(|group| per_group.checked_mul(group));
        if expected != Some(channels) {
            return Err(format!(
                "the input has {channels} channels, the weights are for {per_group} in each of {group} groups"
            ));
        }
    }
    if let (Some(filters), Ok(group)) = (filters.size(), usize::try_from(group))
        && (group == 0 || filters % group != 0)
    {
        return Err(format!("{filters} filters cannot be divided into {group} groups"));
    }
    if let Some(bias) = at.shape(2) {
        let is_count = |size: &Dim| size.size().is_none_or(|size| filters.size().is_none_or(|filters| filters == size));
        if !matches!(bias, [size] if is_count(size)) {
            // ONNX Runtime reads past the end of a shorter bias.
            return Err(format!("the bias {} does not have one value for each filter of {}", show(bias), show(weight)));
        }
    }
    let kernel: Option<Vec<i64>> = kernel.iter().map(|dim| dim.size().map(|size| size as i64)).collect();
    let Some(kernel) = kernel else { return Ok(None) };
    if let Some(declared) = at.ints("kernel_shape").filter(|sizes| !sizes.is_empty() && *sizes != kernel) {
        return Err(format!("`kernel_shape` is {declared:?}, but the weights have {kernel:?}"));
    }
    windows(at, input, &kernel, vec![n.clone(), filters.clone()])
}

/// Returns `[n, c, h', w']` for the input `[n, c, h, w]`.
pub(super) fn pool(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let (Some(kernel), [n, channels, _, ..]) = (at.ints("kernel_shape"), input) else {
        return Err(format!("input {} cannot be pooled", show(input)));
    };
    windows(at, input, kernel, vec![n.clone(), channels.clone()])
}

/// Returns `[n, c, 1, 1]` for the input `[n, c, h, w]`.
pub(super) fn global_pool(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    if input.len() < 3 {
        return Err(format!("input {} cannot be pooled", show(input)));
    }
    let ones = std::iter::repeat_n(Dim::Size(1), input.len() - 2);
    Ok(Some(input[..2].iter().cloned().chain(ones).collect()))
}

fn windows(at: &At<'_>, input: &[Dim], kernel: &[i64], mut shape: Vec<Dim>) -> InferredShape {
    for (place, axis) in window::axes(at.node, input, kernel)?.into_iter().enumerate() {
        shape.push(axis.steps.map_or_else(|| at.open(place + 2), Dim::Size));
    }
    Ok(Some(shape))
}
