//! A small sound network, which the hostile ones are made from.

use graph::builder::{Builder, Node};
use graph::onnx::attribute_proto::AttributeType;
use graph::onnx::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};
use ndarray::{Array1, Array2, Array4};
use zoo::{Channels, Features, InputTransform, Layer, Network, Pooling};

/// The width and height of the input in pixels.
pub(super) const SIDE: usize = 16;

/// Returns conv1 -> relu1 -> pool1 -> mean -> flat -> logits -> probabilities of two classes.
pub(super) fn model() -> ModelProto {
    let mut net = Builder::new("small");
    net.batch_input("input", &[3, SIDE, SIDE]);
    let filters = Array4::from_shape_fn((4, 3, 3, 3), |(m, c, y, x)| ((m * 7 + c * 5 + y * 3 + x) as f32).sin());
    net.weight("conv1.weight", &filters).weight("conv1.bias", &Array1::<f32>::zeros(4));
    net.node(
        Node::new("Conv", "conv1")
            .inputs(["input", "conv1.weight", "conv1.bias"])
            .ints("kernel_shape", [3, 3])
            .ints("strides", [1, 1])
            .ints("dilations", [1, 1])
            .ints("pads", [1; 4])
            .int("group", 1),
    );
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    net.node(Node::new("MaxPool", "pool1").inputs(["relu1"]).ints("kernel_shape", [2, 2]).ints("strides", [2, 2]));
    net.node(Node::new("GlobalAveragePool", "mean").inputs(["pool1"]));
    net.node(Node::new("Flatten", "flat").inputs(["mean"]).int("axis", 1));
    net.weight("logits.weight", &Array2::from_shape_fn((2, 4), |(o, i)| ((o * 4 + i) as f32).cos()));
    net.node(Node::new("Gemm", "logits").inputs(["flat", "logits.weight"]).int("transB", 1));
    net.node(Node::new("Softmax", "probabilities").inputs(["logits"]).int("axis", 1));
    net.finish(&["probabilities"]).unwrap().to_proto()
}

/// Returns the description of [`model`], for the bytes of a model file.
pub(super) fn network(model: &[u8]) -> Network {
    let layer = |name: &str, operator: &str, shape: &[usize]| Layer {
        name: name.to_owned(),
        operator: operator.to_owned(),
        shape: shape.to_vec(),
    };
    Network {
        name: super::NAME.to_owned(),
        input: InputTransform {
            tensor: "input".to_owned(),
            size: SIDE as u32,
            channels: Channels::Rgb,
            scale: 1.0 / 255.0,
            mean: [0.0; 3],
            std: [1.0; 3],
        },
        layers: vec![
            layer("conv1", "Conv", &[4, SIDE, SIDE]),
            layer("relu1", "Relu", &[4, SIDE, SIDE]),
            layer("pool1", "MaxPool", &[4, SIDE / 2, SIDE / 2]),
            layer("logits", "Gemm", &[2]),
            layer("probabilities", "Softmax", &[2]),
        ],
        features: Features { layer: "pool1".to_owned(), pool: Pooling::Average },
        logits: Some("logits".to_owned()),
        probabilities: Some("probabilities".to_owned()),
        classes: vec!["disc".to_owned(), "stripes".to_owned()],
        origin: "made by a test".to_owned(),
        sha256: zoo::sha256(model),
        parent: None,
    }
}

/// Returns the graph of a model.
pub(super) fn graph(model: &mut ModelProto) -> &mut GraphProto {
    model.graph.as_mut().unwrap()
}

/// Returns the node that computes `tensor`.
pub(super) fn node<'m>(model: &'m mut ModelProto, tensor: &str) -> &'m mut NodeProto {
    graph(model).node.iter_mut().find(|node| node.output[0] == tensor).unwrap()
}

/// Returns the stored tensor `name`.
pub(super) fn weight<'m>(model: &'m mut ModelProto, name: &str) -> &'m mut TensorProto {
    graph(model).initializer.iter_mut().find(|stored| stored.name() == name).unwrap()
}

/// Sets an attribute of a node to a list of integers.
pub(super) fn set_ints(node: &mut NodeProto, key: &str, values: &[i64]) {
    node.attribute.retain(|attribute| attribute.name() != key);
    node.attribute.push(AttributeProto {
        name: Some(key.to_owned()),
        r#type: Some(AttributeType::Ints as i32),
        ints: values.to_vec(),
        ..AttributeProto::default()
    });
}

/// Sets an attribute of a node to an integer.
pub(super) fn set_int(node: &mut NodeProto, key: &str, value: i64) {
    node.attribute.retain(|attribute| attribute.name() != key);
    node.attribute.push(AttributeProto {
        name: Some(key.to_owned()),
        r#type: Some(AttributeType::Int as i32),
        i: Some(value),
        ..AttributeProto::default()
    });
}

/// Puts nodes between `pool1` and the rest. The last one computes what the rest reads.
pub(super) fn insert(model: &mut ModelProto, nodes: Vec<NodeProto>) {
    let graph = graph(model);
    let place = graph.node.iter().position(|node| node.output[0] == "mean").unwrap();
    let last = nodes.last().unwrap().output[0].clone();
    graph.node[place].input[0] = last;
    graph.node.splice(place..place, nodes);
}

/// Adds a stored tensor.
pub(super) fn store(model: &mut ModelProto, stored: TensorProto) {
    graph(model).initializer.push(stored);
}
