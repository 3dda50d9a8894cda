//! Fetches one file from a Python package index. It builds and unpacks nothing, and it runs nothing of a package.
//!
//! [`IndexSettings::of_user`] reads the settings that the user has made for pip: the index with its credentials, the proxy, the certificates.
//! [`Index::fetch`] finds the file by its name in the index (PEP 503 and PEP 691), downloads it, and accepts it only with the known
//! size and SHA-256.
//!
//! `pip download` is not an alternative. For a source distribution, it runs the build scripts of the package, and installs what these
//! scripts require from the index.

mod client;
mod default_index;
mod download;
mod error;
mod html;
mod index;
mod ini;
mod listing;
mod local;
mod names;
mod netrc;
mod retry;
mod settings;
mod tls;
mod wanted;

pub use download::Event;
pub use error::{FetchError, IndexSettingsError, Tried};
pub use index::Index;
pub use settings::{Environment, IndexSettings};
pub use wanted::Wanted;
