//! Writes a convolutional trunk layer by layer, each reading the one before it.

use graph::Model;
use graph::builder::{Builder, Node};

use crate::source::Weights;
use crate::{Layer, ZooError};

/// Where a kernel and its bias lie in the file of weights.
pub(crate) type Paths = (String, String);

/// A graph in the making and the tensor written last.
pub(crate) struct Stack<'w> {
    weights: &'w Weights<'w>,
    builder: Builder,
    top: String,
    operators: Vec<(String, String)>,
}

impl<'w> Stack<'w> {
    /// A graph `name` that takes `input`, `[n, 3, size, size]`.
    pub(crate) fn new(name: &str, weights: &'w Weights<'w>, input: &str, size: u32) -> Self {
        let mut builder = Builder::new(name);
        builder.batch_input(input, &[3, size as usize, size as usize]);
        Self { weights, builder, top: input.to_owned(), operators: Vec::new() }
    }

    /// The tensor written last.
    pub(crate) fn top(&self) -> String {
        self.top.clone()
    }

    /// Lets the next layer read `tensor` instead of the one written last.
    pub(crate) fn from(&mut self, tensor: &str) -> &mut Self {
        tensor.clone_into(&mut self.top);
        self
    }

    /// A convolution; the kernel's size is that of its weights.
    pub(crate) fn conv(&mut self, name: &str, paths: &Paths, stride: i64, pad: i64) -> Result<&mut Self, ZooError> {
        let (kernel, bias) = (self.weights.kernel(&paths.0)?, self.weights.bias(&paths.1)?);
        let (out, _, height, width) = kernel.dim();
        if bias.len() != out {
            return Err(self.weights.wrong(&paths.1, &format!("has {} values for {out} filters", bias.len())));
        }
        let names = [format!("{name}.weight"), format!("{name}.bias")];
        self.builder.weight(&names[0], &kernel).weight(&names[1], &bias);
        let inputs = [self.top(), names[0].clone(), names[1].clone()];
        let node = Node::new("Conv", name)
            .inputs(inputs)
            .ints("kernel_shape", [height as i64, width as i64])
            .ints("pads", [pad; 4])
            .ints("strides", [stride; 2]);
        Ok(self.push("Conv", name, node))
    }

    /// The positive part.
    pub(crate) fn relu(&mut self, name: &str) -> &mut Self {
        let node = Node::new("Relu", name).inputs([self.top()]);
        self.push("Relu", name, node)
    }

    /// The maximum over 3x3 windows, every second one; `ceil` keeps a window that hangs over the edge.
    pub(crate) fn max_pool(&mut self, name: &str, ceil: bool) -> &mut Self {
        let node = Node::new("MaxPool", name)
            .inputs([self.top()])
            .int("ceil_mode", i64::from(ceil))
            .ints("kernel_shape", [3, 3])
            .ints("strides", [2, 2]);
        self.push("MaxPool", name, node)
    }

    /// Two tensors, one after the other along the channels.
    pub(crate) fn concat(&mut self, name: &str, parts: [String; 2]) -> &mut Self {
        let node = Node::new("Concat", name).inputs(parts).int("axis", 1);
        self.push("Concat", name, node)
    }

    /// The classifier of a fully convolutional network: the mean over each plane as `pooled`, then
    /// `logits` and `probabilities`, `[n, classes]`.
    pub(crate) fn classifier(&mut self, pooled: &str, logits: &str, probabilities: &str) -> &mut Self {
        let node = Node::new("GlobalAveragePool", pooled).inputs([self.top()]);
        self.push("GlobalAveragePool", pooled, node);
        let node = Node::new("Flatten", logits).inputs([pooled]).int("axis", 1);
        self.push("Flatten", logits, node);
        let node = Node::new("Softmax", probabilities).inputs([logits]).int("axis", 1);
        self.push("Softmax", probabilities, node)
    }

    /// The model whose output is the tensor written last, and its layers.
    pub(crate) fn finish(&self) -> Result<(Model, Vec<Layer>), ZooError> {
        let model = self.builder.finish(&[&self.top])?;
        let shapes = model.shapes();
        let layers = self.operators.iter().map(|(name, operator)| Layer {
            name: name.clone(),
            operator: operator.clone(),
            shape: shapes.per_item(name).unwrap_or_default(),
        });
        let layers = layers.collect();
        Ok((model, layers))
    }

    fn push(&mut self, operator: &str, name: &str, node: Node) -> &mut Self {
        self.builder.node(node);
        self.operators.push((name.to_owned(), operator.to_owned()));
        self.from(name)
    }
}
