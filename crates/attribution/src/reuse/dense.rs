//! The dense layers above the cut, over many windows at once.
//!
//! They mostly read what a rectifier let through, and windows that lie side by side leave the same values 0.

use std::sync::atomic::{AtomicUsize, Ordering};

use graph::Model;
use kernels::{LANES, Lanes, Matrices, Sparse, Threads};
use ndarray::{Array2, Array4, ArrayD, Axis};

use super::plan;
use super::transforms::load;

/// Dense layers one behind the other; perhaps none.
#[derive(Debug)]
pub(crate) struct Dense {
    layers: Vec<Layer>,
    output: String,
}

#[derive(Debug)]
struct Layer {
    inputs: usize,
    outputs: usize,
    /// One, `[inputs, outputs]`.
    matrix: Matrices,
    /// By groups of outputs.
    bias: Vec<Lanes>,
    relu: bool,
}

impl Dense {
    /// The dense layers at the bottom of `model`, which computes `outputs` from `input`, and what is left above them:
    /// all that lie below every output, or none where they are not `wanted`.
    pub(super) fn split(model: Model, input: &str, outputs: &[&str], wanted: bool) -> (Self, Model) {
        let mut found = if wanted { model.dense_above(input) } else { Vec::new() };
        while let Some(last) = found.last() {
            let between = !outputs.contains(&last.output.as_str());
            if let (true, Some(above)) = (between, plan::above(&model, &last.output, outputs)) {
                let output = last.output.clone();
                return (Self { layers: found.iter().map(Layer::new).collect(), output }, above);
            }
            found.pop();
        }
        (Self { layers: Vec::new(), output: input.to_owned() }, model)
    }

    /// Name of what the last one computes; of what they would read where there is none.
    pub(crate) fn output(&self) -> &str {
        &self.output
    }

    /// What they make of `batch`, `[n, channels, height, width]`: `[n, outputs]`, or the batch itself where there is none.
    /// A row has the same bits in any batch and with any number of threads.
    pub(crate) fn run(&self, batch: Array4<f32>, threads: usize) -> ArrayD<f32> {
        let (Some(first), Some(last), Some(flat)) = (self.layers.first(), self.layers.last(), batch.as_slice()) else {
            return batch.into_dyn();
        };
        let (count, threads) = (batch.len_of(Axis(0)), Scoped(threads));
        let read = |row: usize, group: usize| {
            let row = &flat[row * first.inputs..][..first.inputs];
            load(&row[group * LANES..first.inputs.min((group + 1) * LANES)])
        };
        let mut rows = Sparse::new(count, first.inputs, read, &threads);
        let mut values = first.run(&rows, count, &threads);
        for (below, layer) in self.layers.iter().zip(&self.layers[1..]) {
            rows = Sparse::new(count, layer.inputs, |row, group| below.bent(values[group * count + row]), &threads);
            values = layer.run(&rows, count, &threads);
        }
        let value = |(row, at): (usize, usize)| last.bent(values[at / LANES * count + row])[at % LANES];
        Array2::from_shape_fn((count, last.outputs), value).into_dyn()
    }
}

impl Layer {
    fn new(dense: &graph::Dense) -> Self {
        let (outputs, inputs) = dense.weights.dim();
        let matrix = Matrices::new(1, [inputs, outputs], |input, output, value| {
            value[0] = dense.weights[[output, input]];
        });
        let bias: Vec<f32> = dense.bias.to_vec();
        let bias = bias.chunks(LANES).map(load).collect();
        Self { inputs, outputs, matrix, bias, relu: dense.relu }
    }

    /// What it gives before it is rectified, `[groups of outputs, rows]`.
    fn run(&self, rows: &Sparse, count: usize, threads: &Scoped) -> Vec<Lanes> {
        let mut sums: Vec<Lanes> = self.bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, count)).collect();
        self.matrix.multiply_sparse(0, rows, &mut sums, threads);
        sums
    }

    fn bent(&self, lanes: Lanes) -> Lanes {
        if self.relu { lanes.map(|value| if value < 0.0 { 0.0 } else { value }) } else { lanes }
    }
}

/// So many threads, for as long as one piece of work takes.
struct Scoped(usize);

impl Threads for Scoped {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        let run = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    return;
                }
                work(at);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.0.min(count) {
                scope.spawn(run);
            }
            run();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graph::builder::{Builder, Node};

    #[test]
    fn all_layers_below_every_output_are_taken() {
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
            let (dense, above) = Dense::split(model.cut_many(outputs).unwrap(), "input", outputs, true);
            assert_eq!((dense.output(), above.inputs()), (expected, vec![expected]), "{outputs:?}");
        }
        assert_eq!(Dense::split(model, "input", &["end"], false).0.output(), "input", "not wanted");
    }
}
