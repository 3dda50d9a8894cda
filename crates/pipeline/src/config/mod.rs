//! `pipeline.toml`: read strictly, defaults filled in, overridden by `--set`.

mod analyze;
mod check;
mod maps;
mod scrape;
mod sections;
mod train;
mod unknown;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::HintExt;
use crate::error::UsageError;
pub use analyze::{Activations, Analyze, Tsne};
pub use maps::{Baseline, Maps, Method, Occlusion};
pub use scrape::{Queries, Scrape, Searched, Source, Urls, Web};
pub use sections::{Evaluate, Gate, Model, Preprocess, Split, Weights};
pub use train::{Augment, ClassWeights, Keep, Schedule, Search, Sweep, Train};

/// The whole configuration. Relative paths start at the folder that a stage is started in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Every random choice derives from it.
    pub seed: u64,
    /// Threads; 0 means all cores. Results repeat bit for bit with the same number.
    pub threads: usize,
    /// Where the stages put what they make.
    pub artifacts: PathBuf,
    /// Where `setup` puts the runtime and the networks.
    pub data: PathBuf,
    /// The network to start from.
    pub model: Model,
    /// Where the pictures come from.
    pub scrape: Scrape,
    /// Which pictures are used, and for what.
    pub preprocess: Preprocess,
    /// How the network is tuned.
    pub train: Train,
    /// How the tuned network is judged.
    pub evaluate: Evaluate,
    /// What is looked at.
    pub analyze: Analyze,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            threads: 0,
            artifacts: "artifacts".into(),
            data: "data".into(),
            model: Model::default(),
            scrape: Scrape::default(),
            preprocess: Preprocess::default(),
            train: Train::default(),
            evaluate: Evaluate::default(),
            analyze: Analyze::default(),
        }
    }
}

impl Config {
    /// Reads the file at `path` and applies `overrides`, each `dotted.key=value`.
    ///
    /// Refuses unknown keys, naming file, line and the nearest known key; and values out of range.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| UsageError(format!("cannot read {}: {error}", path.display())))
            .hint("name the configuration with --config FILE")?;
        Self::parse(&text, path, overrides)
    }

    fn parse(text: &str, path: &Path, overrides: &[String]) -> Result<Self> {
        let mut config: Self = toml::from_str(text).map_err(|error| unknown::in_file(&error, text, path))?;
        if !overrides.is_empty() {
            let mut table = Table::try_from(&config).context("cannot write the configuration out")?;
            for entry in overrides {
                set(&mut table, entry)?;
                // Each alone, so that an error names the override that caused it.
                config = Value::Table(table.clone()).try_into().map_err(|error| unknown::in_override(&error, entry))?;
            }
        }
        check::check(&config)?;
        Ok(config)
    }

    /// The value at each of the dotted `keys`, defaults filled in, one entry for each leaf.
    pub(crate) fn flat(&self, keys: &[&str]) -> Result<BTreeMap<String, String>> {
        let mut leaves = BTreeMap::new();
        for (key, value) in self.select(keys)? {
            flatten(&key, &value, &mut leaves);
        }
        Ok(leaves)
    }

    /// The part of the configuration below the dotted `keys` as TOML text, defaults filled in.
    pub fn resolved(&self, keys: &[&str]) -> Result<String> {
        let mut part = Table::new();
        for (key, value) in self.select(keys)? {
            *entry(&mut part, &key).context("sections overlap")? = value;
        }
        toml::to_string_pretty(&part).context("cannot write the configuration out")
    }

    fn select(&self, keys: &[&str]) -> Result<Vec<(String, Value)>> {
        let whole = Value::try_from(self).context("cannot write the configuration out")?;
        keys.iter()
            .map(|key| {
                let value = key.split('.').try_fold(&whole, |value, part| match value {
                    Value::Array(list) => list.get(part.parse::<usize>().ok()?),
                    _ => value.get(part),
                });
                let value = value.with_context(|| format!("the configuration has no key `{key}`"))?;
                Ok(((*key).to_owned(), value.clone()))
            })
            .collect()
    }
}

fn flatten(prefix: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                flatten(&format!("{prefix}.{key}"), value, leaves);
            }
        }
        // A list of sections: each by its place.
        Value::Array(list) if matches!(list.first(), Some(Value::Table(_))) => {
            for (place, value) in list.iter().enumerate() {
                flatten(&format!("{prefix}.{place}"), value, leaves);
            }
        }
        _ => {
            leaves.insert(prefix.to_owned(), value.to_string());
        }
    }
}

/// The place of a dotted key, made where it is missing; `None` below something that is no table.
fn entry<'a>(table: &'a mut Table, key: &str) -> Option<&'a mut Value> {
    match key.split_once('.') {
        None => Some(table.entry(key).or_insert_with(|| Value::Table(Table::new()))),
        Some((first, rest)) => {
            let below = table.entry(first).or_insert_with(|| Value::Table(Table::new()));
            let Value::Array(list) = below else { return entry(below.as_table_mut()?, rest) };
            // In a list of sections the next part is a place, such as `scrape.sources.0.path`.
            let (place, rest) = rest.split_once('.')?;
            entry(list.get_mut(place.parse::<usize>().ok()?)?.as_table_mut()?, rest)
        }
    }
}

/// Applies one `key=value`. The value is TOML; what is no TOML is taken as a string.
fn set(table: &mut Table, text: &str) -> Result<()> {
    let wrong = || UsageError(format!("--set {text}: not KEY=VALUE"));
    let (key, value) = text.split_once('=').ok_or_else(wrong).hint("for example --set train.batch_size=16")?;
    let (key, value) = (key.trim(), value.trim());
    let parsed = toml::from_str::<Table>(&format!("value = {value}")).ok().and_then(|mut line| line.remove("value"));
    let value = parsed.unwrap_or_else(|| Value::String(value.to_owned()));
    let place = if key.split('.').any(str::is_empty) { None } else { entry(table, key) };
    *place.ok_or_else(wrong)? = value;
    Ok(())
}

#[cfg(test)]
mod tests;
