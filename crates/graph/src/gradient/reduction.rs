//! Gradients of sums and means along axes.

use super::walk::Walk;
use crate::builder::Node;
use crate::node::{input, int_attribute, ints_attribute};
use crate::onnx::NodeProto;
use crate::shape::{Value, axis};
use crate::tensor;

/// Builds `dX = dY`, repeated along the axes.
pub(super) fn sum(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    spread(walk, node, false)
}

/// Builds `dX = dY / k`, repeated along the axes, where `k` is the number of values in each mean.
pub(super) fn mean(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    spread(walk, node, true)
}

fn spread(walk: &mut Walk<'_>, node: &NodeProto, mean: bool) -> Result<(), String> {
    let mut gradient = walk.incoming(node)?;
    let x = input(node, 0).ok_or("it has no input")?;
    let dims = walk.shape(x)?;
    let listed = match input(node, 1) {
        Some(list) => {
            let values: Option<Vec<i64>> =
                walk.shapes.values(list).unwrap_or_default().iter().map(Value::known).collect();
            values.filter(|axes| !axes.is_empty()).ok_or("its axes are not known before the model runs")?
        }
        None => ints_attribute(node, "axes").unwrap_or_default().to_vec(),
    };
    let axes: Vec<usize> = match listed.as_slice() {
        [] if int_attribute(node, "noop_with_empty_axes").unwrap_or(0) != 0 => Vec::new(),
        [] => (0..dims.len()).collect(),
        axes => axes.iter().map(|&place| axis(place, dims.len(), false)).collect::<Result<_, _>>()?,
    };
    let hint = |what: &str| format!("{x}_grad.{what}");
    if int_attribute(node, "keepdims").unwrap_or(1) == 0 {
        let places: Vec<i64> = axes.iter().map(|&place| place as i64).collect();
        let places = walk.integers(&hint("axes"), &places);
        gradient = walk.both("Unsqueeze", &hint("kept"), &gradient, &places);
    }
    if mean {
        let sizes: Option<Vec<usize>> = axes.iter().map(|&place| dims[place].size()).collect();
        let sizes = sizes.ok_or_else(|| format!("the size of `{x}` is not known"))?;
        let part = walk.scalar(&hint("part"), 1.0 / tensor::count(&sizes)?.max(1) as f32);
        gradient = walk.both("Mul", &hint("scaled"), &gradient, &part);
    }
    let shape = walk.between(&hint("shape"), |name| Node::new("Shape", name).inputs([x]));
    walk.give(x, |name| Node::new("Expand", name).inputs([gradient, shape]));
    Ok(())
}
