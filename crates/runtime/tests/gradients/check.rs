//! Compares gradients with finite differences.

use graph::builder::{Builder, Node};
use graph::onnx::tensor_proto::DataType;
use graph::{Dim, Model, backward};
use ndarray::ArrayD;
use runtime::{Convolutions, Layout, Session};

use super::draw::Draw;

/// Number of drawn cases for each gradient rule.
pub const CASES: u64 = 20;
/// Step of the finite differences. It is small compared with the curvature and large compared with the rounding of `f32`.
const STEP: f64 = 1e-2;
/// Largest allowed relative error.
const TOLERANCE: f64 = 1e-2;
/// Maximum number of values of a tensor that are moved one by one.
const SINGLE: usize = 16;

/// A test case: a model that computes `y`.
pub struct Case {
    net: Builder,
    values: Vec<(String, ArrayD<f32>)>,
    wanted: Vec<String>,
}

impl Case {
    pub fn new() -> Self {
        Self { net: Builder::new("case"), values: Vec::new(), wanted: Vec::new() }
    }

    /// Adds an input with a symbolic batch size. Its gradient is checked.
    pub fn batch(mut self, name: &str, values: ArrayD<f32>) -> Self {
        self.net.batch_input(name, &values.shape()[1..]);
        self.wanted.push(name.to_owned());
        self.values.push((name.to_owned(), values));
        self
    }

    /// Adds an input with fixed sizes. Its gradient is checked.
    pub fn fixed(self, name: &str, values: ArrayD<f32>) -> Self {
        let mut case = self.without(name, values);
        case.wanted.push(name.to_owned());
        case
    }

    /// Adds an input with fixed sizes. Its gradient is not computed.
    pub fn without(mut self, name: &str, values: ArrayD<f32>) -> Self {
        let shape: Vec<Dim> = values.shape().iter().map(|&size| Dim::Size(size)).collect();
        self.net.input(name, DataType::Float, &shape);
        self.values.push((name.to_owned(), values));
        self
    }

    pub fn weight(mut self, name: &str, values: &ArrayD<f32>) -> Self {
        self.net.weight(name, values);
        self
    }

    pub fn integers(mut self, name: &str, values: &[i64]) -> Self {
        self.net.integers(name, values);
        self
    }

    pub fn opset(mut self, version: i64) -> Self {
        self.net.opset(version);
        self
    }

    pub fn node(mut self, node: Node) -> Self {
        self.net.node(node);
        self
    }

    /// Restricts the gradients to these tensors.
    pub fn only(mut self, wanted: &[&str]) -> Self {
        self.wanted = wanted.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Compares the gradient of a random projection of `y` with finite differences, for each wanted tensor: along random
    /// directions near the gradient and along single values.
    pub fn check(self, draw: &mut Draw) {
        let model = self.net.finish(&["y"]).unwrap();
        check(&model, &self.values, &self.wanted, draw);
    }
}

/// Does the same for the output `y` of any model.
pub fn check(model: &Model, values: &[(String, ArrayD<f32>)], wanted: &[String], draw: &mut Draw) {
    crate::common::load();
    let mut forward = Session::new(model, 1).unwrap();
    let names: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let whole = backward(model, "y", &names).unwrap();
    let mut back = Session::new(&whole, 1).unwrap();
    let y = run(&mut forward, values).remove(0).1;
    let counts = draw.values(y.shape());
    let mut given = values.to_vec();
    given.push(("y_grad".to_owned(), counts.clone()));
    let outputs = run(&mut back, &given);
    assert!(close(&outputs[0].1, &y), "the forward part computes the same output");
    let own = runtime::with_own_operators(&whole, Convolutions::Own).unwrap();
    let own = run(&mut Session::with_own_operators(&own, 1, Layout::Plain).unwrap(), &given);
    for ((name, expected), (_, own)) in outputs.iter().zip(&own) {
        assert!(close(own, expected), "{name}: {own} by our own convolutions, {expected} by ONNX Runtime\n{model:?}");
    }
    for (tensor, (output, gradient)) in wanted.iter().zip(&outputs[1..]) {
        assert_eq!(*output, format!("{tensor}_grad"));
        let place = values.iter().position(|(name, _)| name == tensor).unwrap();
        assert_eq!(gradient.shape(), values[place].1.shape(), "{tensor}");
        let mut slope = |direction: &ArrayD<f64>| {
            let mut at = |side: f64| {
                let mut moved = values.to_vec();
                moved[place].1.zip_mut_with(direction, |value, along| {
                    *value = (f64::from(*value) + side * STEP * along) as f32;
                });
                let y = run(&mut forward, &moved).remove(0).1;
                y.iter().zip(&counts).map(|(y, count)| f64::from(*y) * f64::from(*count)).sum::<f64>()
            };
            (at(1.0) - at(-1.0)) / (2.0 * STEP)
        };
        let own = gradient.mapv(f64::from);
        let length = own.iter().map(|value| value * value).sum::<f64>().sqrt();
        assert!(length.is_finite(), "{tensor}: {gradient}");
        if length > 1e-4 {
            for _ in 0..2 {
                let aside = draw.values(own.shape()).mapv(f64::from);
                let norm = aside.iter().map(|value| value * value).sum::<f64>().sqrt();
                let direction = &own / length + aside * (0.7 / norm.max(1e-9));
                let (measured, computed) = (slope(&direction), (&own * &direction).sum());
                let error = (measured - computed).abs() / computed.abs();
                assert!(error < TOLERANCE, "{tensor}: finite difference {measured}, gradient {computed}\n{model:?}");
            }
        }
        let largest = own.iter().fold(0.1_f64, |largest, value| largest.max(value.abs()));
        for _ in 0..SINGLE.min(own.len()) {
            let single = draw.size(0, own.len() - 1);
            let mut direction = ArrayD::zeros(own.raw_dim());
            *direction.iter_mut().nth(single).unwrap() = 1.0;
            let (measured, computed) = (slope(&direction), *own.iter().nth(single).unwrap());
            let error = (measured - computed).abs() / largest;
            assert!(error < TOLERANCE, "{tensor}, value {single}: finite difference {measured}, gradient {computed}");
        }
    }
}

fn close(a: &ArrayD<f32>, b: &ArrayD<f32>) -> bool {
    a.shape() == b.shape() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-4 * b.abs().max(1.0))
}

fn run(session: &mut Session, values: &[(String, ArrayD<f32>)]) -> Vec<(String, ArrayD<f32>)> {
    let taken: Vec<String> = session.input_names().into_iter().map(str::to_owned).collect();
    let given: Vec<_> = values
        .iter()
        .filter(|(name, _)| taken.contains(name))
        .map(|(name, values)| (name.as_str(), values.view()))
        .collect();
    session.run(&given).unwrap()
}

/// Runs the body of a test for each drawn case.
pub fn each(seed: u64, body: impl Fn(&mut Draw)) {
    (0..CASES).for_each(|case| body(&mut Draw::new(1000 * seed + case)));
}
