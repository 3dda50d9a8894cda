//! Small networks for the tests.

use graph::Model;
use graph::builder::{Builder, Node};
use graph::head::Head;
use ndarray::{Array1, Array4};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

pub fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

/// Returns the network conv1 -> relu1 -> pool1 -> two branches -> joined -> probabilities, for images of 16 x 16 pixels.
pub fn branched() -> Model {
    let mut net = Builder::new("branched");
    net.batch_input("input", &[3, 16, 16]);
    for (name, dims) in [("conv1", (4, 3, 3, 3)), ("left", (2, 4, 1, 1)), ("right", (3, 4, 3, 3))] {
        net.weight(&format!("{name}.weight"), &Array4::<f32>::from_elem(dims, 0.1));
        net.weight(&format!("{name}.bias"), &Array1::<f32>::ones(dims.0));
    }
    let conv = |name: &str, input: &str| {
        Node::new("Conv", name).inputs([input.to_owned(), format!("{name}.weight"), format!("{name}.bias")])
    };
    net.node(conv("conv1", "input").ints("pads", [1; 4]));
    net.node(Node::new("Relu", "relu1").inputs(["conv1"]));
    net.node(Node::new("MaxPool", "pool1").inputs(["relu1"]).ints("kernel_shape", [2, 2]).ints("strides", [2, 2]));
    net.node(conv("left", "pool1"));
    net.node(conv("right", "pool1").ints("pads", [1; 4]));
    net.node(Node::new("Concat", "joined").inputs(["left", "right"]).int("axis", 1));
    net.node(Node::new("GlobalAveragePool", "mean").inputs(["joined"]));
    net.node(Node::new("Flatten", "logits").inputs(["mean"]));
    net.node(Node::new("Softmax", "probabilities").inputs(["logits"]).int("axis", 1));
    net.finish(&["probabilities"]).unwrap()
}

/// Returns a head with one hidden layer: 12 -> 7 -> 3.
pub fn head() -> Model {
    Head { features: 12, hidden: vec![7], classes: 3 }.build(&mut rng()).unwrap()
}

/// Returns the operators of the nodes of a model, in their order.
pub fn operators(model: &Model) -> Vec<&str> {
    model.nodes().iter().map(graph::onnx::NodeProto::op_type).collect()
}
