//! Licences and the many spellings of their names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Licence {
    /// A Creative Commons licence or mark.
    Cc {
        /// `cc0`, `pdm`, `by`, `by-sa`, `by-nc`, `by-nd`, `by-nc-sa` or `by-nc-nd`.
        code: String,
        /// The version, such as `4.0`. Empty if the source does not state it.
        version: String,
        /// The country of the adapted version, such as `de`. Empty for the international version.
        port: String,
    },
    /// The public domain, without the Public Domain Mark.
    PublicDomain,
    /// Another licence, in the words of the source.
    Other(String),
}

impl Licence {
    /// Parses the name and the address of a licence as a source states them. Either may be empty. Returns `None` if both are.
    ///
    /// The address has priority, because names have many abbreviations.
    pub fn read(name: &str, address: &str) -> Option<Self> {
        let other =
            || (!name.trim().is_empty()).then(|| Self::Other(name.split_whitespace().collect::<Vec<_>>().join(" ")));
        from_address(address).or_else(|| from_address(name)).or_else(|| from_name(name)).or_else(other)
    }

    /// Returns the address of the licence text. Empty if it is not known.
    pub fn address(&self) -> String {
        let Self::Cc { code, version, port } = self else { return String::new() };
        let port = if port.is_empty() { String::new() } else { format!("{port}/") };
        match code.as_str() {
            "cc0" => "https://creativecommons.org/publicdomain/zero/1.0/".to_owned(),
            "pdm" => "https://creativecommons.org/publicdomain/mark/1.0/".to_owned(),
            _ if version.is_empty() => format!("https://creativecommons.org/licenses/{code}/4.0/"),
            _ => format!("https://creativecommons.org/licenses/{code}/{version}/{port}"),
        }
    }

    /// Returns the usual name, such as `CC BY-SA 4.0`.
    pub fn title(&self) -> String {
        match self {
            Self::Cc { code, .. } if code == "cc0" => "CC0 1.0".to_owned(),
            Self::Cc { code, .. } if code == "pdm" => "Public Domain Mark 1.0".to_owned(),
            Self::Cc { code, version, port } => {
                let text = format!("CC {} {version} {}", code.to_uppercase(), port.to_uppercase());
                text.trim_end().replace("  ", " ")
            }
            Self::PublicDomain => "Public domain".to_owned(),
            Self::Other(text) => text.clone(),
        }
    }

    /// Returns whether `allowed`, an entry of `scrape.licences`, covers the licence.
    ///
    /// `by-sa` covers every version, `by-sa-4.0` covers one version, and `pdm` covers the whole public domain. Other text
    /// covers the licence of that name, in upper or lower case.
    pub fn is(&self, allowed: &str) -> bool {
        match (self, Self::read(allowed, "")) {
            (Self::PublicDomain, Some(Self::Cc { code, .. })) => code == "pdm",
            (Self::Cc { code, .. }, Some(Self::PublicDomain)) => code == "pdm",
            (Self::Cc { code, version, .. }, Some(Self::Cc { code: allowed, version: exact, .. })) => {
                *code == allowed && (exact.is_empty() || is_mark(code) || *version == exact)
            }
            (Self::Other(name), Some(Self::Other(allowed))) => name.eq_ignore_ascii_case(&allowed),
            (one, Some(other)) => *one == other,
            (_, None) => false,
        }
    }
}

impl fmt::Display for Licence {
    /// Writes the SPDX identifier, if there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cc { code, .. } if code == "cc0" => f.write_str("CC0-1.0"),
            Self::Cc { code, .. } if code == "pdm" => f.write_str("CC-PDM-1.0"),
            Self::Cc { code, version, port } => {
                let parts = ["CC", &code.to_uppercase(), version, &port.to_uppercase()];
                f.write_str(&parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("-"))
            }
            Self::PublicDomain => f.write_str("Public-Domain"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// Returns whether `code` is CC0 or the Public Domain Mark, which have only one version.
fn is_mark(code: &str) -> bool {
    matches!(code, "cc0" | "pdm")
}

/// Returns CC0 or the Public Domain Mark.
fn mark(code: &str) -> Licence {
    Licence::Cc { code: code.to_owned(), version: "1.0".to_owned(), port: String::new() }
}

/// Parses an address of creativecommons.org.
fn from_address(text: &str) -> Option<Licence> {
    let text = text.to_ascii_lowercase();
    let (_, path) = text.split_once("creativecommons.org/")?;
    let mut parts = path.split(['/', '?', '#']).map(str::trim);
    match (parts.next()?, parts.next()?) {
        ("publicdomain", "zero") => Some(mark("cc0")),
        ("publicdomain", "mark") => Some(mark("pdm")),
        ("licenses", "publicdomain") => Some(Licence::PublicDomain),
        ("licenses", code) => {
            let code = ordered(code.split('-'))?;
            let version = parts.next().filter(|part| is_version(part)).unwrap_or_default().to_owned();
            let port = parts.next().filter(|part| is_port(part)).unwrap_or_default().to_owned();
            Some(Licence::Cc { code, version, port })
        }
        _ => None,
    }
}

/// Parses a name such as `CC BY-SA 4.0`, `cc-by-sa-3.0-de`, `Creative Commons Attribution-Share Alike`, `by-nc` or `CC0`.
fn from_name(text: &str) -> Option<Licence> {
    let text = text.to_lowercase().replace("share alike", "sharealike").replace("share-alike", "sharealike");
    let text = text.replace("non-commercial", "nc").replace("non commercial", "nc").replace("creative commons", "cc");
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '.')
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let has = |word: &str| words.contains(&word);
    if has("cc0") || (has("cc") && has("zero")) || words == ["zero"] {
        return Some(mark("cc0"));
    }
    if has("pdm") || (has("public") && has("domain") && has("mark")) {
        return Some(mark("pdm"));
    }
    if has("pd") || text.contains("public domain") || has("publicdomain") {
        return Some(Licence::PublicDomain);
    }
    let terms: Vec<&str> = words.iter().filter_map(|word| term(word)).collect();
    // `by` is also an English word. A name without `cc` may contain only terms, a version and a country.
    let named = words.contains(&"cc");
    let bare = words.iter().all(|word| matches!(*word, "by" | "sa" | "nc" | "nd") || is_version(word) || is_port(word));
    let terms_alone = bare && words.first() == Some(&"by");
    if !(named || terms_alone) {
        return None;
    }
    let code = ordered(terms.into_iter())?;
    let at = words.iter().position(|word| is_version(word));
    let version = at.map(|at| words[at]).unwrap_or_default().to_owned();
    let port = at.and_then(|at| words.get(at + 1)).filter(|word| is_port(word)).copied().unwrap_or_default().to_owned();
    Some(Licence::Cc { code, version, port })
}

/// Returns the short name of a term of Creative Commons.
fn term(word: &str) -> Option<&'static str> {
    Some(match word {
        "by" | "attribution" => "by",
        "sa" | "sharealike" => "sa",
        "nc" | "noncommercial" => "nc",
        "nd" | "noderivatives" | "noderivs" | "noderivative" => "nd",
        _ => return None,
    })
}

/// Returns the code of a set of terms, in the usual order. `None` if no licence has these terms.
fn ordered<'a>(terms: impl Iterator<Item = &'a str>) -> Option<String> {
    let terms: Vec<&str> = terms.collect();
    let known = ["by", "nc", "nd", "sa"];
    if !terms.contains(&"by") || terms.iter().any(|term| !known.contains(term)) {
        return None;
    }
    let code = ["by", "nc", "sa", "nd"].into_iter().filter(|term| terms.contains(term)).collect::<Vec<_>>().join("-");
    ["by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd"].contains(&code.as_str()).then_some(code)
}

/// Returns whether `word` is a version such as `4.0`.
fn is_version(word: &str) -> bool {
    matches!(word.as_bytes(), [major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit())
}

/// Returns whether `word` is the country of an adapted version.
fn is_port(word: &str) -> bool {
    (word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_lowercase()) && term(word).is_none() && word != "cc")
        || matches!(word, "igo" | "scotland")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(name: &str, address: &str) -> String {
        Licence::read(name, address).map_or_else(|| "none".to_owned(), |licence| licence.to_string())
    }

    #[test]
    fn every_spelling_is_parsed() {
        for (name, address, expected) in [
            ("CC BY-SA 4.0", "", "CC-BY-SA-4.0"),
            ("cc-by-sa-3.0-de", "", "CC-BY-SA-3.0-DE"),
            ("CC BY-SA 3.0 de", "", "CC-BY-SA-3.0-DE"),
            ("by-sa", "https://creativecommons.org/licenses/by-sa/2.0/", "CC-BY-SA-2.0"),
            ("CC BY", "", "CC-BY"),
            ("Creative Commons Attribution-Share Alike 4.0 International", "", "CC-BY-SA-4.0"),
            ("Creative Commons Attribution-NonCommercial-NoDerivs 2.0", "", "CC-BY-NC-ND-2.0"),
            ("by-nc-sa", "", "CC-BY-NC-SA"),
            ("CC0", "", "CC0-1.0"),
            ("CC0 1.0", "http://creativecommons.org/publicdomain/zero/1.0/deed.en", "CC0-1.0"),
            ("Creative Commons Zero", "", "CC0-1.0"),
            ("pdm", "", "CC-PDM-1.0"),
            ("Public domain", "", "Public-Domain"),
            ("", "https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
            ("PD-US", "", "Public-Domain"),
            ("GFDL  1.2", "", "GFDL 1.2"),
            ("Used by permission", "", "Used by permission"),
            ("Attribution", "", "Attribution"),
            ("All rights reserved", "", "All rights reserved"),
            ("CC Sampling Plus 1.0", "", "CC Sampling Plus 1.0"),
            (" ", "", "none"),
        ] {
            assert_eq!(parse(name, address), expected, "{name} {address}");
        }
    }

    #[test]
    fn an_entry_of_the_configuration_covers_versions_but_no_other_terms() {
        let is = |name: &str, allowed: &str| Licence::read(name, "").is_some_and(|licence| licence.is(allowed));
        assert!(is("CC BY-SA 4.0", "by-sa") && is("CC BY-SA 4.0", "CC BY-SA") && is("CC BY-SA 4.0", "by-sa-4.0"));
        assert!(!is("CC BY-SA 4.0", "by") && !is("CC BY-SA 3.0", "by-sa-4.0") && !is("CC BY-NC 4.0", "by"));
        assert!(is("Public domain", "pdm") && is("pdm", "pdm") && !is("CC0", "pdm") && is("CC0", "cc0"));
        assert!(is("GFDL", "gfdl") && !is("Copyrighted", "by"));
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_parsed(name in "\\PC*", address in "\\PC*", allowed in "\\PC*") {
            if let Some(licence) = Licence::read(&name, &address) {
                let _ = (licence.is(&allowed), licence.address(), licence.title());
            }
        }

        #[test]
        fn every_displayed_name_is_parsed_back(code in 0..6usize, version in 1..5u8) {
            let code = ["by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd"][code].to_owned();
            let licence = Licence::Cc { code, version: format!("{version}.0"), port: String::new() };
            prop_assert_eq!(Licence::read(&licence.to_string(), ""), Some(licence.clone()));
            prop_assert_eq!(Licence::read(&licence.title(), ""), Some(licence.clone()));
            prop_assert_eq!(Licence::read("", &licence.address()), Some(licence));
        }
    }
}
