//! The options of a training: the trained weights and the settings.

use std::collections::BTreeMap;

use crate::rewrite::Convolutions;

/// The trained weights and the settings of a training.
#[derive(Clone, Debug)]
pub struct Options {
    /// The tensor `[n, classes]` whose softmax is the probabilities.
    pub logits: String,
    /// Names of the weights to train. `None` stands for all. Statistics of normalization layers and settings of operators are
    /// never trained.
    pub trained: Option<Vec<String>>,
    /// Label smoothing: the share of each target that is spread evenly over all classes, in `[0, 1)` (Szegedy et al. 2016,
    /// section 7). The eval model's loss has none.
    pub label_smoothing: f32,
    /// The weight of each class in the loss, above 0: the loss is the weighted mean over the items. `None` stands for equal
    /// weights. The eval model's loss is the plain mean.
    pub class_weights: Option<Vec<f32>>,
    /// The optimizer.
    pub optimizer: AdamW,
    /// Factors of the learning rate by the name of the weight, at least 0 (discriminative fine-tuning, Howard and Ruder 2018,
    /// section 3.2). Weights that are not listed have the factor 1.
    pub rates: BTreeMap<String, f32>,
    /// Which convolutions of both models, and which of their gradients, our own operators compute.
    pub convolutions: Convolutions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            logits: graph::head::LOGITS.to_owned(),
            trained: None,
            label_smoothing: 0.0,
            class_weights: None,
            optimizer: AdamW::default(),
            rates: BTreeMap::new(),
            convolutions: Convolutions::default(),
        }
    }
}

/// Settings of the `AdamW` optimizer (Loshchilov and Hutter 2019, algorithm 2, as in `PyTorch`). The learning rate is an input
/// of every step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Decay rate of the mean of the gradients, in `[0, 1)`.
    pub beta1: f32,
    /// Decay rate of the mean of their squares, in `[0, 1)`.
    pub beta2: f32,
    /// Constant that is added to the divisor, against division by zero.
    pub eps: f32,
    /// Weight decay: the share of each weight that a step with a learning rate of 1 subtracts.
    pub weight_decay: f32,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-6, weight_decay: 0.01 }
    }
}
