//! Rewrites of the training graph to forms that take less time on ONNX Runtime's kernels. `docs/notes/training-speed.md` lists
//! what each one gains.

use std::collections::BTreeMap;

use graph::builder::Node;
use graph::gradient::vendor;
use graph::node::{int_attribute, ints_attribute};
use graph::onnx::{GraphProto, NodeProto, TensorProto, ValueInfoProto, tensor_shape_proto, type_proto};
use graph::{Error, Model, tensor};

use super::named_shape::NamedShape;
use crate::operators::names::{DOMAIN, POOL_GRADIENT, attribute};
use crate::rewrite::LARGE;

/// Rewrites `MaxPool(Relu(x))` to `Relu(MaxPool(x))`. The values are the same, but the activation and its gradient have fewer
/// values, and the large output of the activation is not kept.
pub(super) fn pool_first(model: &Model) -> Result<Model, Error> {
    let mut graph = model.graph().clone();
    let mut readers: BTreeMap<String, usize> = BTreeMap::new();
    for input in graph.node.iter().flat_map(|node| &node.input) {
        *readers.entry(input.clone()).or_default() += 1;
    }
    let outputs: Vec<String> = graph.output.iter().map(|output| output.name().to_owned()).collect();
    for at in 0..graph.node.len() {
        let pool = &graph.node[at];
        let ([rectified], [pooled]) = (pool.input.as_slice(), pool.output.as_slice()) else { continue };
        let alone = readers.get(rectified) == Some(&1) && !outputs.contains(rectified);
        if !alone || pool.op_type() != "MaxPool" {
            continue;
        }
        let relu = graph.node.iter().position(|node| node.op_type() == "Relu" && node.output.contains(rectified));
        let Some(relu) = relu else { continue };
        // The nodes swap their positions and keep their names. The tensor in between keeps its name too.
        let (rectified, pooled) = (rectified.clone(), pooled.clone());
        let Some(input) = graph.node[relu].input.first().cloned() else { continue };
        graph.node.swap(relu, at);
        let names = [(relu, input, rectified.clone()), (at, rectified.clone(), pooled)];
        for (place, input, output) in names {
            graph.node[place].input[0] = input;
            graph.node[place].output[0] = output;
        }
        // The tensor in between has another shape now.
        graph.value_info.retain(|info| info.name() != rectified);
    }
    model.with_graph(graph)
}

/// Rewrites large dense layers `Y = X W^T + b` to `Y = (W X^T)^T + b`. ONNX Runtime copies the right operand of every product
/// into another layout. This makes it the small operand.
pub(super) fn turn_products(graph: &mut GraphProto, weights: &[NamedShape]) {
    let large = |name: &str| {
        let found = weights.iter().find(|weight| weight.name == name);
        found.is_some_and(|weight| weight.shape.len() == 2 && weight.shape.iter().product::<usize>() >= LARGE)
    };
    let mut nodes = Vec::with_capacity(graph.node.len());
    for node in std::mem::take(&mut graph.node) {
        let turned = int_attribute(&node, "transB") == Some(1) && int_attribute(&node, "transA").unwrap_or(0) == 0;
        let scaled = node
            .attribute
            .iter()
            .any(|attribute| matches!(attribute.name(), "alpha" | "beta") && (attribute.f() - 1.0).abs() > 0.0);
        match (node.op_type(), node.input.as_slice(), node.output.first()) {
            ("Gemm", [x, w, rest @ ..], Some(y)) if turned && !scaled && large(w) => {
                let bias = rest.first().filter(|bias| !bias.is_empty());
                let product = bias.map_or_else(|| y.clone(), |_| format!("{y}.product"));
                let [flat, turned] = ["input", "turned"].map(|part| format!("{y}.{part}"));
                nodes.push(Node::new("Transpose", &flat).inputs([x]).ints("perm", [1, 0]).into());
                nodes.push(Node::new("MatMul", &turned).inputs([w, &flat]).into());
                nodes.push(Node::new("Transpose", &product).inputs([&turned]).ints("perm", [1, 0]).into());
                if let Some(bias) = bias {
                    nodes.push(Node::new("Add", y).inputs([&product, bias]).into());
                }
            }
            _ => nodes.push(node),
        }
    }
    graph.node = nodes;
}

/// Rewrites the gradient of a convolution by its image to a convolution with reversed filters whose first two axes are swapped,
/// for strides of 1. `ConvGrad` computes each window separately and then adds them.
pub(super) fn split_convolutions(nodes: Vec<NodeProto>, constants: &mut Vec<TensorProto>) -> Vec<NodeProto> {
    let mut split = Vec::with_capacity(nodes.len());
    for mut node in nodes {
        if let Some((dx, pads)) = (node.op_type() == vendor::CONVOLUTION).then(|| image_gradient(&node)).flatten() {
            let (dy, filters) = (node.input[0].clone(), node.input[2].clone());
            let axes = pads.len() as i64 / 2;
            let names = ["starts", "ends", "axes"].map(|part| format!("{dx}.{part}"));
            // The steps equal the starts: -1 along each axis.
            let lists = [vec![-1; axes as usize], vec![-i64::MAX; axes as usize], (2..axes + 2).collect()];
            constants.extend(names.iter().zip(lists).map(|(name, list)| tensor::from_integers(name, &list)));
            let [flipped, swapped] = ["flipped", "swapped"].map(|part| format!("{dx}.{part}"));
            let [starts, ends, along] = &names;
            split.push(Node::new("Slice", &flipped).inputs([&filters, starts, ends, along, starts]).into());
            let order: Vec<i64> = [1, 0].into_iter().chain(2..axes + 2).collect();
            split.push(Node::new("Transpose", &swapped).inputs([&flipped]).ints("perm", order).into());
            let mut whole = Node::new("Conv", &dx).inputs([&dy, &swapped]).ints("pads", pads);
            for key in ["kernel_shape", "dilations"] {
                if let Some(values) = ints_attribute(&node, key) {
                    whole = whole.ints(key, values.to_vec());
                }
            }
            split.push(whole.into());
            node.output[0] = String::new();
            node.name = node.output.get(1).cloned();
        }
        split.push(node);
    }
    split
}

/// Replaces the gradient of pooling by our own operator, where `described` contains the size of one image. ONNX Runtime's
/// operator uses one thread.
pub(super) fn pool_gradients(nodes: &mut [NodeProto], described: &[ValueInfoProto]) {
    for node in nodes.iter_mut().filter(|node| node.op_type() == vendor::MAX_POOLING) {
        let output = node.output.first().map(String::as_str).unwrap_or_default();
        let sizes = described.iter().find(|info| info.name() == output).and_then(per_item);
        if let (Some(sizes), [incoming, places]) = (sizes, node.input.as_slice()) {
            let own = Node::new(POOL_GRADIENT, output).domain(DOMAIN).inputs([incoming, places]);
            *node = own.ints(attribute::SIZES, sizes).into();
        }
    }
}

/// Returns all sizes but the first, if they are known.
fn per_item(info: &ValueInfoProto) -> Option<Vec<i64>> {
    let Some(type_proto::Value::TensorType(tensor)) = info.r#type.as_ref()?.value.as_ref() else { return None };
    let sizes = tensor.shape.as_ref()?.dim.iter().skip(1).map(|dim| match dim.value {
        Some(tensor_shape_proto::dimension::Value::DimValue(size)) => Some(size),
        _ => None,
    });
    sizes.collect()
}

/// Returns the name of the image's gradient of a `ConvGrad` node, and the padding of the convolution that computes the same.
fn image_gradient(node: &NodeProto) -> Option<(String, Vec<i64>)> {
    let dx = node.output.first().filter(|name| !name.is_empty())?;
    let kernel = ints_attribute(node, "kernel_shape")?;
    let ones = vec![1; kernel.len()];
    let unpadded = vec![0; 2 * kernel.len()];
    let dilations = ints_attribute(node, "dilations").unwrap_or(&ones);
    let pads = ints_attribute(node, "pads").unwrap_or(&unpadded);
    let automatic = node.attribute.iter().any(|key| key.name() == "auto_pad" && key.s() != b"NOTSET");
    let moves_by_one = ints_attribute(node, "strides").is_none_or(|strides| strides == ones);
    if automatic || !moves_by_one || int_attribute(node, "group").unwrap_or(1) != 1 || pads.len() != unpadded.len() {
        return None;
    }
    let reach: Vec<i64> = kernel.iter().zip(dilations).map(|(kernel, dilation)| (kernel - 1) * dilation).collect();
    let pads: Vec<i64> = reach.iter().cycle().zip(pads).map(|(reach, pad)| reach - pad).collect();
    pads.iter().all(|&pad| pad >= 0).then(|| (dx.clone(), pads))
}
