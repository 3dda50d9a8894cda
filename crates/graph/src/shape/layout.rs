//! Shapes of what moves values about without changing them.

use super::rule::{At, Found, axis, product};
use super::{Dim, show};
use crate::tensor;

/// `[n, c, h, w]` -> `[n, c * h * w]`.
pub(super) fn flatten(at: &At<'_>) -> Found {
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

/// Any shape -> the constant one of the second input, where 0 keeps a size and -1 is what is left.
pub(super) fn reshape(at: &At<'_>) -> Found {
    let (Some(input), Some(wanted)) = (at.shape(0), at.constant(1)) else { return Ok(None) };
    let mut shape = Vec::with_capacity(wanted.len());
    let mut left = None;
    for (place, &size) in wanted.iter().enumerate() {
        shape.push(match size {
            0 if at.int("allowzero", 0) == 0 => {
                input.get(place).cloned().ok_or_else(|| format!("axis {place} of {}", show(input)))?
            }
            -1 if left.replace(place).is_some() => return Err("two sizes are -1".to_owned()),
            -1 => Dim::Size(1),
            size => Dim::Size(usize::try_from(size).map_err(|_| format!("a size of {size}"))?),
        });
    }
    // Named unknowns cancel out: [n, 256, 6, 6] as [-1, 9216] leaves n.
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
    let unfit = || format!("{} cannot become {wanted:?}", show(input));
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

/// Tensors of one shape but for one axis -> the same shape with that axis summed up.
pub(super) fn concat(at: &At<'_>) -> Found {
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

/// `[a, b, c]` -> its axes in another order.
pub(super) fn transpose(at: &At<'_>) -> Found {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let Some(order) = at.ints("perm").filter(|order| !order.is_empty()) else {
        return Ok(Some(input.iter().rev().cloned().collect()));
    };
    let places: Vec<usize> = order.iter().map(|&place| axis(place, input.len(), false)).collect::<Result<_, _>>()?;
    let mut sorted = places.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..input.len()) {
        return Err(format!("{order:?} is no order of the axes of {}", show(input)));
    }
    Ok(Some(places.into_iter().map(|place| input[place].clone()).collect()))
}

/// The shape of the tensor inside the node.
pub(super) fn constant(at: &At<'_>) -> Found {
    let stored = at.attribute("value").and_then(|value| value.t.as_deref());
    stored.map(|stored| Ok(tensor::dims(stored)?.into_iter().map(Dim::Size).collect())).transpose()
}

/// The shape that the input spells out.
pub(super) fn constant_of_shape(at: &At<'_>) -> Found {
    let sizes = at.constant(0).map(|sizes| sizes.iter().map(|&size| usize::try_from(size)));
    let sizes = sizes.map(|sizes| sizes.map(|size| size.map(Dim::Size)).collect::<Result<_, _>>());
    sizes.transpose().map_err(|_| "a size is negative".to_owned())
}

/// The axes that an operator works on: an input since operator set 13, an attribute before. `rank` is that of what the
/// axes are counted in.
fn axes(at: &At<'_>, rank: usize) -> Result<Option<Vec<usize>>, String> {
    let listed = at.ints("axes").or_else(|| at.constant(1));
    listed.map(|listed| listed.iter().map(|&place| axis(place, rank, false)).collect()).transpose()
}

/// Any shape -> the same without some axes of size 1.
pub(super) fn squeeze(at: &At<'_>) -> Found {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let Some(gone) = axes(at, input.len())? else { return Ok(None) };
    let kept = input.iter().enumerate().filter(|(place, _)| !gone.contains(place));
    Ok(Some(kept.map(|(_, dim)| dim.clone()).collect()))
}

/// Any shape -> the same with further axes of size 1.
pub(super) fn unsqueeze(at: &At<'_>) -> Found {
    let Some(input) = at.shape(0) else { return Ok(None) };
    let count = at.ints("axes").or_else(|| at.constant(1)).map_or(0, <[_]>::len);
    let rank = input.len() + count;
    let Some(new) = axes(at, rank)? else { return Ok(None) };
    let mut old = input.iter().cloned();
    let dims = (0..rank).map(|place| if new.contains(&place) { Some(Dim::Size(1)) } else { old.next() });
    dims.collect::<Option<_>>().map(Some).ok_or_else(|| "an axis is listed twice".to_owned())
}
