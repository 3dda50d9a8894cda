//! The sections of `pipeline.toml`.
//!
//! A key is one field: its type, its default (`#[default]`), its limits (`#[schemars]`) and its documentation. The JSON
//! schema that is derived from the fields drives the checks, and `pipeline.toml`, `docs/configuration.md` and
//! `docs/pipeline.schema.json` are generated from it (`just generate`).

mod analyze;
mod evaluate;
mod generate;
mod model;
mod preprocess;
mod rule;
mod scrape;
mod source;
mod train;
mod tune;
mod view;

use std::path::PathBuf;

use pipeline::Environment;
use pipeline::config::{ExternalPath, Root, Violation};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

pub use analyze::{Activations, Analyze, Baseline, Maps, Method, Occlusion, Tsne, TsneEngine};
pub use evaluate::{Evaluate, Gate};
pub use generate::GENERATED;
pub use model::{Model, Weights};
pub use preprocess::{DecodeLimits, Preprocess, Split};
pub use scrape::{Scrape, Web, is_class_name};
pub use source::{SearchSource, SearchWords, SourceConfig, SourceKind, UrlList};
pub use train::{Augment, ClassWeights, Keep, Schedule, Search, Sweep, Train};
pub use view::SeedView;

/// The whole configuration. Relative paths start at the folder in which a stage is started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Every random choice derives from the seed. Another seed gives another split and another head.
    #[default = 1]
    pub seed: u64,
    /// Number of threads. 0 means all cores. The same number gives the same bytes.
    #[schemars(range(max = 256))]
    pub threads: usize,
    /// Folder of the outputs, with one sub-folder for each stage.
    #[default(_code = "\"artifacts\".into()")]
    #[schemars(length(min = 1))]
    pub artifacts: PathBuf,
    /// Folder into which `setup` installs the runtime and the networks.
    #[default(_code = "\"data\".into()")]
    #[schemars(length(min = 1))]
    pub data: PathBuf,
    /// The network to start from.
    pub model: Model,
    /// Where the images come from.
    pub scrape: Scrape,
    /// Which images are used, and for which split.
    pub preprocess: Preprocess,
    /// How the network is trained.
    pub train: Train,
    /// How the tuned network is evaluated.
    pub evaluate: Evaluate,
    /// What is analyzed.
    pub analyze: Analyze,
}

impl Root for Config {
    fn schema() -> serde_json::Value {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        settings.into_generator().into_root_schema_for::<Self>().to_value()
    }

    fn environment(&self) -> Environment {
        Environment { artifacts: self.artifacts.clone(), data: self.data.clone(), threads: self.threads }
    }

    fn external_paths(&self) -> Vec<ExternalPath> {
        let sources = self.scrape.sources.iter().enumerate().filter_map(|(index, source)| {
            let path = source.path()?.to_owned();
            Some(ExternalPath { key: format!("scrape.sources.{index}.path"), path })
        });
        let images = self
            .analyze
            .images
            .iter()
            .map(|path| ExternalPath { key: "analyze.images".to_owned(), path: path.clone() });
        sources.chain(images).collect()
    }

    fn check(&self) -> Result<(), Violation> {
        self.scrape.check()?;
        self.preprocess.split.check()?;
        self.train.check()?;
        self.analyze.occlusion.check()
    }
}

#[cfg(test)]
mod tests;
