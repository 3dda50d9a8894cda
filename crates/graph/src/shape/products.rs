//! Shapes of matrix products, element-wise arithmetic and reductions.

use super::rule::{At, InferredShape, axis};
use super::value;
use crate::dim::{Dim, show};

/// Returns `[n, m]` for inputs `[n, k]` and `[k, m]`. With `transB`, the second input is `[m, k]`.
pub(super) fn gemm(at: &At<'_>) -> InferredShape {
    let (Some(a), Some(b)) = (at.shape(0), at.shape(1)) else { return Ok(None) };
    let ([a0, a1], [b0, b1]) = (a, b) else {
        return Err(format!("{} and {} are not matrices", show(a), show(b)));
    };
    let (rows, inner) = if at.int("transA", 0) == 0 { (a0, a1) } else { (a1, a0) };
    let (other, columns) = if at.int("transB", 0) == 0 { (b0, b1) } else { (b1, b0) };
    same(inner, other)?;
    let product = vec![rows.clone(), columns.clone()];
    if let Some(added) = at.shape(2) {
        let fits = |(place, dim): (usize, &Dim)| {
            let against = &product[place + 2 - added.len()];
            dim.size() == Some(1) || dim == against || dim.size().is_none() || against.size().is_none()
        };
        if added.len() > 2 || !added.iter().enumerate().all(fits) {
            return Err(format!("{} cannot be added to {}", show(added), show(&product)));
        }
    }
    Ok(Some(product))
}

/// Returns `[…, n, m]` for inputs `[…, n, k]` and `[…, k, m]`. The axes in front are broadcast.
pub(super) fn matmul(at: &At<'_>) -> InferredShape {
    let (Some(a), Some(b)) = (at.shape(0), at.shape(1)) else { return Ok(None) };
    let ([front_a @ .., rows, inner], [front_b @ .., other, columns]) = (a, b) else { return Ok(None) };
    same(inner, other)?;
    let mut shape = broadcasted(front_a, front_b)?;
    shape.extend([rows.clone(), columns.clone()]);
    Ok(Some(shape))
}

fn same(inner: &Dim, other: &Dim) -> Result<(), String> {
    match (inner.size(), other.size()) {
        (Some(inner), Some(other)) if inner != other => {
            Err(format!("rows of {inner} values cannot be multiplied by weights for {other}"))
        }
        _ => Ok(()),
    }
}

/// Returns the broadcast shape of all inputs.
pub(super) fn broadcast(at: &At<'_>) -> InferredShape {
    let mut shape: Vec<Dim> = Vec::new();
    for place in 0..at.node.input.len() {
        let Some(input) = at.shape(place) else { return Ok(None) };
        shape = broadcasted(&shape, input)?;
    }
    Ok(Some(shape))
}

/// Returns the broadcast shape of the first input and of the list of sizes in the second input.
pub(super) fn expand(at: &At<'_>) -> InferredShape {
    let (Some(input), Some(wanted)) = (at.shape(0), at.values(1)) else { return Ok(None) };
    broadcasted(input, &value::dims(wanted)?).map(Some)
}

/// Broadcasts two shapes: a size of 1 and a missing axis in front fit every size.
fn broadcasted(a: &[Dim], b: &[Dim]) -> Result<Vec<Dim>, String> {
    let (long, short) = if b.len() > a.len() { (b, a) } else { (a, b) };
    let offset = long.len() - short.len();
    let mut merged = long.to_vec();
    for (dim, other) in merged[offset..].iter_mut().zip(short) {
        *dim = match (dim.size(), other.size()) {
            (_, Some(1)) => dim.clone(),
            (Some(1), _) | (None, Some(_)) => other.clone(),
            (Some(one), Some(two)) if one != two => {
                return Err(format!("{} and {} cannot be broadcast", show(a), show(b)));
            }
            _ => dim.clone(),
        };
    }
    Ok(merged)
}

/// Returns the shape of the input without some axes, or with the size 1 along them (`keepdims`).
pub(super) fn reduce(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let listed = at.ints("axes").map(<[i64]>::to_vec).or_else(|| at.constant(1));
    if listed.is_none() && at.node.input.get(1).is_some_and(|name| !name.is_empty()) {
        return Ok(None);
    }
    let all: Vec<usize> = match listed.as_deref() {
        None | Some([]) if at.int("noop_with_empty_axes", 0) != 0 => Vec::new(),
        None | Some([]) => (0..input.len()).collect(),
        Some(axes) => axes.iter().map(|&place| axis(place, input.len(), false)).collect::<Result<_, _>>()?,
    };
    let keep = at.int("keepdims", 1) != 0;
    let dims = input
        .iter()
        .enumerate()
        .filter_map(|(place, dim)| if all.contains(&place) { keep.then_some(Dim::Size(1)) } else { Some(dim.clone()) });
    Ok(Some(dims.collect()))
}
