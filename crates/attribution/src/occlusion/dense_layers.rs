//! The dense layers above the cut, computed for many windows at once.
//!
//! Their inputs have mostly been through a rectifier. Neighbouring windows leave the same inputs zero, so whole blocks of windows share
//! their zeros ([`BlockSparse`]).

use graph::Model;
use kernels::{BlockSparse, LANES, Lanes, PackedMatrices, padded_lanes};
use ndarray::{Array2, Array4, ArrayD, Axis};

use super::cut::above;
use super::threads::ScopedThreads;

/// A chain of dense layers. It may be empty.
#[derive(Debug)]
pub(super) struct DenseLayers {
    layers: Vec<Layer>,
    output: String,
}

#[derive(Debug)]
struct Layer {
    inputs: usize,
    outputs: usize,
    /// One matrix, `[inputs, outputs]`.
    matrix: PackedMatrices,
    /// By groups of [`LANES`] outputs.
    bias: Vec<Lanes>,
    relu: bool,
}

impl DenseLayers {
    /// Splits `model`, which computes `outputs` from `input`, into the dense layers at its bottom and the network above them. Layers that
    /// do not lie below every output belong to the network above. If `wanted` is false, all layers belong to it.
    pub(super) fn split(model: Model, input: &str, outputs: &[&str], wanted: bool) -> (Self, Model) {
        let mut found = if wanted { model.dense_above(input) } else { Vec::new() };
        while let Some(last) = found.last() {
            let between = !outputs.contains(&last.output.as_str());
            if let (true, Some(above)) = (between, above(&model, &last.output, outputs)) {
                let output = last.output.clone();
                return (Self { layers: found.iter().map(Layer::new).collect(), output }, above);
            }
            found.pop();
        }
        (Self { layers: Vec::new(), output: input.to_owned() }, model)
    }

    /// Returns the name of the output of the last layer, or of the input if there is no layer.
    pub(super) fn output(&self) -> &str {
        &self.output
    }

    /// Computes the layers for `batch`, `[n, channels, height, width]`. Returns `[n, outputs]`, or the batch itself if there is no layer.
    /// A row has the same bits in every batch and with any number of threads.
    pub(super) fn run(&self, batch: Array4<f32>, threads: usize) -> ArrayD<f32> {
        let (Some(first), Some(last), Some(flat)) = (self.layers.first(), self.layers.last(), batch.as_slice()) else {
            return batch.into_dyn();
        };
        let (count, threads) = (batch.len_of(Axis(0)), ScopedThreads(threads));
        let read = |row: usize, group: usize| {
            let row = &flat[row * first.inputs..][..first.inputs];
            padded_lanes(&row[group * LANES..first.inputs.min((group + 1) * LANES)])
        };
        let mut rows = BlockSparse::new(count, first.inputs, read, &threads);
        let mut values = first.run(&rows, count, &threads);
        for (below, layer) in self.layers.iter().zip(&self.layers[1..]) {
            let read = |row, group| below.rectified(values[group * count + row]);
            rows = BlockSparse::new(count, layer.inputs, read, &threads);
            values = layer.run(&rows, count, &threads);
        }
        let value = |(row, at): (usize, usize)| last.rectified(values[at / LANES * count + row])[at % LANES];
        Array2::from_shape_fn((count, last.outputs), value).into_dyn()
    }
}

impl Layer {
    fn new(dense: &graph::Dense) -> Self {
        let (outputs, inputs) = dense.weights.dim();
        let matrix = PackedMatrices::new(1, [inputs, outputs], |input, output, value| {
            value[0] = dense.weights[[output, input]];
        });
        let bias: Vec<f32> = dense.bias.to_vec();
        let bias = bias.chunks(LANES).map(padded_lanes).collect();
        Self { inputs, outputs, matrix, bias, relu: dense.relu }
    }

    /// Returns the sums before the rectifier, `[groups of outputs, rows]`.
    fn run(&self, rows: &BlockSparse, count: usize, threads: &ScopedThreads) -> Vec<Lanes> {
        let mut sums: Vec<Lanes> = self.bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, count)).collect();
        self.matrix.multiply_block_sparse(0, rows, &mut sums, threads);
        sums
    }

    /// Applies the rectifier, if the layer has one.
    fn rectified(&self, lanes: Lanes) -> Lanes {
        if self.relu { lanes.map(|value| if value < 0.0 { 0.0 } else { value }) } else { lanes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::builder::{Builder, Node};

    #[test]
    fn layers_that_all_outputs_depend_on_are_kept() {
        let mut net = Builder::new("made up");
        net.batch_input("input", &[2, 1, 1]);
        net.node(Node::new("Flatten", "flat").inputs(["input"]));
        let mut top = "flat";
        for (name, relu) in [("fc6", "relu6"), ("fc7", "relu7")] {
            let weight = format!("{name}.w");
            net.weight(&weight, &Array2::<f32>::eye(2));
            net.node(Node::new("Gemm", name).inputs([top, &weight])).node(Node::new("Relu", relu).inputs([name]));
            top = relu;
        }
        net.node(Node::new("Softmax", "end").inputs([top]).int("axis", 1));
        let model = net.finish(&["fc6", "relu6", "fc7", "relu7", "end"]).unwrap();
        for (outputs, expected) in [
            (&["end"][..], "relu7"),
            (&["relu7", "end"], "relu6"),
            (&["fc7", "end"], "relu6"),
            (&["relu6", "end"], "input"),
        ] {
            let (dense, above) = DenseLayers::split(model.cut_many(outputs).unwrap(), "input", outputs, true);
            assert_eq!((dense.output(), above.inputs()), (expected, vec![expected]), "{outputs:?}");
        }
        assert_eq!(DenseLayers::split(model, "input", &["end"], false).0.output(), "input", "not wanted");
    }
}
