//! `[train]`: how the network is tuned. `pipeline.toml` at the root explains each key.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// `[train]`: how the network is tuned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Train {
    /// Tuning depths, each of them tried: `head`, `fc8`, …, `all`, or a layer's name. One alone may be written
    /// without the list.
    #[serde(deserialize_with = "one_or_more")]
    pub tune: Vec<String>,
    /// Pictures in one step.
    pub batch_size: usize,
    /// Epochs after which a trial ends in any case.
    pub max_epochs: usize,
    /// Whose weights a trial keeps.
    pub keep: Keep,
    /// Early stopping: epochs without a better validation loss before a trial ends; with [`Keep::Best`] alone.
    pub patience: usize,
    /// How the learning rate runs from the first step to the last of `max_epochs`.
    pub schedule: Schedule,
    /// Share of all steps, in [0, 1], over which the rate first rises from near zero.
    pub warmup: f64,
    /// Share of the learning rate, in [0, 1], that layers below the head have.
    pub trunk_rate: f64,
    /// What a picture counts, by its class.
    pub class_weights: ClassWeights,
    /// Share of the target, in [0, 1), that is spread over all classes evenly.
    pub label_smoothing: f64,
    /// Which trials run to their end.
    pub search: Search,
    /// How an augmented copy of a training picture is made.
    pub augment: Augment,
    /// What is tried: every combination.
    pub sweep: Sweep,
}

/// The epoch whose weights a trial keeps, and by which it is compared with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// That with the least validation loss.
    Best,
    /// The last, which a schedule that falls leads to.
    Last,
}

/// How the learning rate runs over a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// The same in every step.
    Constant,
    /// Falls to zero along half a cosine (Loshchilov & Hutter 2017, without restarts).
    Cosine,
    /// Rises to the rate and falls far below where it began (Smith & Topin 2018).
    OneCycle,
}

/// What a training picture counts in the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeights {
    /// Each the same.
    None,
    /// Pictures of rare classes more, so that all classes together count the same.
    Balanced,
}

/// How the sweep is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Search {
    /// Every trial runs to its end.
    Grid,
    /// Successive halving: after each rung of epochs the better half goes on (Jamieson & Talwalkar 2016).
    Halving,
}

/// `[train.augment]`: how an augmented copy of a training picture is made. 0 turns a step off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Mirrored left to right, every other copy by chance.
    pub flip: bool,
    /// Largest share of the area, in [0, 0.9], that a random crop takes away.
    pub crop: f64,
    /// Largest relative change of brightness, contrast and saturation, in [0, 1].
    pub jitter: f64,
    /// Standard deviation of the colour shift along the principal components, in [0, 1]; `AlexNet` had 0.1.
    pub lighting: f64,
}

/// `[train.sweep]`: the lists whose combinations are the trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sweep {
    /// `AdamW`'s learning rates; with a schedule, the highest of each.
    pub learning_rate: Vec<f64>,
    /// Chance that an input of a dense layer is dropped in training, in [0, 1).
    pub dropout: Vec<f64>,
    /// Sizes of the head's hidden layers; `[]` is a head of one dense layer.
    pub hidden: Vec<Vec<usize>>,
    /// `AdamW`'s decoupled weight decays.
    pub weight_decay: Vec<f64>,
    /// Augmented copies of each training picture beside the original.
    pub copies: Vec<usize>,
}

impl Default for Train {
    fn default() -> Self {
        Self {
            tune: vec!["head".to_owned()],
            batch_size: 32,
            max_epochs: 60,
            keep: Keep::Best,
            patience: 8,
            schedule: Schedule::Constant,
            warmup: 0.0,
            trunk_rate: 1.0,
            class_weights: ClassWeights::None,
            label_smoothing: 0.0,
            search: Search::Grid,
            augment: Augment::default(),
            sweep: Sweep::default(),
        }
    }
}

impl Default for Augment {
    fn default() -> Self {
        Self { flip: true, crop: 0.0, jitter: 0.0, lighting: 0.0 }
    }
}

impl Default for Sweep {
    fn default() -> Self {
        Self {
            learning_rate: vec![0.0003, 0.001],
            dropout: vec![0.0, 0.5],
            hidden: vec![vec![], vec![256]],
            weight_decay: vec![0.01],
            copies: vec![0],
        }
    }
}

/// Reads `"head"` as `["head"]`, so that both are one configuration.
fn one_or_more<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMore;

    impl<'de> Visitor<'de> for OneOrMore {
        type Value = Vec<String>;

        fn expecting(&self, to: &mut fmt::Formatter) -> fmt::Result {
            to.write_str("a tuning depth such as \"head\", or a list of them")
        }

        fn visit_str<E: Error>(self, one: &str) -> Result<Self::Value, E> {
            Ok(vec![one.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(list))
        }
    }

    from.deserialize_any(OneOrMore)
}
