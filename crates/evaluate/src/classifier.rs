//! The two ways to open a classifier: the tuned network, or a network of the zoo.

use std::path::Path;

use anyhow::Result;
use contract::stages;
use inference::{Classifier, Error};
use pipeline::{Environment, HintExt, HintFrom, run_again};
use runtime::RuntimeError;
use zoo::{Network, ZooError};

/// Opens the network `name` of the zoo.
pub(crate) fn of_zoo(environment: &Environment, name: &str) -> Result<Classifier> {
    let (network, model) = Network::open(&environment.data, name).hint_from(ZooError::advice)?;
    open(environment, network, &model, Error::advice)
}

/// Opens the network that `train` tuned.
pub(crate) fn tuned(environment: &Environment) -> Result<Classifier> {
    let folder = environment.stage(stages::TRAIN);
    if !folder.join(zoo::TUNED_DESCRIPTION).is_file() {
        return Err(anyhow::anyhow!("there is no tuned network in {}", folder.display()))
            .hint("run `just train` first, or name a network of the zoo with --network");
    }
    let (network, model) = Network::open_folder(&folder).hint_from(ZooError::advice)?;
    open(environment, network, &model, tuned_advice)
}

/// Returns what the user can do about an error of the tuned network. The user did not make the network and cannot correct it.
pub(crate) fn tuned_advice(error: &Error) -> String {
    match error {
        Error::NoClassifier { .. }
        | Error::NotANumber { .. }
        | Error::NotProbabilities { .. }
        | Error::Shape { .. }
        | Error::NoOutput { .. }
        | Error::Graph(_) => run_again(stages::TRAIN),
        Error::Read(_) | Error::Size { .. } | Error::Network(_) | Error::Runtime(_) => error.advice(),
    }
}

fn open(environment: &Environment, network: Network, model: &Path, advice: fn(&Error) -> String) -> Result<Classifier> {
    runtime::load_from(&environment.data).hint_from(RuntimeError::advice)?;
    Classifier::open(network, model, environment.thread_count()).hint_from(advice)
}
