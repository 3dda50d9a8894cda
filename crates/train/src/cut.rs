//! Where the network is cut: what lies below runs once for each picture, what lies above is trained.

use anyhow::{Context, Result};
use graph::Model;
use graph::head::{self, FEATURES, Head};
use pipeline::config::Weights;
use pipeline::{Config, HintExt};
use zoo::{Network, Pool};

use crate::depth::Depth;
use crate::split;

/// The stage whose random streams the weights are drawn from, whichever stage cuts.
const STAGE: &str = "train";

/// The pre-trained network up to where a new head is put.
#[derive(Debug)]
pub(crate) struct Base {
    /// The network it was taken from.
    pub network: Network,
    /// From the picture `[n, 3, size, size]` to [`FEATURES`], `[n, width]`.
    pub model: Model,
    /// Values of one picture's [`FEATURES`].
    pub width: usize,
}

impl Base {
    /// Opens the network that the configuration names.
    ///
    /// With `model.weights = "random"` its weights are drawn anew.
    pub fn open(config: &Config) -> Result<Self> {
        let (network, path) = Network::open(&config.data, &config.model.network).hint("run `just setup`")?;
        let mut model = Model::read(&path).hint("run `just setup`")?;
        if config.model.weights == Weights::Random {
            graph::redraw_weights(&mut model, &mut pipeline::rng(config.seed, STAGE, "random weights"))?;
        }
        let layer = &network.features.layer;
        let pool = match network.features.pool {
            Pool::None => head::Pool::None,
            Pool::Average => head::Pool::Average,
        };
        let model =
            head::features(&model, layer, pool).with_context(|| format!("cannot cut {} at {layer}", network.name))?;
        let width = model
            .shapes()
            .per_item(FEATURES)
            .map(|shape| shape.iter().product())
            .with_context(|| format!("{}: the shape of {layer} is not known before it runs", network.name))?;
        Ok(Self { network, model, width })
    }
}

/// A network with a new head, cut in two for one tuning depth.
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    /// 16 hex digits that stand for all that the values at the cut depend on but the picture: the part below with its
    /// weights, the input transform, the runtime and its threads.
    pub key: String,
    /// Name of the tensor between the two parts.
    pub tensor: String,
    /// Its shape for one picture, such as `[256, 13, 13]`.
    pub item: Vec<usize>,
    /// From the picture to [`Cut::tensor`]; none where the cut is at the input.
    pub trunk: Option<Model>,
    /// From [`Cut::tensor`] to [`head::LOGITS`] and [`head::PROBABILITIES`], with the weights of the first step.
    pub above: Model,
    /// Names of the weights that are trained; other weights of [`Cut::above`] stay as they are.
    pub trained: Vec<String>,
}

impl Cut {
    /// Puts a new head with layers of the sizes `hidden` on `base` and cuts below the deepest layer of `depth`.
    pub fn new(config: &Config, base: &Base, depth: &Depth, hidden: &[usize], classes: usize) -> Result<Self> {
        let head = Head { features: base.width, hidden: hidden.to_vec(), classes };
        let whole = base.model.append(&first_weights(config, &head)?)?;
        let deepest = depth.deepest(&whole)?;
        let split::Split { tensor, trained } = split::split(&whole, &deepest)?;
        let item = whole
            .shapes()
            .per_item(&tensor)
            .with_context(|| format!("{}: the shape of {tensor} is not known before it runs", base.network.name))?;
        let trunk =
            if whole.inputs().contains(&tensor.as_str()) { None } else { Some(whole.cut(&tensor)?.without_dropout()?) };
        let above = split::above(&whole, &tensor, &item)?;
        let key = key(config, base, trunk.as_ref())?;
        Ok(Self { key, tensor, item, trunk, above, trained })
    }

    /// The whole network: `above`, this cut's own with other weights, on what lies below the cut.
    pub fn join(&self, above: &Model) -> Result<Model> {
        Ok(match &self.trunk {
            Some(trunk) => trunk.append(above)?,
            None => above.clone(),
        })
    }
}

/// The head before its first step. Its last layer is all zeros: every class equally likely.
///
/// Drawn weights would add noise that a few hundred pictures never train away, since they say nothing of most of
/// the thousands of directions in the features.
fn first_weights(config: &Config, head: &Head) -> Result<Model> {
    let mut model = head.build(&mut pipeline::rng(config.seed, STAGE, "first weights"))?;
    let last = format!("{}.weight", head::LOGITS);
    let zeros = model.weight(&last)?.mapv(|_| 0.0);
    model.set_weight(&last, &zeros)?;
    Ok(model)
}

fn key(config: &Config, base: &Base, trunk: Option<&Model>) -> Result<String> {
    let mut hasher = blake3::Hasher::new_derive_key("tunescope values at a cut");
    match trunk {
        Some(trunk) => {
            hasher.update(&trunk.to_bytes());
            hasher.update(serde_json::to_string(&base.network.input)?.as_bytes());
            hasher.update(runtime::identity(&config.data)?.as_bytes());
            hasher.update(&(pipeline::thread_count(config.threads) as u64).to_le_bytes());
        }
        // Pixels are kept, and the transform follows when they are read.
        None => {
            hasher.update(&u64::from(base.network.input.size).to_le_bytes());
        }
    }
    Ok(hasher.finalize().to_hex()[..16].to_owned())
}
