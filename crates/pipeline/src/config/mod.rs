//! Reads a configuration file strictly, fills in defaults, and applies the overrides of the command line.
//!
//! The engine does not know the keys. They are the fields of one type, the [`Root`], whose JSON schema drives every check
//! of a single key: unknown names, types, ranges and choices.

mod flat;
mod load;
mod overrides;
mod schema;

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use flat::{flatten, get};
pub use load::{load, parse};
pub use schema::Violation;

/// The folders of a run and its number of threads. Outputs do not depend on the paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The folder of all stages' outputs.
    pub artifacts: PathBuf,
    /// The folder of what is installed once and that all stages read.
    pub data: PathBuf,
    /// Number of threads. 0 means all cores.
    pub threads: usize,
}

impl Environment {
    /// Returns the number of threads to use, at least 1.
    pub fn thread_count(&self) -> usize {
        crate::thread_count(self.threads)
    }

    /// Returns the folder of the stage `name`.
    pub fn stage(&self, name: &str) -> PathBuf {
        self.artifacts.join(name)
    }
}

/// A file or folder of the user's own that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalPath {
    /// The dotted configuration key that names the path.
    pub key: String,
    /// The path.
    pub path: PathBuf,
}

/// The whole configuration of a pipeline.
pub trait Root: Serialize + DeserializeOwned + Default {
    /// Returns the JSON schema of the configuration file, with all sub-schemas inlined.
    ///
    /// The schema is the single source of the checks of each key: `properties` name the known keys, `minimum`, `maximum`,
    /// `exclusiveMinimum`, `exclusiveMaximum`, `minItems`, `maxItems`, `minLength`, `uniqueItems`, `enum` and `const`
    /// limit the values.
    fn schema() -> serde_json::Value;

    /// Returns where the run works.
    fn environment(&self) -> Environment;

    /// Returns the user's own files and folders that the configuration names. No stage may write into them.
    fn external_paths(&self) -> Vec<ExternalPath>;

    /// Checks the rules that involve several keys.
    ///
    /// # Errors
    /// Returns the key and the rule that it breaks.
    fn check(&self) -> Result<(), Violation>;
}
