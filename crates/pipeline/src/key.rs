//! The cache key of a stage: everything that its outputs depend on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Everything that a stage's outputs depend on, as readable name-value pairs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Version of the stage's file formats and algorithms.
    pub format: u32,
    /// The part of the configuration that the stage reads: dotted key to TOML value.
    pub config: BTreeMap<String, String>,
    /// Hash of each upstream stage's manifest.
    pub upstream: BTreeMap<String, String>,
    /// Other inputs by name, such as the version of a library and the hash of a folder of the user.
    pub inputs: BTreeMap<String, String>,
}

impl Key {
    /// Returns the hash of the key, 64 hex digits.
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.format.to_le_bytes());
        for map in [&self.config, &self.upstream, &self.inputs] {
            hasher.update(&(map.len() as u64).to_le_bytes());
            for text in map.iter().flat_map(|(name, value)| [name, value]) {
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    /// Returns a line for each difference between `old` and `self`.
    pub fn changes_since(&self, old: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.format != old.format {
            lines.push(format!("format version: {} -> {}", old.format, self.format));
        }
        differences(&old.config, &self.config, "", &mut lines);
        differences(&old.upstream, &self.upstream, "outputs of ", &mut lines);
        differences(&old.inputs, &self.inputs, "", &mut lines);
        lines
    }
}

fn differences(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>, label: &str, lines: &mut Vec<String>) {
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (from, to) = (old.get(name), new.get(name));
        if from != to {
            lines.push(format!("{label}{name}: {} -> {}", shown(from), shown(to)));
        }
    }
}

/// Formats a value for a message. Hashes are cut to 12 digits.
fn shown(value: Option<&String>) -> String {
    match value {
        None => "(none)".to_owned(),
        Some(hash) if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{}…", &hash[..12])
        }
        Some(value) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_changed_from_what_to_what() {
        let old = Key {
            config: BTreeMap::from([("seed".into(), "1".into()), ("stage.rate".into(), "0.5".into())]),
            upstream: BTreeMap::from([("first".into(), "ab".repeat(32))]),
            ..Key::default()
        };
        let mut new = old.clone();
        assert!(new.changes_since(&old).is_empty());
        assert_eq!(new.hash(), old.hash());
        new.config.insert("seed".into(), "2".into());
        new.config.remove("stage.rate");
        new.upstream.insert("first".into(), "cd".repeat(32));
        assert_eq!(
            new.changes_since(&old),
            ["seed: 1 -> 2", "stage.rate: 0.5 -> (none)", "outputs of first: abababababab… -> cdcdcdcdcdcd…"]
        );
        assert_ne!(new.hash(), old.hash());
    }
}
