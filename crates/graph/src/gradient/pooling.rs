//! Gradients of pooling.

use ndarray::Array2;

use super::vendor;
use super::walk::Walk;
use crate::builder::Node;
use crate::node::{input, int_attribute, ints_attribute};
use crate::onnx::NodeProto;
use crate::tensor;
use crate::window::{self, Axis};

/// The greatest number of values in the matrix of one axis of an average.
const LARGEST: usize = 1 << 24;

/// Builds `dX`: `dY` of each window at the index of its maximum, else 0.
pub(super) fn max(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let image = input(node, 0).ok_or("it has no input")?;
    if walk.shapes.per_item(image).is_none() {
        return Err(format!("the size of `{image}` is not known"));
    }
    if int_attribute(node, "storage_order").unwrap_or(0) != 0 {
        return Err("its indices are in column-major order (`storage_order` 1)".to_owned());
    }
    let indices = walk.second_output(node);
    walk.give(image, |name| vendor::max_pooling(node, name, [&incoming, &indices]));
    Ok(())
}

/// Builds `dX = A_h^T * dY * A_w`. An average over windows is linear along each axis: `Y = A_h * X * A_w^T`. The matrices
/// `[h', h]` contain the weight of each value in each window. ONNX Runtime's own gradient rejects an open batch size.
pub(super) fn average(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let image = input(node, 0).ok_or("it has no input")?;
    let kernel = ints_attribute(node, "kernel_shape").unwrap_or_default();
    let axes = window::axes(node, walk.shape(image)?, kernel)?;
    let count_pads = int_attribute(node, "count_include_pad").unwrap_or(0) != 0;
    let matrices: Vec<Array2<f32>> = axes.iter().map(|axis| averages(axis, count_pads)).collect::<Result<_, _>>()?;
    let hint = format!("{image}_grad.average");
    match matrices.as_slice() {
        [across] => {
            let across = walk.floats(&hint, across);
            walk.give(image, |name| Node::new("MatMul", name).inputs([&incoming, &across]));
        }
        [down, across] => {
            let down = walk.floats(&hint, &down.t().as_standard_layout().to_owned());
            let across = walk.floats(&hint, across);
            let spread = walk.both("MatMul", &format!("{image}_grad.spread"), &incoming, &across);
            walk.give(image, |name| Node::new("MatMul", name).inputs([&down, &spread]));
        }
        more => return Err(format!("averages over windows of {} axes have no gradient rule", more.len())),
    }
    Ok(())
}

/// Returns the weight of each value in each window along an axis, `[h', h]`.
fn averages(axis: &Axis, count_pads: bool) -> Result<Array2<f32>, String> {
    let (Some(size), Some(steps)) = (axis.size, axis.steps) else {
        return Err("its size is not known before the model runs".to_owned());
    };
    if steps > LARGEST || tensor::count(&[steps, size])? > LARGEST {
        return Err(format!("{steps} windows over {size} values are too many"));
    }
    let mut matrix = Array2::zeros((steps, size));
    for step in 0..steps {
        let places = axis.covers(step).unwrap_or_default();
        let count = if count_pads { axis.kernel as f32 } else { places.len() as f32 };
        for place in places {
            matrix[[step, place]] = 1.0 / count;
        }
    }
    Ok(matrix)
}

/// Builds `dX = dY / (h * w)` for every pixel.
pub(super) fn global_average(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let image = input(node, 0).ok_or("it has no input")?;
    let sizes = walk.shapes.per_item(image).ok_or_else(|| format!("the size of `{image}` is not known"))?;
    let places = tensor::count(sizes.get(1..).unwrap_or_default())?;
    let part = walk.scalar(&format!("{image}_grad.part"), 1.0 / places.max(1) as f32);
    let scaled = walk.both("Mul", &format!("{image}_grad.scaled"), &incoming, &part);
    let shape = walk.between(&format!("{image}_grad.shape"), |name| Node::new("Shape", name).inputs([image]));
    walk.give(image, |name| Node::new("Expand", name).inputs([&scaled, &shape]));
    Ok(())
}
