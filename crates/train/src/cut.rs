//! The cut of the network: the trunk below it runs once for each image, the part above it is trained.

use anyhow::{Context, Result};
use contract::config::Weights;
use contract::stages;
use graph::Model;
use graph::head::{self, Head, OnTrunk};
use inference::Trunk;
use pipeline::HintFrom;
use zoo::{Network, ZooError};

use crate::depth::Depth;
use crate::view::Scope;

/// The stage whose random streams draw the weights. `find-lr` draws the same weights as `train`.
const STAGE: &str = stages::TRAIN;

/// The pre-trained network up to the layer that receives the new head.
#[derive(Debug)]
pub(crate) struct Base {
    /// The description of the whole network.
    pub network: Network,
    /// The part from the image `[n, 3, size, size]` to the features `[n, width]`, its one output.
    pub model: Model,
    /// Number of values in the features of one image.
    pub width: usize,
}

impl Base {
    /// Opens the network that the configuration names. With `model.weights = "random"` it draws new weights.
    pub fn open(scope: Scope) -> Result<Self> {
        let (network, path) =
            Network::open(&scope.environment.data, &scope.config.model.network).hint_from(ZooError::advice)?;
        let mut model = network.load(&path).hint_from(ZooError::advice)?;
        if scope.config.model.weights == Weights::Random {
            graph::redraw_weights(&mut model, &mut pipeline::rng(scope.config.seed, STAGE, "random weights"))?;
        }
        let layer = &network.features.layer;
        let model = head::features(&model, layer, network.features.pool)
            .with_context(|| format!("cannot cut {} at {layer}", network.name))?;
        let width = model
            .shapes()
            .per_item(model.outputs()[0])
            .map(|shape| shape.iter().product())
            .with_context(|| format!("{}: the shape of {layer} is not known before it runs", network.name))?;
        Ok(Self { network, model, width })
    }
}

/// A network with a new head, cut for one tuning depth.
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    /// 16 hex digits that identify everything that the features of an image depend on, except the image: the trunk with
    /// its weights, the input transform, ONNX Runtime and our operators, the number of threads, and the batch size.
    pub key: String,
    /// Name of the tensor at the cut.
    pub tensor: String,
    /// Its shape for one image, such as `[256, 13, 13]`.
    pub item: Vec<usize>,
    /// The part from the image to [`Cut::tensor`]. `None` when the cut is at the input.
    pub trunk: Option<Model>,
    /// The part from [`Cut::tensor`] to [`Cut::logits`] and [`Cut::probabilities`], with the weights before the first step.
    pub above: Model,
    /// Name of the tensor `[n, classes]` before the softmax.
    pub logits: String,
    /// Name of the output, `[n, classes]`.
    pub probabilities: String,
    /// Names of the weights that are trained. The other weights of [`Cut::above`] are frozen.
    pub trained: Vec<String>,
    /// Names of the trained weights that belong to the pre-trained network. The other names in [`Cut::trained`] belong to the
    /// head.
    pub below_head: Vec<String>,
}

impl Cut {
    /// Appends a new head with hidden layers of the sizes `hidden` to `base`, and cuts below the deepest layer of `depth`.
    pub fn new(scope: Scope, base: &Base, depth: &Depth, hidden: &[usize], classes: usize) -> Result<Self> {
        let head = Head { features: base.width, hidden: hidden.to_vec(), classes };
        let OnTrunk { model: head, logits, probabilities } = first_weights(scope, base, &head)?;
        let whole = base.model.append(&head)?;
        let deepest = depth.deepest(&whole, base.model.outputs()[0])?;
        let graph::tuning::Cut { tensor, trained } = graph::tuning::split(&whole, &deepest)?;
        let item = whole
            .shapes()
            .per_item(&tensor)
            .with_context(|| format!("{}: the shape of {tensor} is not known before it runs", base.network.name))?;
        let trunk =
            if whole.inputs().contains(&tensor.as_str()) { None } else { Some(whole.cut(&tensor)?.without_dropout()?) };
        let above = whole.above(&tensor, &probabilities)?;
        let key = key(scope, base, trunk.as_ref())?;
        let below_head = trained.iter().filter(|name| base.model.weight(name).is_ok()).cloned().collect();
        Ok(Self { key, tensor, item, trunk, above, logits, probabilities, trained, below_head })
    }

    /// Returns [`Cut::trunk`] with our own operators, as [`Trunk::open`] runs it.
    pub fn running_trunk(&self) -> Result<Option<Model>> {
        Ok(self.trunk.as_ref().map(Trunk::rewrite).transpose()?)
    }

    /// Joins the trunk and `above`, which is [`Cut::above`] with other weights.
    pub fn join(&self, above: &Model) -> Result<Model> {
        Ok(match &self.trunk {
            Some(trunk) => trunk.append(above)?,
            None => above.clone(),
        })
    }
}

/// Returns the head on `base` before its first step. Its last layer is zero, so all classes have the same probability.
///
/// Random weights would add noise along thousands of directions of the features. A few hundred images say nothing about
/// most of these directions, so training would never remove the noise.
fn first_weights(scope: Scope, base: &Base, head: &Head) -> Result<OnTrunk> {
    let mut head = head.on(&base.model, &mut pipeline::rng(scope.config.seed, STAGE, "first weights"))?;
    let last = head.model.nodes().iter().find(|node| node.output.contains(&head.logits));
    let last = last.and_then(|node| graph::node::input(node, 1)).context("the head has no last layer")?.to_owned();
    let zeros = head.model.weight(&last)?.mapv(|_| 0.0);
    head.model.set_weight(&last, &zeros)?;
    Ok(head)
}

fn key(scope: Scope, base: &Base, trunk: Option<&Model>) -> Result<String> {
    let mut hasher = blake3::Hasher::new_derive_key("tunescope values at a cut");
    match trunk {
        Some(trunk) => {
            let trunk = Trunk::rewrite(trunk)?;
            hasher.update(&trunk.to_bytes());
            hasher.update(&runtime::OPERATORS.to_le_bytes());
            hasher.update(&(Trunk::batch_of(&trunk) as u64).to_le_bytes());
            hasher.update(serde_json::to_string(&base.network.input)?.as_bytes());
            hasher.update(runtime::identity(&scope.environment.data)?.as_bytes());
            hasher.update(&(scope.environment.thread_count() as u64).to_le_bytes());
        }
        // The cache holds pixels. They are transformed when they are read.
        None => {
            hasher.update(&u64::from(base.network.input.size).to_le_bytes());
        }
    }
    Ok(hasher.finalize().to_hex()[..16].to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::view::Setting;

    fn base(network: &str) -> (Setting, Base) {
        let setting = Setting::new(network, 1);
        let base = Base::open(setting.scope()).unwrap();
        (setting, base)
    }

    fn layers(names: &[&str]) -> BTreeSet<String> {
        names.iter().flat_map(|name| ["weight", "bias"].map(|part| format!("{name}.{part}"))).collect()
    }

    fn has_own_operators(model: &Model) -> bool {
        model.nodes().iter().any(|node| node.domain() == "tunescope")
    }

    /// Cuts a network and checks the properties that every cut has. Returns the cut and the names of its trained weights.
    fn cut(network: &str, depth: &str, hidden: &[usize]) -> (Cut, BTreeSet<String>) {
        let (config, base) = base(network);
        let depth = Depth::parse(depth, &base.network, hidden.len()).unwrap();
        let cut = Cut::new(config.scope(), &base, &depth, hidden, 3).unwrap();
        assert_eq!(cut.above.inputs(), [&cut.tensor]);
        assert_eq!(cut.above.shapes().per_item(&cut.tensor).as_ref(), Some(&cut.item));
        assert_eq!(cut.above.shapes().per_item(&cut.logits), Some(vec![3]));
        if let Some(trunk) = &cut.trunk {
            assert_eq!(trunk.outputs(), [&cut.tensor]);
            for name in &cut.trained {
                assert!(trunk.weight(name).is_err(), "{name} is trained and lies below the cut");
            }
        }
        for name in &cut.trained {
            cut.above.weight(name).unwrap();
        }
        let joined = cut.join(&cut.above.without_dropout().unwrap()).unwrap();
        let head = Head { features: base.width, hidden: hidden.to_vec(), classes: 3 };
        let head = first_weights(config.scope(), &base, &head).unwrap().model;
        let whole = base.model.append(&head).unwrap().without_dropout().unwrap();
        assert_eq!(joined.tensors(), whole.tensors());
        assert!(!has_own_operators(&joined), "what is saved is for everybody's runtime");
        assert_eq!(joined.weights().unwrap().len(), whole.weights().unwrap().len());
        let is_head = |name: &&String| head.weight(name).is_ok();
        assert_eq!(cut.below_head, cut.trained.iter().filter(|name| !is_head(name)).cloned().collect::<Vec<_>>());
        let trained = cut.trained.iter().cloned().collect();
        (cut, trained)
    }

    #[test]
    fn alexnet_is_cut_below_the_deepest_trained_layer() {
        let convolutions = ["conv1", "conv2", "conv3", "conv4", "conv5"];
        for (depth, hidden, tensor, item, trained) in [
            ("head", vec![], "features", vec![9216], vec!["fc8"]),
            ("head", vec![8, 4], "features", vec![9216], vec!["fc6", "fc7", "fc8"]),
            ("fc8", vec![8, 4], "relu7", vec![4], vec!["fc8"]),
            ("fc78", vec![8, 4], "relu6", vec![8], vec!["fc7", "fc8"]),
            ("fc678", vec![8, 4], "features", vec![9216], vec!["fc6", "fc7", "fc8"]),
            ("c5", vec![], "relu4", vec![256, 13, 13], vec!["conv5", "fc8"]),
            ("relu4", vec![], "relu4", vec![256, 13, 13], vec!["conv5", "fc8"]),
            ("c4fc678", vec![], "relu3", vec![384, 13, 13], vec!["conv4", "conv5", "fc8"]),
            ("conv2", vec![], "pool1", vec![64, 27, 27], [&convolutions[1..], &["fc8"]].concat()),
            ("all", vec![], "input", vec![3, 224, 224], [&convolutions[..], &["fc8"]].concat()),
        ] {
            let (cut, found) = cut("alexnet", depth, &hidden);
            assert_eq!((cut.tensor.as_str(), &cut.item), (tensor, &item), "{depth}");
            assert_eq!(found, layers(&trained), "{depth}");
            assert_eq!(cut.trunk.is_none(), depth == "all");
            if let Some(running) = cut.running_trunk().unwrap() {
                assert!(has_own_operators(&running), "{depth}");
                assert_eq!(running.outputs(), [tensor]);
            }
        }
    }

    #[test]
    fn heads_of_one_to_seven_hidden_layers_fit_on_every_network() {
        for network in zoo::sources().iter().map(|source| source.network) {
            for count in 1..=7 {
                let (cut, trained) = cut(network, "head", &vec![4; count]);
                assert_eq!(trained.len(), 2 * (count + 1), "{network}, {count} layers");
                assert_eq!((cut.logits.as_str(), cut.probabilities.as_str()), ("fc8", "probabilities"));
                // AlexNet has `relu1` to `relu5` itself.
                let renamed = match network {
                    "alexnet" => count.saturating_sub(2),
                    // It has a `relu1`, and so has a head of 7 layers.
                    "squeezenet" => usize::from(count == 7),
                    _ => 0,
                };
                let prefixed = cut.above.tensors().iter().filter(|name| name.starts_with("head/")).count();
                assert_eq!(prefixed, renamed, "{network}, {count} layers: {:?}", cut.above.tensors());
                let deepest = format!("fc{}", (8 - count..=8).map(|number| number.to_string()).collect::<String>());
                assert_eq!(self::cut(network, &deepest, &vec![4; count]).1, trained, "{network}, {deepest}");
            }
        }
        // Without a name that the trunk has too, all names stay.
        let two = cut("alexnet", "head", &[8, 4]).0.above;
        let names = ["features", "fc6.dropout", "fc6", "relu6", "fc7.dropout", "fc7", "relu7", "fc8.dropout", "fc8"];
        assert_eq!(two.tensors(), [&names[..], &["probabilities"]].concat());
    }

    #[test]
    fn branches_are_cut_where_one_tensor_feeds_all() {
        let (whole, trained) = cut("squeezenet", "fire9", &[]);
        assert_eq!(whole.tensor, "fire8");
        let parts = ["fire9/squeeze1x1", "fire9/expand1x1", "fire9/expand3x3", "fc8"];
        assert_eq!(trained, layers(&parts));
        // The deepest trained layer is in a branch. The other branch is frozen and belongs to the part above the cut.
        let (branch, trained) = cut("squeezenet", "fire9/expand3x3", &[]);
        assert_eq!(branch.tensor, "fire9/relu_squeeze1x1");
        assert_eq!(trained, layers(&parts[2..]));
        assert!(branch.above.weight("fire9/expand1x1.weight").is_ok());
        assert_eq!(cut("squeezenet", "conv1", &[]).0.tensor, "input");
    }

    #[test]
    fn blocks_with_a_sum_are_cut_below_the_sum() {
        for (depth, tensor, first) in [
            ("head", "features", "fc8"),
            ("conv_head", "block16", "conv_head"),
            ("block16", "block15", "block16/expand"),
            ("block15", "block14", "block15/expand"),
            // The input of the block is also an operand of the sum.
            ("block15/depthwise", "block14", "block15/depthwise"),
            ("all", "input", "conv_stem"),
        ] {
            let (cut, trained) = cut("efficientnet-lite0", depth, &[]);
            assert_eq!(cut.tensor, tensor, "{depth}");
            assert!(trained.contains(&format!("{first}.weight")), "{depth}: {trained:?}");
            assert!(!trained.iter().any(|name| name.starts_with("relu6")), "{depth}: {trained:?}");
        }
    }

    #[test]
    fn the_key_depends_on_the_cut_but_not_on_the_head() {
        let key = |depth: &str, hidden: &[usize]| cut("alexnet", depth, hidden).0.key;
        assert_eq!(key("head", &[]), key("head", &[7]));
        assert_eq!(key("c5", &[]), key("c5", &[7]));
        let keys: BTreeSet<String> = ["head", "c5", "c4", "all"].map(|depth| key(depth, &[])).into();
        assert_eq!(keys.len(), 4);
        assert_ne!(key("fc8", &[7]), key("fc8", &[8]));
    }
}
