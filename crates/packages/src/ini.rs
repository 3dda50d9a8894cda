//! Reads pip's configuration files, which have the format of Python's `configparser.RawConfigParser`.

/// A setting in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The section, such as `global`.
    pub section: String,
    /// The name as pip normalizes it: lower case, with `-`.
    pub key: String,
    /// The value. Its lines are separated by line feeds.
    pub value: String,
}

/// Returns the settings in `text`.
///
/// # Errors
/// Returns the number, from 1, of the first line that is neither a section, a setting, a comment, nor the continuation of a value.
pub(crate) fn parse(text: &str) -> Result<Vec<Setting>, usize> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut section: Option<String> = None;
    // The indentation of the setting that an indented line continues.
    let mut open: Option<usize> = None;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let content = line.trim();
        let indentation = line.chars().take_while(|c| c.is_whitespace()).count();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let (Some(_), Some(last)) = (open.filter(|open| indentation > *open), settings.last_mut()) {
            last.value.push('\n');
            last.value.push_str(content);
        } else if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section = Some(name.0.to_owned());
            open = None;
        } else {
            let (Some(section), Some((key, value))) = (&section, content.split_once(['=', ':'])) else {
                return Err(index + 1);
            };
            let key = normalized(key);
            settings.push(Setting { section: section.clone(), key, value: value.trim().to_owned() });
            open = Some(indentation);
        }
    }
    Ok(settings)
}

/// Returns a key in the spelling that pip compares.
fn normalized(key: &str) -> String {
    let key = key.trim().to_lowercase().replace('_', "-");
    key.strip_prefix("--").map_or(key.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn flat(text: &str) -> Vec<String> {
        let settings = parse(text).unwrap();
        settings.iter().map(|Setting { section, key, value }| format!("{section}.{key}={value:?}")).collect()
    }

    /// The expected values are those of `configparser.RawConfigParser` and of pip's `_normalize_name`.
    #[test]
    fn files_are_read_as_python_reads_them() {
        let text = "\u{feff}# a comment\n[global]\nindex-url = https://a/simple # no comment\nExtra_Index_URL =\n    https://b/simple\n\n    # in between\n    https://c/simple\ntrusted-host: d\n; another\n[download]\n--timeout=60\nempty =\n";
        assert_eq!(
            flat(text),
            [
                "global.index-url=\"https://a/simple # no comment\"",
                "global.extra-index-url=\"\\nhttps://b/simple\\nhttps://c/simple\"",
                "global.trusted-host=\"d\"",
                "download.timeout=\"60\"",
                "download.empty=\"\"",
            ]
        );
        assert_eq!(flat("  [global]\n  a = 1\n  b = 2\n"), ["global.a=\"1\"", "global.b=\"2\""]);
    }

    #[test]
    fn a_line_without_a_meaning_is_an_error() {
        assert_eq!(parse("a = 1\n"), Err(1));
        assert_eq!(parse("[global]\nno delimiter\n"), Err(2));
    }

    proptest! {
        #[test]
        fn any_text_gives_settings_or_an_error(text in "(\\[g\\]|[ =:#a\\n\\t])*") {
            // Reaching the end is the point: no panic.
            parse(&text).ok();
        }
    }
}
