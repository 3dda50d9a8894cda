//! The depths of the training benchmark. The network is the installed `AlexNet` with fc6, fc7 and fc8 of the original size.

use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;
use graph::head::{self, Head, LOGITS};
use graph::{Model, tuning};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use zoo::{InputTransform, Network};

/// The sizes of fc6 and fc7.
const HIDDEN: [usize; 2] = [4096, 4096];

/// The deepest layer that is trained. All layers above it are trained too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Depth {
    /// The last dense layer
    Fc8,
    /// All three dense layers
    Fc678,
    /// The last convolution and the dense layers
    C5fc678,
    /// The whole network
    All,
}

/// The network, cut at a depth.
pub(crate) struct Parts {
    /// What the network takes.
    pub(crate) input: InputTransform,
    /// The part from the image to the cut. It is absent when the whole network is trained.
    pub(crate) below: Option<Model>,
    /// The part from the cut to the logits.
    pub(crate) above: Model,
    /// The names of the trained weights.
    pub(crate) trained: Vec<String>,
}

impl Depth {
    /// Returns the name on the command line and in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fc8 => "fc8",
            Self::Fc678 => "fc678",
            Self::C5fc678 => "c5fc678",
            Self::All => "all",
        }
    }

    fn layer(self) -> &'static str {
        match self {
            Self::Fc8 => LOGITS,
            Self::Fc678 => "fc6",
            Self::C5fc678 => "conv5",
            Self::All => "conv1",
        }
    }

    /// Builds the network for `classes` classes and cuts it at this depth.
    pub(crate) fn parts(self, data: &Path, classes: usize) -> Result<Parts> {
        let (network, path) = Network::open(data, "alexnet").context("run `just setup`")?;
        let trunk = head::features(&Model::read(path)?, &network.features.layer, head::Pooling::None)?;
        let features = trunk.shapes().per_item(head::FEATURES).context("the size of the trunk's output is unknown")?;
        let dense = Head { features: features.iter().product(), hidden: HIDDEN.to_vec(), classes };
        let whole = trunk.append(&dense.build(&mut ChaCha8Rng::seed_from_u64(1))?)?;
        let cut = tuning::split(&whole, self.layer())?;
        let below =
            if cut.tensor == network.input.tensor { None } else { Some(whole.without_dropout()?.cut(&cut.tensor)?) };
        let above = whole.above(&cut.tensor, LOGITS)?;
        Ok(Parts { input: network.input, below, above, trained: cut.trained })
    }
}
