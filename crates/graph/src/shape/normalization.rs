//! Shapes of normalization and softmax. They keep the shape of the input, and the rules check the attributes.

use super::rule::{At, InferredShape, axis};
use crate::dim::{Dim, show};

/// Returns the shape `[n, c, …]` of the first input. The other inputs are four vectors of `c` values.
pub(super) fn batch(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let Some(channels) = input.get(1) else {
        return Err(format!("input {} has no channels", show(input)));
    };
    for place in 1..5 {
        let Some(vector) = at.shape(place) else { continue };
        let fits = matches!(vector, [size] if size.size().is_none_or(|size| channels.size().is_none_or(|c| c == size)));
        if !fits {
            return Err(format!("{} is not a vector with one value for each channel of {}", show(vector), show(input)));
        }
    }
    Ok(Some(input.to_vec()))
}

/// Returns the shape `[n, c, …]` of the input.
pub(super) fn local(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    if at.int("size", 0) < 1 {
        return Err("`size` must be at least 1".to_owned());
    }
    if input.len() < 3 {
        return Err(format!("input {} is not an image", show(input)));
    }
    Ok(Some(input.to_vec()))
}

/// Returns the shape of the input, which can be any.
pub(super) fn softmax(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    if let Some(place) = crate::node::int_attribute(at.node, "axis") {
        axis(place, input.len(), false)?;
    }
    Ok(Some(input.iter().map(Dim::clone).collect()))
}
