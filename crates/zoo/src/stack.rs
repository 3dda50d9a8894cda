//! Builds a convolutional network layer by layer. Each layer reads the one before it.

use graph::Model;
use graph::builder::{Builder, Node};
use ndarray::{Array1, Array4, Axis, arr0};

use crate::source::Weights;
use crate::{Layer, ZooError};

/// The paths of a kernel and its bias in the file of weights.
pub(crate) type Paths = (String, String);

/// How the kernel of a convolution moves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    pub stride: usize,
    /// The zeros around the image: top, left, bottom, right.
    pub pads: [usize; 4],
    /// The number of groups of channels.
    pub groups: usize,
}

/// A graph under construction, with its last tensor.
pub(crate) struct Stack<'w> {
    weights: &'w Weights<'w>,
    builder: Builder,
    top: String,
    /// The number of filters of the last convolution.
    filters: usize,
    operators: Vec<(String, String)>,
}

impl<'w> Stack<'w> {
    /// Starts a graph `name` with the input tensor `input`, `[n, 3, size, size]`.
    pub(crate) fn new(name: &str, weights: &'w Weights<'w>, input: &str, size: u32) -> Self {
        let mut builder = Builder::new(name);
        builder.batch_input(input, &[3, size as usize, size as usize]);
        Self { weights, builder, top: input.to_owned(), filters: 3, operators: Vec::new() }
    }

    /// Returns the last tensor.
    pub(crate) fn top(&self) -> String {
        self.top.clone()
    }

    /// Returns the number of filters of the last convolution.
    pub(crate) fn filters(&self) -> usize {
        self.filters
    }

    /// Makes the next layer read `tensor` instead of the last tensor.
    pub(crate) fn from(&mut self, tensor: &str) -> &mut Self {
        tensor.clone_into(&mut self.top);
        self
    }

    /// Adds a convolution. Its weights determine the size of the kernel.
    pub(crate) fn conv(&mut self, name: &str, paths: &Paths, stride: usize, pad: usize) -> Result<&mut Self, ZooError> {
        let kernel = self.weights.kernel(&paths.0)?;
        let bias = self.per_filter(&paths.1, kernel.dim().0)?;
        Ok(self.convolution(name, &kernel, &bias, Steps { stride, pads: [pad; 4], groups: 1 }))
    }

    /// Adds a convolution without bias and the batch normalization behind it as one convolution with bias. `kernel` and
    /// `normalization` are their paths in a file of PyTorch, and `eps` is added to the variance.
    ///
    /// With `a = weight / sqrt(running_var + eps)` for each filter, the kernel is multiplied by `a`, and the bias is
    /// `bias - running_mean * a`.
    pub(crate) fn normalized_conv(
        &mut self,
        name: &str,
        [kernel, normalization]: [&str; 2],
        eps: f64,
        steps: impl FnOnce(usize) -> Steps,
    ) -> Result<&mut Self, ZooError> {
        let mut weights = self.weights.kernel(kernel)?;
        let (filters, _, side, _) = weights.dim();
        let of = |part: &str| self.per_filter(&format!("{normalization}.{part}"), filters);
        let [scale, shift, mean, variance] = [of("weight")?, of("bias")?, of("running_mean")?, of("running_var")?];
        let mut bias = Array1::zeros(filters);
        for (filter, mut kernel) in weights.axis_iter_mut(Axis(0)).enumerate() {
            let factor = f64::from(scale[filter]) / (f64::from(variance[filter]) + eps).sqrt();
            kernel.mapv_inplace(|value| (f64::from(value) * factor) as f32);
            bias[filter] = (f64::from(shift[filter]) - f64::from(mean[filter]) * factor) as f32;
        }
        Ok(self.convolution(name, &weights, &bias, steps(side)))
    }

    fn convolution(&mut self, name: &str, kernel: &Array4<f32>, bias: &Array1<f32>, steps: Steps) -> &mut Self {
        let (filters, _, height, width) = kernel.dim();
        self.filters = filters;
        let names = [format!("{name}.weight"), format!("{name}.bias")];
        self.builder.weight(&names[0], kernel).weight(&names[1], bias);
        let inputs = [self.top(), names[0].clone(), names[1].clone()];
        let mut node = Node::new("Conv", name)
            .inputs(inputs)
            .ints("kernel_shape", [height as i64, width as i64])
            .ints("pads", steps.pads.map(|pad| pad as i64))
            .ints("strides", [steps.stride as i64; 2]);
        if steps.groups > 1 {
            node = node.int("group", steps.groups as i64);
        }
        self.push("Conv", name, node)
    }

    /// Returns the array at `path`, which has a value for each of `filters`.
    fn per_filter(&self, path: &str, filters: usize) -> Result<Array1<f32>, ZooError> {
        let values = self.weights.vector(path)?;
        if values.len() == filters {
            return Ok(values);
        }
        Err(self.weights.wrong(path, &format!("has {} values for {filters} filters", values.len())))
    }

    /// Adds a rectifier that ends at 6.
    pub(crate) fn relu6(&mut self, name: &str) -> &mut Self {
        const BOUNDS: [(&str, f32); 2] = [("relu6.min", 0.0), ("relu6.max", 6.0)];
        if self.operators.iter().all(|(_, operator)| operator != "Clip") {
            for (bound, value) in BOUNDS {
                self.builder.weight(bound, &arr0(value));
            }
        }
        let node = Node::new("Clip", name).inputs([&self.top(), BOUNDS[0].0, BOUNDS[1].0].map(ToString::to_string));
        self.push("Clip", name, node)
    }

    /// Adds the sum of `tensor` and the last tensor.
    pub(crate) fn plus(&mut self, name: &str, tensor: &str) -> &mut Self {
        let node = Node::new("Add", name).inputs([&self.top(), tensor]);
        self.push("Add", name, node)
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

    /// Adds the classifier of a network that ends with a dense layer: the mean over each channel as `pooled`, then `logits` and
    /// `probabilities`, both `[n, classes]`.
    pub(crate) fn dense_classifier(
        &mut self,
        pooled: &str,
        (matrix, bias): (&str, &str),
        logits: &str,
        probabilities: &str,
    ) -> Result<&mut Self, ZooError> {
        let weights = self.weights.matrix(matrix)?;
        let bias = self.per_filter(bias, weights.nrows())?;
        let node = Node::new("GlobalAveragePool", pooled).inputs([self.top()]);
        self.push("GlobalAveragePool", pooled, node);
        let node = Node::new("Flatten", "flat").inputs([pooled]).int("axis", 1);
        self.push("Flatten", "flat", node);
        let names = [format!("{logits}.weight"), format!("{logits}.bias")];
        self.builder.weight(&names[0], &weights).weight(&names[1], &bias);
        let node = Node::new("Gemm", logits).inputs(["flat", &names[0], &names[1]]).int("transB", 1);
        self.push("Gemm", logits, node);
        let node = Node::new("Softmax", probabilities).inputs([logits]).int("axis", 1);
        Ok(self.push("Softmax", probabilities, node))
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
