//! Shapes of what slides a window over pictures: convolution and pooling.

use super::rule::{At, Found};
use super::{Dim, show};

/// `[n, c, h, w]` with weights `[m, c / group, kh, kw]` -> `[n, m, h', w']`.
pub(super) fn conv(at: &At<'_>) -> Found {
    let (Some(input), Some(weight)) = (at.shape(0), at.shape(1)) else { return Ok(None) };
    let ([n, channels, _, ..], [maps, per_group, kernel @ ..]) = (input, weight) else {
        return Err(format!("input {} and weights {} are no pictures and filters", show(input), show(weight)));
    };
    if let (Some(channels), Some(per_group)) = (channels.size(), per_group.size()) {
        let group = at.int("group", 1);
        let expected = usize::try_from(group).ok().and_then(|group| per_group.checked_mul(group));
        if expected != Some(channels) {
            return Err(format!(
                "the input has {channels} channels, the weights are for {per_group} in each of {group} groups"
            ));
        }
    }
    let kernel: Option<Vec<i64>> = kernel.iter().map(|dim| dim.size().map(|size| size as i64)).collect();
    let Some(kernel) = kernel else { return Ok(None) };
    windows(at, input, &kernel, vec![n.clone(), maps.clone()])
}

/// `[n, c, h, w]` -> `[n, c, h', w']`.
pub(super) fn pool(at: &At<'_>) -> Found {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let (Some(kernel), [n, channels, _, ..]) = (at.ints("kernel_shape"), input) else {
        return Err(format!("input {} cannot be pooled", show(input)));
    };
    windows(at, input, kernel, vec![n.clone(), channels.clone()])
}

/// `[n, c, h, w]` -> `[n, c, 1, 1]`.
pub(super) fn global_pool(at: &At<'_>) -> Found {
    let Some(input) = at.shape(0) else { return Ok(None) };
    if input.len() < 3 {
        return Err(format!("input {} cannot be pooled", show(input)));
    }
    let ones = std::iter::repeat_n(Dim::Size(1), input.len() - 2);
    Ok(Some(input[..2].iter().cloned().chain(ones).collect()))
}

fn windows(at: &At<'_>, input: &[Dim], kernel: &[i64], mut shape: Vec<Dim>) -> Found {
    let axes = input.len() - 2;
    let list = |key: &str, otherwise: i64, length: usize| match at.ints(key) {
        None | Some([]) => Ok(vec![otherwise; length]),
        Some(values) if values.len() == length => Ok(values.to_vec()),
        Some(values) => Err(format!("`{key}` has {} values, not {length}", values.len())),
    };
    if kernel.len() != axes || kernel.iter().any(|&size| size < 1) {
        return Err(format!("a window {kernel:?} does not fit input {}", show(input)));
    }
    let (strides, dilations) = (list("strides", 1, axes)?, list("dilations", 1, axes)?);
    let pads = list("pads", 0, 2 * axes)?;
    if strides.iter().chain(&dilations).any(|&step| step < 1) || pads.iter().any(|&pad| pad < 0) {
        return Err("strides and dilations must be at least 1, pads at least 0".to_owned());
    }
    let auto = at.attribute("auto_pad").map_or(&b""[..], |attribute| attribute.s());
    for place in 0..axes {
        let Some(size) = input[place + 2].size() else {
            shape.push(at.open(place + 2));
            continue;
        };
        // Wide enough that no attribute can overflow it.
        let size = size as i128;
        let stride = i128::from(strides[place]);
        let window = i128::from(dilations[place]) * (i128::from(kernel[place]) - 1) + 1;
        let (before, after) = match auto {
            b"VALID" => (0, 0),
            _ => (i128::from(pads[place]), i128::from(pads[place + axes])),
        };
        let steps = if auto.starts_with(b"SAME_") {
            (size + stride - 1) / stride
        } else {
            let room = size + before + after - window;
            if room < 0 {
                return Err(format!("a window of {window} does not fit into {size} with pads {before} and {after}"));
            }
            let whole = room / stride + 1;
            let starts_inside = whole * stride < size + before;
            if at.int("ceil_mode", 0) != 0 && room % stride != 0 && starts_inside { whole + 1 } else { whole }
        };
        shape.push(Dim::Size(usize::try_from(steps).map_err(|_| format!("{steps} steps are too many"))?));
    }
    Ok(Some(shape))
}
