//! Finds a file in the sources of the user and fetches it.

use std::path::{Path, PathBuf};

use tokio::runtime::Runtime;
use url::Url;

use crate::client::{Client, Trouble, failed};
use crate::download::{Ended, Event, download};
use crate::error::{FetchError, IndexSettingsError, Tried};
use crate::listing::{self, ListedFile};
use crate::local;
use crate::names::{normalized, shown};
use crate::retry::Retry;
use crate::settings::IndexSettings;
use crate::wanted::Wanted;

/// The largest page of an index in bytes.
const LARGEST_PAGE: usize = 64 << 20;

/// The package indexes of a user.
#[derive(Debug)]
pub struct Index {
    client: Client,
    runtime: Runtime,
}

/// A source of files.
enum FileSource {
    /// A folder or a file.
    Local(PathBuf),
    /// A page with links.
    Page(Url),
}

/// The answer of one source.
enum Answer {
    /// The file was fetched.
    Fetched,
    /// The source does not have the file.
    Missing(String),
    /// The source has another file of this name.
    OtherFile(String),
    /// The source does not answer as it should.
    Failed(String),
}

impl Index {
    /// Prepares requests with the settings of the user. Sends no request.
    ///
    /// # Errors
    /// Returns an error when a certificate or a proxy that the settings name cannot be used.
    ///
    /// # Panics
    /// Panics when the operating system has no more resources for a timer.
    pub fn open(settings: IndexSettings) -> Result<Self, IndexSettingsError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("the operating system has no resources left: {error}"));
        Ok(Self { client: Client::new(settings)?, runtime })
    }

    /// Fetches the file `wanted` into the folder `folder`, which exists. Returns its path.
    ///
    /// `find-links` comes first, then `index-url`, then `extra-index-url`. An unfinished download stays in `folder` as
    /// `<file>.part`, and the next call continues it.
    ///
    /// # Errors
    /// Returns an error when no source has the file with this size and SHA-256, and when it cannot be written.
    pub fn fetch(&self, wanted: &Wanted, folder: &Path, report: &mut dyn FnMut(Event)) -> Result<PathBuf, FetchError> {
        let file = || wanted.file.to_owned();
        let disk = |source| FetchError::Disk { file: file(), source };
        let part = folder.join(format!("{}.part", wanted.file));
        let (mut tried, mut failed, mut other) = (Vec::new(), false, None);
        for source in self.sources(wanted) {
            let answer = match &source {
                FileSource::Local(path) => {
                    if local::copy(path, wanted, &part).map_err(disk)? {
                        Answer::Fetched
                    } else {
                        Answer::Missing("does not have the file".to_owned())
                    }
                }
                FileSource::Page(url) => {
                    self.runtime.block_on(self.fetch_by_page(url, wanted, &part, report)).map_err(disk)?
                }
            };
            let answer = match answer {
                Answer::Fetched => {
                    let path = folder.join(wanted.file);
                    fs_err::rename(&part, &path).map_err(disk)?;
                    return Ok(path);
                }
                Answer::Missing(answer) => answer,
                Answer::OtherFile(reason) => {
                    other.get_or_insert_with(|| reason.clone());
                    reason
                }
                Answer::Failed(answer) => {
                    failed = true;
                    answer
                }
            };
            let source = match source {
                FileSource::Local(path) => path.display().to_string(),
                FileSource::Page(url) => shown(&url),
            };
            tried.push(Tried { source, answer });
        }
        Err(match other {
            Some(reason) => FetchError::OtherFile { file: file(), reason },
            None if failed => FetchError::Failed { file: file(), tried },
            None => FetchError::NotFound { file: file(), tried },
        })
    }

    fn sources(&self, wanted: &Wanted) -> Vec<FileSource> {
        let settings = self.client.settings();
        let links = settings.links.iter().filter_map(|link| match local::path_of(link) {
            Some(path) => Some(FileSource::Local(path)),
            None => Url::parse(link).ok().map(FileSource::Page),
        });
        let pages = settings.indexes.iter().map(|index| {
            let mut page = index.clone();
            if let Ok(mut segments) = page.path_segments_mut() {
                segments.pop_if_empty().push(&normalized(wanted.package)).push("");
            }
            FileSource::Page(page)
        });
        links.chain(pages).collect()
    }

    /// Fetches the file from the links of a page.
    async fn fetch_by_page(
        &self,
        page: &Url,
        wanted: &Wanted<'_>,
        part: &Path,
        report: &mut dyn FnMut(Event<'_>),
    ) -> std::io::Result<Answer> {
        let entries = match self.read_page(page, report).await {
            Ok(entries) => entries,
            Err(Trouble::Missing(answer)) => return Ok(Answer::Missing(answer)),
            Err(Trouble::Temporary(answer, _) | Trouble::Final(answer)) => return Ok(Answer::Failed(answer)),
        };
        let Some(entry) = entries.into_iter().find(|entry| entry.file == wanted.file) else {
            return Ok(Answer::Missing("does not have the file".to_owned()));
        };
        if let Some(sha256) = entry.sha256.filter(|sha256| sha256 != wanted.sha256) {
            return Ok(Answer::OtherFile(format!("its SHA-256 is {sha256}, not {}", wanted.sha256)));
        }
        report(Event::Source(&shown(&entry.url)));
        match download(&self.client, &entry.url, wanted, part, report).await {
            Ok(()) => Ok(Answer::Fetched),
            Err(Ended::Disk(error)) => Err(error),
            Err(Ended::OtherFile(reason)) => Ok(Answer::OtherFile(reason)),
            Err(Ended::Trouble(Trouble::Temporary(why, _) | Trouble::Final(why) | Trouble::Missing(why))) => {
                Ok(Answer::Failed(format!("{}: {why}", shown(&entry.url))))
            }
        }
    }

    /// Reads the links of a page.
    async fn read_page(&self, page: &Url, report: &mut dyn FnMut(Event<'_>)) -> Result<Vec<ListedFile>, Trouble> {
        let mut retry = Retry::new(self.client.settings());
        loop {
            let trouble = match self.try_page(page).await {
                Ok((text, address)) => return listing::parse(&text, &address).map_err(Trouble::Final),
                Err(trouble) => trouble,
            };
            let (wait, why) = retry.after(trouble)?;
            report(Event::Waiting(&why, wait));
            tokio::time::sleep(wait).await;
        }
    }

    async fn try_page(&self, page: &Url) -> Result<(String, Url), Trouble> {
        let (mut response, address) = self.client.get(page, listing::ACCEPT, 0).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST_PAGE {
                return Err(Trouble::Final(format!("the page is larger than {} MiB", LARGEST_PAGE >> 20)));
            }
        }
        Ok((String::from_utf8_lossy(&bytes).into_owned(), address))
    }
}
