//! Links to files next to the report.

/// A link to a file next to the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The text of the link.
    pub name: String,
    /// The percent-encoded address.
    address: String,
}

impl Link {
    /// Returns a link to `path` whose text is the name of the file. `path` is relative to the folder of the report and has `/`
    /// between folders.
    pub fn to(path: &str) -> Self {
        Self { name: path.rsplit('/').next().unwrap_or(path).to_owned(), address: address(path) }
    }

    /// Returns a link to `path` whose text is `name`.
    pub fn named(name: &str, path: &str) -> Self {
        Self { name: name.to_owned(), address: address(path) }
    }

    /// Returns the address for an attribute.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// Percent-encodes the characters of `path` that have a special meaning in an address.
fn address(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
