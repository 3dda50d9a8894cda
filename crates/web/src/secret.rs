//! Credentials that no text may show.

use std::fmt;

/// A credential: an API key or a token. Its text forms are always `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes `value` out of sight.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// `text` without the credential, wherever it stands in it, plain or as an address encodes it.
    ///
    /// For texts that others made: an API that repeats the key in its error, an address that carries it.
    #[must_use]
    pub fn hide_in(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        let mut forms = vec![self.0.clone()];
        for encoded in [form_encoded(&self.0), wholly_encoded(&self.0)] {
            forms.extend([small_digits(&encoded), encoded]);
        }
        // The longest first: a form may be part of another.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.iter().fold(text.to_owned(), |text, form| text.replace(form.as_str(), MASK))
    }

    /// The credential itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

const MASK: &str = "***";

/// As the query of an address encodes it.
fn form_encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// With every byte that is not a letter or a digit percent-encoded, as some servers do.
fn wholly_encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() { text.push(char::from(byte)) } else { text += &format!("%{byte:02X}") }
    }
    text
}

/// With small digits in its escapes.
fn small_digits(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len().min(2);
        text += &format!("%{}{}", part[..digits].to_ascii_lowercase(), &part[digits..]);
    }
    text
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}
