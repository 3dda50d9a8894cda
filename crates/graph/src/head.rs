//! The new head of a network, which is put on a trunk and trained on the user's classes.
//!
//! ```text
//! trunk [n, 256, 6, 6] -> (average pool ->) flatten -> features [n, 9216]
//!   -> dropout -> dense (-> relu -> dropout -> dense)* -> softmax -> probabilities [n, classes]
//! ```
//! The names of the dense layers are those of `AlexNet`, counted down from the last: `fc8`, `fc7`, `fc6`, …
//!
//! The names in this module are those of a head alone. On a trunk that has a tensor of the same name, the head's tensor gets
//! the prefix `head/` ([`Head::on`]). Callers therefore take the names from [`OnTrunk`].

use ndarray::{Array1, Array2};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::builder::{Builder, Node};
use crate::onnx::NodeProto;
use crate::{Error, Model};

/// The most weights of a head: 1 GiB. The files of the training cannot hold twice as many.
const MOST_WEIGHTS: usize = 1 << 28;
/// The tensor between trunk and head, `[n, d]`, unless the trunk has a tensor of this name.
pub const FEATURES: &str = "features";
/// The output of the last dense layer, which the softmax reads: `[n, classes]`.
pub const LOGITS: &str = "fc8";
/// The output of the model: `[n, classes]`. Each row sums to 1.
pub const PROBABILITIES: &str = "probabilities";
/// The number in the name [`LOGITS`].
const LAST: usize = 8;

/// A reduction of the spatial axes of the trunk's output before the head.
///
/// The serialized form is the value of `features.pool` in the description of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Keeps all values: `[n, c, h, w]` becomes `[n, c * h * w]`.
    None,
    /// Takes the mean of each channel: `[n, c, h, w]` becomes `[n, c]`.
    Average,
}

/// Returns the model that computes the features from an image: the trunk up to its tensor `layer`, then pooling and
/// flattening. Its one output is [`FEATURES`], or a name with a prefix where the trunk has that name already.
///
/// # Errors
/// Returns an error for an unknown tensor, and when its size per image is not known.
pub fn features(trunk: &Model, layer: &str, pooling: Pooling) -> Result<Model, Error> {
    let trunk = trunk.cut(layer)?;
    let shape = trunk.shapes().per_item(layer).ok_or_else(|| Error::Tensor {
        model: trunk.label().to_owned(),
        tensor: layer.to_owned(),
        reason: "its size depends on the size of the input, which the model leaves open, so it cannot have a head"
            .to_owned(),
    })?;
    let mut neck = Builder::new(FEATURES);
    neck.batch_input(layer, &shape);
    let mut top = layer.to_owned();
    if pooling == Pooling::Average && shape.len() > 1 {
        top = format!("{layer}.average");
        neck.node(Node::new("GlobalAveragePool", &top).inputs([layer]));
    }
    neck.node(Node::new("Flatten", FEATURES).inputs([top]).int("axis", 1));
    trunk.append(&neck.finish(&[FEATURES])?.onto(&trunk)?)
}

/// A head with the names that it has on one trunk.
#[derive(Clone, Debug)]
pub struct OnTrunk {
    /// The head: from the one output of the trunk to [`OnTrunk::logits`] and [`OnTrunk::probabilities`].
    pub model: Model,
    /// Name of the output of the last dense layer: [`LOGITS`], unless the trunk has that name.
    pub logits: String,
    /// Name of the output: [`PROBABILITIES`], unless the trunk has that name.
    pub probabilities: String,
}

/// The sizes of a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of [`FEATURES`] of one image.
    pub features: usize,
    /// Sizes of the hidden dense layers, first to last, at most 7. Empty for a head of one dense layer.
    pub hidden: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
}

impl Head {
    /// Builds the head as [`Head::build`] does, with names that `trunk` does not have. `trunk` is a result of [`features`].
    ///
    /// # Errors
    /// The same as those of [`Head::build`], and an error when `trunk` does not have exactly one output.
    pub fn on(&self, trunk: &Model, rng: &mut impl Rng) -> Result<OnTrunk, Error> {
        let model = self.build(rng)?.onto(trunk)?;
        let last = model.nodes().last();
        let name = |names: fn(&NodeProto) -> &[String]| last.and_then(|node| names(node).first()).cloned();
        let (logits, probabilities) = (name(|node| &node.input), name(|node| &node.output));
        Ok(OnTrunk { logits: logits.unwrap_or_default(), probabilities: probabilities.unwrap_or_default(), model })
    }

    /// Builds the head with random weights: from [`FEATURES`] to [`LOGITS`] and [`PROBABILITIES`].
    ///
    /// The weights are `<layer>.weight` `[out, in]` and `<layer>.bias` `[out]`. A layer in front of a `ReLU` is normally
    /// distributed with variance `2 / in` (He et al. 2015), the last layer with variance `1 / in`. Biases are zero. A
    /// training replaces the `Dropout` nodes `<layer>.dropout` by masks, and [`Model::without_dropout`] removes them.
    ///
    /// # Errors
    /// Returns an error for a size of 0, for more than 7 hidden layers, and for more than 2^28 weights.
    pub fn build(&self, rng: &mut impl Rng) -> Result<Model, Error> {
        let Self { features, hidden, classes } = self;
        let sizes: Vec<usize> = [*features].into_iter().chain(hidden.iter().copied()).chain([*classes]).collect();
        if hidden.len() >= LAST || sizes.contains(&0) {
            let reason = format!("its layers would have the sizes {sizes:?}: at most 9, each at least 1");
            return Err(Error::Unsuitable { model: "head".to_owned(), reason });
        }
        let weights = sizes.windows(2).map(|pair| pair[0].saturating_mul(pair[1]));
        let weights = weights.fold(0_usize, usize::saturating_add);
        if weights > MOST_WEIGHTS {
            let reason = format!(
                "layers of the sizes {sizes:?} have {weights} weights, and a training can store at most {MOST_WEIGHTS}"
            );
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
