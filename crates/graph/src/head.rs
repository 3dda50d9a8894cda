//! The new head: what is put on a frozen trunk and trained on the user's classes.
//!
//! ```text
//! trunk [n, 256, 6, 6] -> (average pool ->) flatten -> features [n, 9216]
//!   -> dropout -> dense (-> relu -> dropout -> dense)* -> softmax -> probabilities [n, classes]
//! ```
//! The dense layers are called as in `AlexNet`, counted down from the last: `fc8`, `fc7`, `fc6`, …

use ndarray::{Array1, Array2};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::builder::{Builder, Node};
use crate::{Error, Model};

/// The tensor that joins trunk and head: `[n, d]`.
pub const FEATURES: &str = "features";
/// The head's last dense layer, whose output the softmax takes: `[n, classes]`.
pub const LOGITS: &str = "fc8";
/// The model's output: `[n, classes]`, each row sums to 1.
pub const PROBABILITIES: &str = "probabilities";
/// The number in [`LOGITS`].
const LAST: usize = 8;

/// How the trunk's output becomes a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// All values as they are: `[n, c, h, w]` -> `[n, c * h * w]`.
    None,
    /// The mean of each map: `[n, c, h, w]` -> `[n, c]`.
    Average,
}

/// Puts the step between trunk and head on a trunk: the model that computes [`FEATURES`] from a picture, by way of the
/// trunk's tensor `layer`.
pub fn features(trunk: &Model, layer: &str, pool: Pool) -> Result<Model, Error> {
    let trunk = trunk.cut(layer)?;
    let shape = trunk.shapes().per_item(layer).ok_or_else(|| Error::Tensor {
        model: trunk.label().to_owned(),
        tensor: layer.to_owned(),
        reason: "its size depends on the input's, which the model leaves open; no head can be put on it".to_owned(),
    })?;
    let mut neck = Builder::new(FEATURES);
    neck.batch_input(layer, &shape);
    let mut top = layer.to_owned();
    if pool == Pool::Average && shape.len() > 1 {
        top = format!("{layer}.average");
        neck.node(Node::new("GlobalAveragePool", &top).inputs([layer]));
    }
    neck.node(Node::new("Flatten", FEATURES).inputs([top]).int("axis", 1));
    trunk.append(&neck.finish(&[FEATURES])?)
}

/// A head that is to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Values of one picture's [`FEATURES`].
    pub features: usize,
    /// Sizes of the hidden dense layers, first to last; none for a single dense layer. At most 7.
    pub hidden: Vec<usize>,
    /// How many classes there are.
    pub classes: usize,
}

impl Head {
    /// Builds the head with fresh weights: from [`FEATURES`] to [`LOGITS`] and [`PROBABILITIES`].
    ///
    /// Weights are `<layer>.weight` `[out, in]` and `<layer>.bias` `[out]`. A layer before a `ReLU` is drawn He-normal,
    /// of variance `2 / in`, the last one of variance `1 / in`; biases are zero. The `Dropout` nodes, `<layer>.dropout`,
    /// are there to be replaced by masks in training; [`Model::without_dropout`] takes them out.
    pub fn build(&self, rng: &mut impl Rng) -> Result<Model, Error> {
        let Self { features, hidden, classes } = self;
        let sizes: Vec<usize> = [*features].into_iter().chain(hidden.iter().copied()).chain([*classes]).collect();
        if hidden.len() >= LAST || sizes.contains(&0) {
            let reason = format!("its layers would have the sizes {sizes:?}: at most 9, each at least 1");
            return Err(Error::Unsuitable { model: "head".to_owned(), reason });
        }
        let mut head = Builder::new("head");
        head.batch_input(FEATURES, &[*features]);
        let mut top = FEATURES.to_owned();
        for (place, size) in sizes.windows(2).enumerate() {
            let [inputs, outputs] = [size[0], size[1]];
            let number = LAST - hidden.len() + place;
            let layer = format!("fc{number}");
            let [dropped, weight, bias] = ["dropout", "weight", "bias"].map(|part| format!("{layer}.{part}"));
            let gain: f32 = if number == LAST { 1.0 } else { 2.0 };
            let deviation = (gain / inputs as f32).sqrt();
            let drawn = Array2::from_shape_simple_fn((outputs, inputs), || {
                let normal: f32 = StandardNormal.sample(rng);
                normal * deviation
            });
            head.weight(&weight, &drawn).weight(&bias, &Array1::<f32>::zeros(outputs));
            head.node(Node::new("Dropout", &dropped).inputs([&top]));
            head.node(Node::new("Gemm", &layer).inputs([&dropped, &weight, &bias]).int("transB", 1));
            top = layer;
            if number != LAST {
                let relu = format!("relu{number}");
                head.node(Node::new("Relu", &relu).inputs([&top]));
                top = relu;
            }
        }
        head.node(Node::new("Softmax", PROBABILITIES).inputs([LOGITS]).int("axis", 1));
        head.finish(&[PROBABILITIES])
    }
}
