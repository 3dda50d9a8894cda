//! Builds a convolutional network layer by layer. Each layer reads the one before it.

use graph::Model;
use graph::builder::{Builder, Node};

use crate::source::Weights;
use crate::{Layer, ZooError};

/// The paths of a kernel and its bias in the file of weights.
pub(crate) type Paths = (String, String);

/// A graph under construction, with its last tensor.
pub(crate) struct Stack<'w> {
    weights: &'w Weights<'w>,
    builder: Builder,
    top: String,
    operators: Vec<(String, String)>,
}

impl<'w> Stack<'w> {
    /// Starts a graph `name` with the input tensor `input`, `[n, 3, size, size]`.
    pub(crate) fn new(name: &str, weights: &'w Weights<'w>, input: &str, size: u32) -> Self {
        let mut builder = Builder::new(name);
        builder.batch_input(input, &[3, size as usize, size as usize]);
        Self { weights, builder, top: input.to_owned(), operators: Vec::new() }
    }

    /// Returns the last tensor.
    pub(crate) fn top(&self) -> String {
        self.top.clone()
    }

    /// Makes the next layer read `tensor` instead of the last tensor.
    pub(crate) fn from(&mut self, tensor: &str) -> &mut Self {
        tensor.clone_into(&mut self.top);
        self
    }

    /// Adds a convolution. Its weights determine the size of the kernel.
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

    /// Adds a rectifier.
    pub(crate) fn relu(&mut self, name: &str) -> &mut Self {
        let node = Node::new("Relu", name).inputs([self.top()]);
        self.push("Relu", name, node)
    }

    /// Adds a maximum over 3x3 windows with stride 2. `ceil` keeps the windows that extend over the edge.
    pub(crate) fn max_pool(&mut self, name: &str, ceil: bool) -> &mut Self {
        let node = Node::new("MaxPool", name)
            .inputs([self.top()])
            .int("ceil_mode", i64::from(ceil))
            .ints("kernel_shape", [3, 3])
            .ints("strides", [2, 2]);
        self.push("MaxPool", name, node)
    }

    /// Adds a concatenation of two tensors along the channels.
    pub(crate) fn concat(&mut self, name: &str, parts: [String; 2]) -> &mut Self {
        let node = Node::new("Concat", name).inputs(parts).int("axis", 1);
        self.push("Concat", name, node)
    }

    /// Adds the classifier of a fully convolutional network: the mean over each channel as `pooled`, then `logits` and
    /// `probabilities`, both `[n, classes]`.
    pub(crate) fn classifier(&mut self, pooled: &str, logits: &str, probabilities: &str) -> &mut Self {
        let node = Node::new("GlobalAveragePool", pooled).inputs([self.top()]);
        self.push("GlobalAveragePool", pooled, node);
        let node = Node::new("Flatten", logits).inputs([pooled]).int("axis", 1);
        self.push("Flatten", logits, node);
        let node = Node::new("Softmax", probabilities).inputs([logits]).int("axis", 1);
        self.push("Softmax", probabilities, node)
    }

    /// Returns the model whose output is the last tensor, and its layers.
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
