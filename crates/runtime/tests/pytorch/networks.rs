//! The networks of the comparison. `reference/networks.py` defines the same networks.

use graph::Model;
use graph::builder::{Builder, Node};

use super::values::uniform;

/// Sizes of the smaller classifier in the comparison of gradients.
pub const CLASSIFIER: [usize; 4] = [9216, 64, 48, 10];

/// A builder of a graph, with the output of the last node.
struct Net {
    builder: Builder,
    top: String,
}

/// The filters `[out, in, size, size]`, stride, padding and groups of a convolution.
#[derive(Clone, Copy)]
struct Filters([usize; 3], i64, i64, i64);

impl Net {
    fn new(name: &str, side: usize) -> Self {
        let mut builder = Builder::new(name);
        builder.batch_input("input", &[3, side, side]);
        Self { builder, top: "input".to_owned() }
    }

    /// Adds a node whose inputs are the output of the last node and these weights.
    fn push(&mut self, node: Node, name: &str, weights: &[String]) -> &mut Self {
        let inputs = std::iter::once(self.top.clone()).chain(weights.iter().cloned());
        self.builder.node(node.inputs(inputs));
        name.clone_into(&mut self.top);
        self
    }

    fn drawn(&mut self, name: String, shape: &[usize], scale: f64, offset: f32) -> String {
        self.builder.weight(&name, &uniform(&name, shape, scale as f32, offset));
        name
    }

    fn conv(&mut self, name: &str, filters: Filters) -> &mut Self {
        let Filters([outputs, inputs, size], stride, padding, groups) = filters;
        let fan_in = (inputs * size * size) as f64;
        let weight = self.drawn(format!("{name}.weight"), &[outputs, inputs, size, size], (6.0 / fan_in).sqrt(), 0.0);
        let bias = self.drawn(format!("{name}.bias"), &[outputs], 0.1, 0.0);
        let node = Node::new("Conv", name).ints("strides", [stride; 2]).ints("pads", [padding; 4]);
        self.push(node.int("group", groups), name, &[weight, bias])
    }

    fn dense(&mut self, name: &str, inputs: usize, outputs: usize) -> &mut Self {
        let weight = self.drawn(format!("{name}.weight"), &[outputs, inputs], (1.0 / inputs as f64).sqrt(), 0.0);
        let bias = self.drawn(format!("{name}.bias"), &[outputs], 0.1, 0.0);
        self.push(Node::new("Gemm", name).int("transB", 1), name, &[weight, bias])
    }

    fn norm(&mut self, name: &str, channels: usize) -> &mut Self {
        let parts = [("weight", 0.5, 1.0), ("bias", 0.3, 0.0), ("mean", 0.3, 0.0), ("var", 0.5, 1.0)];
        let weights =
            parts.map(|(part, scale, offset)| self.drawn(format!("{name}.{part}"), &[channels], scale, offset));
        self.push(Node::new("BatchNormalization", name).float("epsilon", 1e-5), name, &weights)
    }

    fn relu(&mut self) -> &mut Self {
        let name = format!("{}.relu", self.top);
        self.push(Node::new("Relu", &name), &name, &[])
    }

    fn lrn(&mut self) -> &mut Self {
        let name = format!("{}.lrn", self.top);
        let node = Node::new("LRN", &name).int("size", 5).float("alpha", 1e-4).float("beta", 0.75).float("bias", 1.0);
        self.push(node, &name, &[])
    }

    fn pool(&mut self, ceil: i64) -> &mut Self {
        let name = format!("{}.pool", self.top);
        let node = Node::new("MaxPool", &name).ints("kernel_shape", [3, 3]).ints("strides", [2, 2]);
        self.push(node.int("ceil_mode", ceil), &name, &[])
    }

    fn flatten(&mut self) -> &mut Self {
        self.push(Node::new("Flatten", "flat").int("axis", 1), "flat", &[])
    }

    fn average(&mut self) -> &mut Self {
        self.push(Node::new("GlobalAveragePool", "average"), "average", &[]).flatten()
    }

    /// Adds the dense layers fc6 to fc8, with dropout of their inputs if `dropout` is true.
    fn classifier(&mut self, sizes: [usize; 4], dropout: bool) -> &mut Self {
        self.flatten();
        for (number, size) in (6..).zip(sizes.windows(2)) {
            if dropout {
                let name = format!("drop{number}");
                self.push(Node::new("Dropout", &name), &name, &[]);
            }
            self.dense(&format!("fc{number}"), size[0], size[1]);
            if number < 8 {
                self.relu();
            }
        }
        self
    }

    fn finish(&self) -> Model {
        self.builder.finish(&[&self.top]).unwrap()
    }
}

/// Returns the `AlexNet` of torchvision with another classifier.
pub fn alexnet(sizes: [usize; 4], dropout: bool) -> Model {
    let mut net = Net::new("alexnet", 224);
    net.conv("conv1", Filters([64, 3, 11], 4, 2, 1)).relu().pool(0);
    net.conv("conv2", Filters([192, 64, 5], 1, 2, 1)).relu().pool(0);
    net.conv("conv3", Filters([384, 192, 3], 1, 1, 1)).relu();
    net.conv("conv4", Filters([256, 384, 3], 1, 1, 1)).relu();
    net.conv("conv5", Filters([256, 256, 3], 1, 1, 1)).relu().pool(0);
    net.classifier(sizes, dropout).finish()
}

/// Returns the `AlexNet` of Caffe, with two groups and local response normalization.
pub fn caffe() -> Model {
    let mut net = Net::new("caffe", 227);
    net.conv("conv1", Filters([96, 3, 11], 4, 0, 1)).relu().lrn().pool(0);
    net.conv("conv2", Filters([256, 48, 5], 1, 2, 2)).relu().lrn().pool(0);
    net.conv("conv3", Filters([384, 256, 3], 1, 1, 1)).relu();
    net.conv("conv4", Filters([384, 192, 3], 1, 1, 2)).relu();
    net.conv("conv5", Filters([256, 192, 3], 1, 1, 2)).relu().pool(0);
    net.classifier(CLASSIFIER, false).finish()
}

/// Returns `SqueezeNet` 1.1 with 1000 classes.
pub fn squeezenet() -> Model {
    let mut net = Net::new("squeezenet", 224);
    net.conv("conv1", Filters([64, 3, 3], 2, 0, 1)).relu().pool(1);
    let mut channels = 64;
    let sizes = [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)];
    for (number, (squeezed, expanded)) in (2..).zip(sizes) {
        let name = format!("fire{number}");
        net.conv(&format!("{name}.squeeze"), Filters([squeezed, channels, 1], 1, 0, 1)).relu();
        let squeeze = net.top.clone();
        net.conv(&format!("{name}.expand1x1"), Filters([expanded, squeezed, 1], 1, 0, 1)).relu();
        let narrow = std::mem::replace(&mut net.top, squeeze);
        net.conv(&format!("{name}.expand3x3"), Filters([expanded, squeezed, 3], 1, 1, 1)).relu();
        let wide = std::mem::replace(&mut net.top, name.clone());
        net.builder.node(Node::new("Concat", &name).inputs([narrow, wide]).int("axis", 1));
        channels = 2 * expanded;
        if number == 3 || number == 5 {
            net.pool(1);
        }
    }
    net.conv("conv10", Filters([1000, 512, 1], 1, 0, 1)).relu().average().finish()
}

/// Returns four residual blocks with batch normalization and fixed statistics.
pub fn residual() -> Model {
    let mut net = Net::new("residual", 32);
    net.conv("conv1", Filters([16, 3, 3], 1, 1, 1)).norm("norm1", 16).relu();
    let mut channels = 16;
    for (number, outputs) in (1..).zip([16, 32, 32, 64]) {
        let name = format!("block{number}");
        let stride = if outputs == channels { 1 } else { 2 };
        let mut short = net.top.clone();
        net.conv(&format!("{name}.conv1"), Filters([outputs, channels, 3], stride, 1, 1));
        net.norm(&format!("{name}.norm1"), outputs).relu();
        net.conv(&format!("{name}.conv2"), Filters([outputs, outputs, 3], 1, 1, 1));
        net.norm(&format!("{name}.norm2"), outputs);
        if stride == 2 {
            let inner = std::mem::replace(&mut net.top, short);
            net.conv(&format!("{name}.short"), Filters([outputs, channels, 1], 2, 0, 1));
            net.norm(&format!("{name}.norm3"), outputs);
            short = std::mem::replace(&mut net.top, inner);
        }
        net.builder.node(Node::new("Add", &name).inputs([net.top.clone(), short]));
        net.top = name;
        net.relu();
        channels = outputs;
    }
    net.average().dense("fc8", 64, 10).finish()
}
