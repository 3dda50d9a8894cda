//! The file `setup.json` in the data folder. It lists the installed parts, their sources and the hashes of their files.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The name of the receipt in the data folder.
pub const RECEIPT: &str = "setup.json";

/// The installed parts by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Receipt(BTreeMap<String, Part>);

/// An installed part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The source of the part at the time of installation.
    pub source: String,
    /// The SHA-256 of each file by its path in the data folder, with `/` between names.
    pub files: BTreeMap<String, String>,
}

impl Receipt {
    /// Reads the receipt of the folder `data`. Returns `None` when it is missing or damaged.
    pub fn read(data: &Path) -> Option<Self> {
        let path = data.join(RECEIPT);
        // A pipe at this path would block the process.
        if !fs_err::metadata(&path).ok()?.is_file() {
            return None;
        }
        serde_json::from_slice(&fs_err::read(path).ok()?).ok()
    }

    /// Returns the part `name`.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.0.get(name)
    }

    /// Returns the SHA-256 of the file `file`, a path in the data folder with `/` between names, if `setup` installed it.
    pub fn sha256(&self, file: &str) -> Option<&str> {
        self.0.values().find_map(|part| part.files.get(file)).map(String::as_str)
    }

    /// Records that the part `name` is installed.
    pub fn record(&mut self, name: &str, part: Part) {
        self.0.insert(name.to_owned(), part);
    }

    /// Returns the receipt as JSON with a newline at the end.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| unreachable!("a receipt has only values that JSON can represent: {error}"));
        text + "\n"
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_receipt_is_read_as_it_was_written_and_damage_counts_as_missing() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(Receipt::read(data.path()), None);
        let mut receipt = Receipt::default();
        let files = BTreeMap::from([("networks/tiny/model.onnx".to_owned(), "ab".repeat(32))]);
        receipt.record("network tiny", Part { source: "first".to_owned(), files });
        let path = data.path().join(RECEIPT);
        fs_err::write(&path, receipt.to_json()).unwrap();
        assert_eq!(Receipt::read(data.path()), Some(receipt.clone()));
        assert_eq!(receipt.sha256("networks/tiny/model.onnx"), Some("ab".repeat(32).as_str()));
        assert_eq!(receipt.sha256("networks/tiny/network.json"), None);
        fs_err::write(&path, &receipt.to_json()[..40]).unwrap();
        assert_eq!(Receipt::read(data.path()), None);
        fs_err::remove_file(&path).unwrap();
        fs_err::create_dir(&path).unwrap();
        assert_eq!(Receipt::read(data.path()), None);
    }
}
