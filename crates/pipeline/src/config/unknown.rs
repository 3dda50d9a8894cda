//! Errors in the configuration, told with file, line and the nearest known key.

use std::path::Path;

use crate::HintExt;
use crate::error::UsageError;

/// The error for a configuration file.
pub(super) fn in_file(error: &toml::de::Error, text: &str, path: &Path) -> anyhow::Error {
    let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
    told(&format!("{}:{line}", path.display()), error.message())
}

/// The error for one `--set`.
pub(super) fn in_override(error: &toml::de::Error, entry: &str) -> anyhow::Error {
    told(&format!("--set {entry}"), error.message())
}

fn told(place: &str, message: &str) -> anyhow::Error {
    let message = message.trim();
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (text, hint) = match (message.split_whitespace().next(), names.as_slice()) {
        (Some("unknown"), [wrong, known @ ..]) => {
            // Values are few: all of them help more than the nearest.
            let (what, hint) = if message.starts_with("unknown variant") {
                ("value", format!("known here: {}", known.join(", ")))
            } else {
                ("key", nearest(wrong, known))
            };
            (format!("{place}: unknown {what} `{wrong}`"), Some(hint))
        }
        _ => (format!("{place}: {message}"), None),
    };
    let error = Err::<(), _>(UsageError(text));
    let error = match hint {
        Some(hint) => error.hint(hint),
        None => error.hint("pipeline.toml explains every key"),
    };
    error.err().unwrap_or_else(|| anyhow::anyhow!("unreachable"))
}

fn nearest(wrong: &str, known: &[&str]) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(wrong, name);
    match known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))) {
        Some(best) if likeness(best) > 0.7 => format!("did you mean `{best}`?"),
        _ => format!("known here: {}", known.join(", ")),
    }
}
