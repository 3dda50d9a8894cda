//! Opening a network: its files have to belong together, and those that `setup` installed have to be unchanged.

use std::path::{Path, PathBuf};

use installed::{Comparison, Receipt, sha256};

use crate::ZooError;
use crate::network::{self, DESCRIPTION, MODEL, Network};
use crate::sources::source;

/// Who made a network in the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Setup,
    User,
}

impl Network {
    /// Opens the network `name` in the folder `data`. Returns its description and the path of its model.
    ///
    /// Both files of a network that `setup` installed have to be the installed ones. The model of a user's own network has to be the
    /// one that its description names.
    ///
    /// # Errors
    /// Returns an error when the name is not allowed, there is no such network, or one of its files has changed.
    pub fn open(data: &Path, name: &str) -> Result<(Self, PathBuf), ZooError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
            return Err(ZooError::Name(name.to_owned()));
        }
        let folder = data.join("networks").join(name);
        let path = folder.join(DESCRIPTION);
        if !path.exists() {
            return Err(ZooError::NotInstalled { name: name.to_owned(), path });
        }
        let bytes = network::read_description(&path)?;
        let origin = origin_of(data, name, &bytes)?;
        let network = Self::parse(&path, &bytes)?;
        network.check_model(data, &folder, origin)
    }

    /// Opens the tuned network in `folder`. Returns its description and the path of its model.
    ///
    /// # Errors
    /// Returns an error when the description is not valid, or the SHA-256 of the model differs from the description.
    pub fn open_folder(folder: &Path) -> Result<(Self, PathBuf), ZooError> {
        let network = Self::read(folder)?;
        let model = folder.join(MODEL);
        let found = installed::sha256_file(&model).map_err(|error| network::file(&model, error))?;
        if found != network.sha256 {
            return Err(ZooError::Altered { path: model, expected: network.sha256, found });
        }
        Ok((network, model))
    }

    /// Checks that the model in `folder` is the one that the description names.
    fn check_model(self, data: &Path, folder: &Path, origin: Origin) -> Result<(Self, PathBuf), ZooError> {
        let model = folder.join(MODEL);
        match installed::compare(data, &model, &self.sha256) {
            Ok(Comparison::Equal) => Ok((self, model)),
            Ok(Comparison::Other(found)) => Err(ZooError::Altered { path: model, expected: self.sha256, found }),
            Err(error) if origin == Origin::Setup => Err(ZooError::InstalledFile { path: model, error }),
            Err(error) => Err(network::file(&model, error)),
        }
    }
}

/// Returns whether `setup` installed the network `name`, whose description is `bytes`.
///
/// # Errors
/// Returns an error when `setup` installed another description, and when the receipt that could tell is missing.
fn origin_of(data: &Path, name: &str, bytes: &[u8]) -> Result<Origin, ZooError> {
    let path = data.join("networks").join(name).join(DESCRIPTION);
    let Some(receipt) = Receipt::read(data) else {
        return match source(name) {
            Ok(_) => Err(ZooError::NoReceipt { name: name.to_owned(), path: data.join(installed::RECEIPT) }),
            Err(_) => Ok(Origin::User),
        };
    };
    let Some(expected) = receipt.sha256(&format!("networks/{name}/{DESCRIPTION}")) else { return Ok(Origin::User) };
    let found = sha256(bytes);
    if found != expected {
        return Err(ZooError::Changed { path });
    }
    Ok(Origin::Setup)
}
