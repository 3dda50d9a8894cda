//! `[train]`.

use pipeline::config::Violation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use super::rule::rule;
use super::tune;

/// How the network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Train {
    /// The deepest layer that is trained, together with all layers above it; or a list of which each is tried. "head" is
    /// the new layers alone. Others are "fc8", "fc78", "fc678", "c5fc678" (or "c5"), "c4fc678" (or "c4"), …, "all", or the
    /// name of any layer of the network.
    #[default(_code = "vec![\"head\".to_owned()]")]
    #[serde(deserialize_with = "tune::one_or_more")]
    #[schemars(schema_with = "tune::schema")]
    pub tune: Vec<String>,
    /// Images in one step.
    #[default = 32]
    #[schemars(range(min = 1, max = 65_536))]
    pub batch_size: usize,
    /// A trial ends after this many epochs at the latest.
    #[default = 60]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_epochs: usize,
    /// The epoch whose weights a trial keeps.
    pub keep: Keep,
    /// A trial stops after this many epochs without a lower validation loss. Not used with `keep = "last"`.
    #[default = 8]
    #[schemars(range(min = 1))]
    pub patience: usize,
    /// How the learning rate changes over `max_epochs`.
    pub schedule: Schedule,
    /// Share of all steps over which the learning rate first rises to its highest value.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub warmup: f64,
    /// Share of the learning rate that the layers below the head get. A lower share preserves what they have learned.
    #[default = 1.0]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub trunk_rate: f64,
    /// Weight of an image in the loss, by its class.
    pub class_weights: ClassWeights,
    /// Share of the target that is spread evenly over all classes.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub label_smoothing: f64,
    /// Which trials run to their end.
    pub search: Search,
    /// How an augmented copy of a training image is made. 0 turns a step off.
    pub augment: Augment,
    /// Every combination of these lists is a trial. The trial with the lowest validation loss is kept.
    pub sweep: Sweep,
}

/// The epoch whose weights a trial keeps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// The epoch with the lowest validation loss.
    #[default]
    Best,
    /// The last epoch. Use it with a schedule that falls: the best epoch of a small split is partly luck.
    Last,
}

/// How the learning rate changes over a trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// The same rate in every step.
    #[default]
    Constant,
    /// Falls to zero along half a cosine (Loshchilov & Hutter 2017, without restarts).
    Cosine,
    /// Rises to the rate, then falls far below its first value (Smith & Topin 2018).
    OneCycle,
}

/// Weight of an image in the loss, by its class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClassWeights {
    /// All images have the same weight.
    #[default]
    None,
    /// All classes have the same total weight, so images of rare classes weigh more.
    Balanced,
}

/// Which trials run to their end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Search {
    /// Every trial runs to its end.
    #[default]
    Grid,
    /// Successive halving: after each rung of epochs, the better half continues (Jamieson & Talwalkar 2016).
    Halving,
}

/// How an augmented copy of a training image is made. 0 turns a step off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Mirrors every other copy from left to right.
    #[default = true]
    pub flip: bool,
    /// Largest share of the area that a random crop removes.
    #[schemars(range(min = 0.0, max = 0.9))]
    pub crop: f64,
    /// Largest relative change of brightness, contrast and saturation.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub jitter: f64,
    /// Standard deviation of the shift along the principal components of colour (Krizhevsky et al. 2012 use 0.1).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub lighting: f64,
}

/// Every combination of these lists is a trial. The trial with the lowest validation loss is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Sweep {
    /// Learning rates of `AdamW`. With a schedule, the highest rate. The limits are those of a 32-bit float.
    #[default(_code = "vec![0.0003, 0.001]")]
    #[schemars(length(min = 1), inner(range(min = 1e-45, max = 3e38)))]
    pub learning_rate: Vec<f64>,
    /// Probability that dropout zeroes an input of a dense layer during training.
    #[default(_code = "vec![0.0, 0.5]")]
    #[schemars(length(min = 1), inner(range(min = 0.0)), transform = items_below_one)]
    pub dropout: Vec<f64>,
    /// Sizes of the hidden layers of the head. `[]` is a head of one dense layer.
    #[default(_code = "vec![vec![], vec![256]]")]
    #[schemars(length(min = 1), inner(length(max = 7), inner(range(min = 1, max = 65_536))))]
    pub hidden: Vec<Vec<usize>>,
    /// Decoupled weight decay of `AdamW`.
    #[default(_code = "vec![0.01]")]
    #[schemars(length(min = 1), inner(range(min = 0.0, max = 3e38)))]
    pub weight_decay: Vec<f64>,
    /// Number of augmented copies of each training image, in addition to the original.
    #[default(_code = "vec![0]")]
    #[schemars(length(min = 1), inner(range(max = 1000)))]
    pub copies: Vec<usize>,
}

/// Limits the items of a list to numbers below 1.
fn items_below_one(schema: &mut schemars::Schema) {
    if let Some(items) = schema.get_mut("items") {
        items["exclusiveMaximum"] = 1.0.into();
    }
}

/// The most weights between two hidden layers. With the gradient and the two moments of `AdamW`, 2^27 weights take 2 GiB.
const MAX_WEIGHTS: usize = 1 << 27;
/// The most hidden layers of a head. Its dense layers are `fc1` to `fc8`, and the last one is not hidden.
const MAX_HIDDEN: usize = 7;
const MAX_TRIALS: usize = 10_000;

impl Train {
    pub(super) fn check(&self) -> Result<(), Violation> {
        let sweep = &self.sweep;
        let fits = |sizes: &Vec<usize>| sizes.windows(2).all(|pair| pair[0] * pair[1] <= MAX_WEIGHTS);
        rule(
            sweep.hidden.iter().all(fits),
            "train.sweep.hidden",
            &format!("lists in which the product of two neighbours is at most {MAX_WEIGHTS}"),
        )?;
        rule(
            sweep.hidden.iter().all(|sizes| sizes.len() <= MAX_HIDDEN),
            "train.sweep.hidden",
            &format!("lists of at most {MAX_HIDDEN} sizes"),
        )?;
        let most = format!("lists with at most {MAX_TRIALS} combinations");
        rule(sweep.combinations() <= MAX_TRIALS, "train.sweep", &most)
    }
}

impl Sweep {
    /// Returns the product of the lengths of all lists.
    fn combinations(&self) -> usize {
        let lists = serde_json::to_value(self).unwrap_or_default();
        let lists =
            lists.as_object().into_iter().flat_map(serde_json::Map::values).filter_map(serde_json::Value::as_array);
        lists.map(Vec::len).fold(1, usize::saturating_mul)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_counts_for_the_number_of_combinations() {
        assert_eq!(Sweep::default().combinations(), 8);
        let two = |dropout, copies| Sweep { dropout, copies, ..Sweep::default() };
        assert_eq!(two(vec![0.0, 0.1, 0.2], vec![0; 5]).combinations(), 2 * 3 * 2 * 5);
        let check = |copies| Train { sweep: two(vec![0.0], copies), ..Train::default() }.check();
        assert!(check(vec![0; 2500]).is_ok() && check(vec![0; 2501]).is_err());
    }
}
