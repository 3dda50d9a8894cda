//! Links to the files beside the report.

/// A link to a file beside the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What one clicks on.
    pub name: String,
    /// The address, percent-encoded.
    address: String,
}

impl Link {
    /// A link to `path`, relative to the report's folder, `/` between folders. It reads the file's name.
    pub fn to(path: &str) -> Self {
        Self { name: path.rsplit('/').next().unwrap_or(path).to_owned(), address: address(path) }
    }

    /// A link to `path` that reads `name`.
    pub fn named(name: &str, path: &str) -> Self {
        Self { name: name.to_owned(), address: address(path) }
    }

    /// The address for use in an attribute.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// `path` with everything percent-encoded that means something else in an address.
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
