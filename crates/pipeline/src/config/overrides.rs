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
    match entry(table, &parts) {
        Ok(place) => *place = value,
        Err(problem) => {
            return Err(UsageError(format!("--set {text}: {problem}")))
                .hint("set the whole value at once, such as --set 'KEY=[\"a\", \"b\"]' for a list");
        }
    }
    Ok(())
}

/// Parts of a key. No key of a configuration is deeper.
const MAX_DEPTH: usize = 16;

/// Returns the value of a key for writing, and creates the key and the tables above it. A part of the key below a list is the index of an
/// entry, such as `lists.0.key`.
///
/// # Errors
/// Returns the problem when a part of the key leads below something that is not a table or a list, or to an entry that does not exist.
fn entry<'a>(root: &'a mut Table, parts: &[&str]) -> Result<&'a mut Value, String> {
    let empty = || Value::Table(Table::new());
    let (first, rest) = parts.split_first().ok_or("the key is empty")?;
    let mut value = root.entry(*first).or_insert_with(empty);
    let mut name = first;
    for part in rest {
        value = match value {
            Value::Table(table) => table.entry(*part).or_insert_with(empty),
            Value::Array(list) => {
                let count = list.len();
                let found = part.parse::<usize>().ok().and_then(|index| list.get_mut(index));
                found.ok_or_else(|| format!("`{name}` has no entry `{part}`: it has {count}, counted from 0"))?
            }
            _ => return Err(format!("`{name}` has no keys")),
        };
        name = part;
    }
    Ok(value)
}
