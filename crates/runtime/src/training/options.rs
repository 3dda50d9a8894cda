//! What to train, and how.

use std::collections::BTreeMap;

use crate::rewrite::Convolutions;

/// What is to be trained, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The tensor `[n, classes]` whose softmax is the probabilities.
    pub logits: String,
    /// The weights to train; the others stay as they are. `None` for all, without statistics of normalization layers
    /// and settings of operators, which are never trained.
    pub trained: Option<Vec<String>>,
    /// The share of each sample's target that is spread evenly over all classes, in `[0, 1)` (Szegedy et al. 2016,
    /// section 7). 0 for none. The eval model's loss has none.
    pub label_smoothing: f32,
    /// How much the samples of each class count, above 0: the loss is the weighted mean. `None` for all the same. The
    /// eval model's loss is the plain mean.
    pub class_weights: Option<Vec<f32>>,
    /// The optimizer.
    pub optimizer: AdamW,
    /// What share of the learning rate a trained weight has, by its name, at least 0: discriminative fine-tuning (Howard
    /// and Ruder 2018, section 3.2). 1 for those that are not here.
    pub rates: BTreeMap<String, f32>,
    /// Who computes the convolutions of both models, and their gradients.
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

/// Settings of the `AdamW` optimizer (Loshchilov and Hutter 2019, algorithm 2, as `PyTorch` has it). The learning rate is
/// not among them: it is fed in at every step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// How slowly the mean of the gradients forgets, in `[0, 1)`.
    pub beta1: f32,
    /// How slowly the mean of their squares forgets, in `[0, 1)`.
    pub beta2: f32,
    /// Added to the divisor against division by zero.
    pub eps: f32,
    /// The share of each weight that a step of learning rate 1 takes off it.
    pub weight_decay: f32,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, eps: 1e-6, weight_decay: 0.01 }
    }
}
