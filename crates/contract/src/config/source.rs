//! `[[scrape.sources]]`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

/// Search words for each class.
pub type SearchWords = BTreeMap<String, Vec<String>>;

const PER_CLASS: usize = 120;

fn per_class() -> usize {
    PER_CLASS
}

/// A source of images. The key `kind` selects the variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum SourceConfig {
    /// Drawn cats, dogs and flowers.
    #[default]
    Drawn {
        /// Number of images of each class.
        #[serde(default = "per_class")]
        #[schemars(range(min = 1, max = 100_000))]
        #[default = 120]
        per_class: usize,
    },
    /// A folder with one sub-folder for each class.
    Folder {
        /// The folder.
        #[schemars(length(min = 1))]
        path: PathBuf,
        /// Files and folders that are left out, such as `["*.gif", "cat/old", "unsorted"]`. A pattern without `/` matches a name
        /// at any depth. A pattern with `/` matches the path below `path`. `*` and `?` do not match `/`, and `**` matches any
        /// number of folders.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schemars(extend("default" = Vec::<String>::new()))]
        exclude: Vec<String>,
    },
    /// A list of addresses: a table with a column `url` (and `class`), separated by commas, semicolons or tabs, or a text file
    /// with one address per line.
    Urls(UrlList),
    /// Wikimedia Commons, or another wiki with the same API.
    Commons(SearchSource),
    /// Openverse.
    Openverse(SearchSource),
    /// Google's Programmable Search Engine.
    Google(SearchSource),
}

/// The kind of a source, as in the key `kind` of a source and in the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// [`SourceConfig::Drawn`].
    Drawn,
    /// [`SourceConfig::Folder`].
    Folder,
    /// [`SourceConfig::Urls`].
    Urls,
    /// [`SourceConfig::Commons`].
    Commons,
    /// [`SourceConfig::Openverse`].
    Openverse,
    /// [`SourceConfig::Google`].
    Google,
}

impl SourceKind {
    /// Returns the name of the kind in the configuration and in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drawn => "drawn",
            Self::Folder => "folder",
            Self::Urls => "urls",
            Self::Commons => "commons",
            Self::Openverse => "openverse",
            Self::Google => "google",
        }
    }

    /// Returns whether the images come over the network.
    pub fn is_web(self) -> bool {
        match self {
            Self::Urls | Self::Commons | Self::Openverse | Self::Google => true,
            Self::Drawn | Self::Folder => false,
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        to.write_str(self.name())
    }
}

/// A list of addresses: a table with a column `url`, or a text file with one address per line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UrlList {
    /// The file.
    #[schemars(length(min = 1))]
    pub path: PathBuf,
    /// The class of every row that names no class.
    #[serde(default)]
    pub class: String,
    /// Number of images of each class. 0 takes all.
    #[serde(default)]
    pub per_class: usize,
}

/// A source that searches the web.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSource {
    /// Number of images of each class.
    #[default(_code = "PER_CLASS")]
    #[schemars(range(min = 1, max = 100_000))]
    pub per_class: usize,
    /// Address of the API, when it is not the usual one.
    pub api: String,
    /// Requested width in pixels, where the source offers smaller versions. 0 requests the original.
    #[default = 960]
    #[schemars(range(max = 10_000))]
    pub width: u32,
    /// Search words for each class. Empty: the words of `[scrape.classes]`.
    pub classes: SearchWords,
}

impl SourceConfig {
    /// Returns the kind of the source.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Drawn { .. } => SourceKind::Drawn,
            Self::Folder { .. } => SourceKind::Folder,
            Self::Urls(_) => SourceKind::Urls,
            Self::Commons(_) => SourceKind::Commons,
            Self::Openverse(_) => SourceKind::Openverse,
            Self::Google(_) => SourceKind::Google,
        }
    }

    /// Returns whether the images come over the network.
    pub fn is_web(&self) -> bool {
        self.kind().is_web()
    }

    /// Returns the file or folder of the user that the source reads.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Folder { path, .. } => Some(path),
            Self::Urls(list) => Some(&list.path),
            Self::Drawn { .. } | Self::Commons(_) | Self::Openverse(_) | Self::Google(_) => None,
        }
    }

    /// Returns the patterns of files and folders that the source leaves out.
    pub fn exclude(&self) -> &[String] {
        match self {
            Self::Folder { exclude, .. } => exclude,
            Self::Drawn { .. } | Self::Urls(_) | Self::Commons(_) | Self::Openverse(_) | Self::Google(_) => &[],
        }
    }

    /// Returns the settings of a source that searches the web.
    pub fn search(&self) -> Option<&SearchSource> {
        match self {
            Self::Commons(search) | Self::Openverse(search) | Self::Google(search) => Some(search),
            Self::Drawn { .. } | Self::Folder { .. } | Self::Urls(_) => None,
        }
    }
}
