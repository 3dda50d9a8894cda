//! The sources, one per file or folder.
//!
//! docs/recipes.md has the steps for a new source.

pub mod commons;
pub mod drawn;
pub mod folder;
pub mod google;
pub mod openverse;
mod search;
pub mod urls;

use contract::config::SourceConfig;
use web::Secret;

use self::commons::Commons;
use self::drawn::Drawn;
use self::folder::Folder;
use self::google::{ENGINE, Google, KEY};
use self::openverse::{Openverse, TOKEN, bearer};
use self::urls::Urls;
use crate::source::Source;
use crate::view::ScrapeView;

/// The credentials from the environment. The configuration contains none, so no file of a run contains them.
#[derive(Debug, Default, Clone)]
pub struct Credentials {
    openverse: Option<Secret>,
    google: Option<(Secret, Secret)>,
    /// All secrets, to be removed from every text.
    pub all: Vec<Secret>,
}

impl Credentials {
    /// Returns whether the environment contains Google's API key and engine id.
    pub fn has_google(&self) -> bool {
        self.google.is_some()
    }

    /// Reads the credentials from the environment.
    pub fn from_environment() -> Self {
        let read =
            |name: &str| std::env::var(name).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let (token, key, engine) = (read(TOKEN), read(KEY), read(ENGINE));
        Self {
            openverse: token.as_deref().map(bearer),
            google: key.clone().zip(engine.clone()).map(|(key, engine)| (Secret::new(key), Secret::new(engine))),
            all: [token, key, engine].into_iter().flatten().map(Secret::new).collect(),
        }
    }
}

/// Creates the sources of the configuration, in its order.
pub fn open<'a>(config: &'a ScrapeView, credentials: &Credentials) -> Vec<Box<dyn Source + 'a>> {
    let scrape = &config.scrape;
    let shared = &scrape.classes;
    let source = |settings: &'a SourceConfig| -> Box<dyn Source + 'a> {
        match settings {
            SourceConfig::Drawn { per_class } => Box::new(Drawn { per_class: *per_class, seed: config.seed }),
            SourceConfig::Folder { path, exclude } => Box::new(Folder::new(path, exclude)),
            SourceConfig::Urls(settings) => Box::new(Urls::new(settings)),
            SourceConfig::Commons(search) => Box::new(Commons { search, shared }),
            SourceConfig::Openverse(search) => {
                let token = credentials.openverse.clone();
                Box::new(Openverse { search, shared, licences: &scrape.licences, token })
            }
            SourceConfig::Google(search) => {
                let (credentials, filtered) = (credentials.google.clone(), !scrape.licences.is_empty());
                Box::new(Google { search, shared, credentials, filtered })
            }
        }
    };
    scrape.sources.iter().map(source).collect()
}
