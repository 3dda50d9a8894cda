//! Gradients of what slides a window over pictures: convolution and pooling.

use super::{MICROSOFT, Walk};
use crate::builder::Node;
use crate::onnx::NodeProto;
use crate::tensor;

/// Of the picture, the filters and the biases at once. The picture's is left out where it is not wanted, as in the first
/// layer: it costs as much as the filters'.
pub(super) fn conv(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [picture, filters, ..] = node.input.as_slice() else { return Err("it does not have two inputs".to_owned()) };
    let mut outputs: Vec<String> = Vec::new();
    for (place, input) in node.input.iter().enumerate() {
        // The runtime computes the filters' gradient whether it is wanted or not.
        let part = if walk.wants(input) || place == 1 { walk.name(&format!("{input}_grad")) } else { String::new() };
        if walk.wants(input) {
            walk.pass(input, part.clone());
        }
        outputs.push(part);
    }
    let gradient = Node::new("ConvGrad", outputs.iter().find(|name| !name.is_empty()).unwrap_or(filters))
        .domain(MICROSOFT)
        .inputs([&incoming, picture, filters])
        .outputs(&outputs)
        .attributes_of(node);
    walk.push(gradient);
    Ok(())
}

/// `dY` goes where the largest value of each window was. The runtime keeps this operator among the standard ones, unlike
/// that of convolution, and crashes where the shape of what it computes is not told.
pub(super) fn max_pool(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let indices = walk.second_output(node);
    let [picture, ..] = node.input.as_slice() else { return Err("it has no input".to_owned()) };
    if walk.shapes.per_item(picture).is_none() {
        return Err(format!("the size of `{picture}` is not known"));
    }
    walk.give(picture, |name| Node::new("MaxPoolGrad", name).inputs([&incoming, &indices]).attributes_of(node));
    Ok(())
}

/// `dX = dY / (h * w)` everywhere.
pub(super) fn global_average_pool(walk: &mut Walk<'_>, node: &NodeProto) -> Result<(), String> {
    let incoming = walk.incoming(node)?;
    let [picture, ..] = node.input.as_slice() else { return Err("it has no input".to_owned()) };
    let sizes = walk.shapes.per_item(picture).ok_or_else(|| format!("the size of `{picture}` is not known"))?;
    let places = tensor::count(sizes.get(1..).unwrap_or_default())?;
    let part = walk.scalar(&format!("{picture}_grad.part"), 1.0 / places.max(1) as f32);
    let hint = format!("{picture}_grad.scaled");
    let scaled = walk.between(&hint, |name| Node::new("Mul", name).inputs([&incoming, &part]));
    let shape = walk.between(&format!("{picture}_grad.shape"), |name| Node::new("Shape", name).inputs([picture]));
    walk.give(picture, |name| Node::new("Expand", name).inputs([&scaled, &shape]));
    Ok(())
}
