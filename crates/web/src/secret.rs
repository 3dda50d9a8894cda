//! Credentials that no text shows.

use std::fmt;

/// A credential: an API key or a token. `Debug` and `Display` write `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Returns `text` with `***` in place of the credential, plain or in the encodings of a URL.
    ///
    /// Texts from outside need this: an API can repeat a key in its error, and a URL can contain it.
    #[must_use]
    pub fn hide_in(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        let mut forms = vec![self.0.clone()];
        for encoded in [form_encoded(&self.0), wholly_encoded(&self.0)] {
            forms.extend([with_lower_case_escapes(&encoded), encoded]);
        }
        // One form can be a part of another, so the longest comes first.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.iter().fold(text.to_owned(), |text, form| text.replace(form.as_str(), MASK))
    }

    /// Returns the credential itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

const MASK: &str = "***";

/// Returns `value` as the query of a URL encodes it.
fn form_encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// Returns `value` with every byte except letters and digits percent-encoded. Some servers encode like this.
fn wholly_encoded(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() { text.push(char::from(byte)) } else { text += &format!("%{byte:02X}") }
    }
    text
}

/// Returns `encoded` with lower-case hexadecimal digits in its escapes.
fn with_lower_case_escapes(encoded: &str) -> String {
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
