//! Shapes of operators that change the shape or the order of values.

use super::rule::{At, InferredShape, axis, product};
use super::value::Value;
use crate::dim::{Dim, show};

/// Returns `[a, b]`: the product of the sizes before the attribute `axis`, and of the other sizes. `[n, c, h, w]` becomes
/// `[n, c * h * w]`.
pub(super) fn flatten(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let split = axis(at.int("axis", 1), input.len(), true)?;
    let side = |dims: &[Dim], place: usize| {
        Ok::<_, String>(match (product(dims)?, dims) {
            (Some(size), _) => Dim::Size(size),
            (None, [one]) => one.clone(),
            (None, _) => at.open(place),
        })
    };
    Ok(Some(vec![side(&input[..split], 0)?, side(&input[split..], 1)?]))
}

/// Returns the constant shape in the second input, where 0 keeps a size and -1 is the remaining size.
pub(super) fn reshape(at: &At<'_>) -> InferredShape {
    let wanted = at.ints("shape").map(|sizes| sizes.iter().map(|&size| Value::Known(size)).collect::<Vec<_>>());
    let wanted = wanted.or_else(|| at.values(1).map(<[Value]>::to_vec));
    let (Some(input), Some(wanted)) = (at.shape(0), wanted) else { return Ok(None) };
    let mut shape = Vec::with_capacity(wanted.len());
    let mut left = None;
    for (place, size) in wanted.iter().enumerate() {
        let size = match size {
            Value::Known(size) => *size,
            Value::Open(name) => {
                shape.push(Dim::Symbol(name.clone()));
                continue;
            }
        };
        shape.push(match size {
            0 if at.int("allowzero", 0) == 0 => {
                input.get(place).cloned().ok_or_else(|| format!("axis {place} of {}", show(input)))?
            }
            -1 if left.replace(place).is_some() => return Err("two sizes are -1".to_owned()),
            -1 => Dim::Size(1),
            size => Dim::Size(usize::try_from(size).map_err(|_| format!("a size of {size}"))?),
        });
    }
    // Named sizes cancel out: [n, 256, 6, 6] as [-1, 9216] is [n, 9216].
    let mut open: Vec<&Dim> = input.iter().filter(|dim| dim.size().is_none()).collect();
    for dim in shape.iter().filter(|dim| dim.size().is_none()) {
        if let Some(place) = open.iter().position(|other| *other == dim) {
            open.swap_remove(place);
        }
    }
    let sized = |dims: &[Dim]| {
        product(&dims.iter().filter(|dim| dim.size().is_some()).cloned().collect::<Vec<_>>())
            .map(Option::unwrap_or_default)
    };
    let (from, to) = (sized(input)?, sized(&shape)?);
    let unfit = || {
        let wanted: Vec<String> = wanted.iter().map(Value::to_string).collect();
        format!("{} cannot become [{}]", show(input), wanted.join(", "))
    };
    match (left, open.as_slice()) {
        (None, []) if from != to => return Err(unfit()),
        (Some(place), []) if to != 0 && from % to == 0 => shape[place] = Dim::Size(from / to),
        (Some(_), []) => return Err(unfit()),
        (Some(place), [one]) if from == to => shape[place] = (*one).clone(),
        (Some(place), _) => shape[place] = at.open(place),
        (None, _) => {}
    }
    Ok(Some(shape))
}

/// Returns the shape with its axes in another order.
pub(super) fn transpose(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let Some(order) = at.ints("perm").filter(|order| !order.is_empty()) else {
        return Ok(Some(input.iter().rev().cloned().collect()));
    };
    let places: Vec<usize> = order.iter().map(|&place| axis(place, input.len(), false)).collect::<Result<_, _>>()?;
    let mut sorted = places.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..input.len()) {
        return Err(format!("{order:?} is not an order of the axes of {}", show(input)));
    }
    Ok(Some(places.into_iter().map(|place| input[place].clone()).collect()))
}

/// Returns the axes that an operator works on. They are an input since operator set 13, and an attribute before. `rank` is the
/// number of axes of the tensor that they refer to.
fn axes(at: &At<'_>, rank: usize) -> Result<Option<Vec<usize>>, String> {
    let listed = at.ints("axes").map(<[i64]>::to_vec).or_else(|| at.constant(1));
    listed.map(|listed| listed.iter().map(|&place| axis(place, rank, false)).collect()).transpose()
}

/// Returns the shape without some axes of size 1.
pub(super) fn squeeze(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let gone = match axes(at, input.len())? {
        Some(gone) => gone,
        None if crate::node::input(at.node, 1).is_none() && input.iter().all(|dim| dim.size().is_some()) => {
            (0..input.len()).filter(|&place| input[place].size() == Some(1)).collect()
        }
        None => return Ok(None),
    };
    if let Some(&large) = gone.iter().find(|&&place| input[place].size().is_some_and(|size| size != 1)) {
        return Err(format!("axis {large} of {} does not have the size 1", show(input)));
    }
    let kept = input.iter().enumerate().filter(|(place, _)| !gone.contains(place));
    Ok(Some(kept.map(|(_, dim)| dim.clone()).collect()))
}

/// Returns the shape with further axes of size 1.
pub(super) fn unsqueeze(at: &At<'_>) -> InferredShape {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let count = at.ints("axes").map(<[_]>::len).or_else(|| at.constant(1).map(|axes| axes.len())).unwrap_or(0);
    let rank = input.len() + count;
    let Some(new) = axes(at, rank)? else { return Ok(None) };
    let mut old = input.iter().cloned();
    let dims = (0..rank).map(|place| if new.contains(&place) { Some(Dim::Size(1)) } else { old.next() });
    dims.collect::<Option<_>>().map(Some).ok_or_else(|| "an axis is listed twice".to_owned())
}
