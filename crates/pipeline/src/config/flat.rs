//! The leaves of a configuration by dotted key.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Serialize;
use toml::Value;

/// Returns every leaf of `config`: dotted key to TOML value.
///
/// A list of tables contributes each table under its index, such as `section.tables.0.path`.
pub fn flatten<C: Serialize>(config: &C) -> Result<BTreeMap<String, String>> {
    let value = Value::try_from(config).context("cannot write the configuration as TOML")?;
    let mut leaves = BTreeMap::new();
    collect("", &value, &mut leaves);
    Ok(leaves)
}

/// Returns the value at the dotted `key` of `config` as TOML text.
pub fn get<C: Serialize>(config: &C, key: &str) -> Result<Option<String>> {
    let whole = Value::try_from(config).context("cannot write the configuration as TOML")?;
    let found = key.split('.').try_fold(&whole, |value, part| match value {
        Value::Array(list) => list.get(part.parse::<usize>().ok()?),
        _ => value.get(part),
    });
    Ok(found.map(ToString::to_string))
}

fn collect(prefix: &str, value: &Value, leaves: &mut BTreeMap<String, String>) {
    let below = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                collect(&below(key), value, leaves);
            }
        }
        Value::Array(list) if matches!(list.first(), Some(Value::Table(_))) => {
            for (index, value) in list.iter().enumerate() {
                collect(&below(&index.to_string()), value, leaves);
            }
        }
        _ => {
            leaves.insert(prefix.to_owned(), value.to_string());
        }
    }
}
