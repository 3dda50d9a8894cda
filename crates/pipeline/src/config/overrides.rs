//! `--set key=value`.

use toml::{Table, Value};

use crate::error::{HintExt, UsageError};

/// Applies one `key=value` to `table`. A value that is not TOML is taken as a string.
///
/// # Errors
/// Returns an error when `text` has no key, or when the key leads below something that is not a table or a list.
pub(super) fn apply(table: &mut Table, text: &str) -> anyhow::Result<()> {
    let malformed = || UsageError(format!("--set {text}: not KEY=VALUE"));
    let (key, value) = text.split_once('=').ok_or_else(malformed).hint("for example --set threads=4")?;
    let (key, value) = (key.trim(), value.trim());
    // A line break would end the value and hide a second key.
    if value.contains(['\n', '\r']) {
        return Err(UsageError(format!("--set {key}: the value has more than one line")))
            .hint("repeat --set for each key");
    }
    let parsed = toml::from_str::<Table>(&format!("value = {value}")).ok().and_then(|mut line| line.remove("value"));
    let value = parsed.unwrap_or_else(|| Value::String(value.to_owned()));
    let parts: Vec<&str> = key.split('.').collect();
    if parts.iter().any(|part| part.is_empty()) || parts.len() > MAX_DEPTH {
        return Err(malformed().into());
    }
    *entry(table, &parts).ok_or_else(malformed)? = value;
    Ok(())
}

/// Parts of a key. No key of a configuration is deeper.
const MAX_DEPTH: usize = 16;

/// Returns the value of a key for writing, and creates the key and the tables above it. Returns `None` below something that is not a table.
fn entry<'a>(table: &'a mut Table, parts: &[&str]) -> Option<&'a mut Value> {
    let (first, rest) = parts.split_first()?;
    let below = table.entry(*first).or_insert_with(|| Value::Table(Table::new()));
    if rest.is_empty() {
        return Some(below);
    }
    let Value::Array(list) = below else { return entry(below.as_table_mut()?, rest) };
    // The next part is the index of a table in a list, such as `section.tables.0.path`.
    let (index, rest) = rest.split_first()?;
    entry(list.get_mut(index.parse::<usize>().ok()?)?.as_table_mut()?, rest)
}
