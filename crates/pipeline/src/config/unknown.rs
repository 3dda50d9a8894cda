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
            let what = if message.starts_with("unknown variant") { "value" } else { "key" };
            (format!("{place}: unknown {what} `{wrong}`"), nearest(wrong, known))
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

fn nearest(wrong: &str, known: &[&str]) -> Option<String> {
    let best = known.iter().max_by(|a, b| strsim::jaro_winkler(wrong, a).total_cmp(&strsim::jaro_winkler(wrong, b)))?;
    if strsim::jaro_winkler(wrong, best) > 0.7 {
        Some(format!("did you mean `{best}`?"))
    } else {
        Some(format!("known here: {}", known.join(", ")))
    }
}
