//! From the text of a configuration file to a checked [`Root`].

use std::path::Path;

use anyhow::{Context, Result};
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::schema::{self, Violation};
use super::{Root, overrides};
use crate::error::{HintExt, UsageError};
use crate::regular;

/// Bytes of a configuration file that are read at most.
const MOST: u64 = 1 << 24;

/// Reads the configuration file at `path` and applies `overrides`, each `dotted.key=value`.
///
/// # Errors
/// Returns a [`UsageError`] that names the file, the line and the key, or the override.
pub fn load<R: Root>(path: &Path, overrides: &[String]) -> Result<R> {
    let text = regular::text(path, MOST)
        .map_err(|error| UsageError(error.to_string()))
        .hint("name the configuration with --config FILE")?;
    parse(&text, path, overrides)
}

/// Does what [`load`] does with `text`, the content of the configuration file. Errors name `path`.
///
/// # Errors
/// Returns the same errors as [`load`].
pub fn parse<R: Root>(text: &str, path: &Path, overrides: &[String]) -> Result<R> {
    let schema = R::schema();
    let table: Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        UsageError(format!("{}:{line}: {}", path.display(), error.message().trim()))
    })?;
    schema::check(&Value::Table(table.clone()), &schema).map_err(|violation| {
        refuse(&format!("{}:{}", path.display(), line_of_key(text, &violation.key)), &violation)
    })?;
    let mut config: R = read(table).map_err(|error| UsageError(format!("{}: {error}", path.display())))?;
    if !overrides.is_empty() {
        let mut table = Table::try_from(&config).context("cannot write the configuration as TOML")?;
        // One at a time, so that an error names the override that caused it.
        for entry in overrides {
            overrides::apply(&mut table, entry)?;
            schema::check(&Value::Table(table.clone()), &schema)
                .map_err(|violation| refuse(&format!("--set {entry}"), &violation))?;
        }
        config = read(table).map_err(|error| UsageError(format!("--set: {error}")))?;
    }
    config.check().map_err(|violation| {
        let is_set = overrides.iter().any(|entry| sets(entry, &violation.key));
        refuse(&if is_set { "--set".to_owned() } else { path.display().to_string() }, &violation)
    })?;
    Ok(config)
}

/// Returns whether the override `entry` sets `key`, a key above it or a key below it.
fn sets(entry: &str, key: &str) -> bool {
    let set = entry.split('=').next().unwrap_or_default().trim();
    let is_below =
        |key: &str, above: &str| key.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    is_below(key, set) || is_below(set, key)
}

fn read<R: Root>(table: Table) -> Result<R, toml::de::Error> {
    Value::Table(table).try_into()
}

fn refuse(place: &str, violation: &Violation) -> anyhow::Error {
    let error = UsageError(format!("{place}: {violation}"));
    let hint = violation.hint.clone().unwrap_or_else(|| "docs/configuration.md explains every key".to_owned());
    crate::error::with_hint(error, hint)
}

/// Returns the line of the deepest part of the dotted `key` that the file states, from 1.
fn line_of_key(text: &str, key: &str) -> usize {
    let Ok(root) = DeTable::parse(text) else { return 1 };
    let mut line = 1;
    let mut place: Option<&Spanned<DeValue>> = None;
    for (depth, part) in key.split('.').enumerate() {
        let found = match place.map(Spanned::get_ref) {
            None if depth == 0 => in_table(root.get_ref(), part),
            Some(DeValue::Table(table)) => in_table(table, part),
            Some(DeValue::Array(list)) => {
                part.parse::<usize>().ok().and_then(|index| list.get(index)).map(|value| (value.span().start, value))
            }
            _ => None,
        };
        let Some((start, value)) = found else { break };
        line = line_of(text, start);
        place = Some(value);
    }
    line
}

fn in_table<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<(usize, &'a Spanned<DeValue<'i>>)> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(name, value)| (name.span().start, value))
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
