//! Fetching one image from the web: request it, check it, store it.

use std::sync::Arc;

use anyhow::{Context, Result};
use contract::config::Scrape;
use imaging::Limits;
use pipeline::WriteThrough;
use tokio::sync::Semaphore;
use web::{BodyPermit, Failure, Request, Response, Web};

use crate::cache::Cache;
use crate::content::{self, SHARED_BYTES};
use crate::filter::MEDIA_TYPES;
use crate::journal::{Journal, Verdict};

/// A client that fetches images and stores them in the cache. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Fetcher {
    web: Web,
    cache: Cache,
    through: Arc<WriteThrough>,
    journal: Arc<Journal>,
    limits: Limits,
    limits_text: String,
    max_bytes: u64,
    /// The memory for decoding, in MiB. Each decoder takes its share.
    memory: Arc<Semaphore>,
}

/// The result of a fetch.
#[derive(Debug)]
pub enum Fetched {
    /// The verdict on the file, which is in the journal.
    Known(Verdict),
    /// A budget of the run is used up. The file was not fetched.
    Exhausted(String),
}

const MEBIBYTE: u64 = 1 << 20;

impl Fetcher {
    /// Creates the fetcher of a run. `through` writes the stored files through to the disk.
    pub fn new(web: Web, cache: Cache, through: Arc<WriteThrough>, journal: Arc<Journal>, scrape: &Scrape) -> Self {
        Self {
            web,
            cache,
            through,
            journal,
            limits: content::limits(scrape),
            limits_text: content::limits_text(scrape),
            max_bytes: scrape.max_file_mb * MEBIBYTE,
            memory: Arc::new(Semaphore::new((SHARED_BYTES / MEBIBYTE) as usize)),
        }
    }

    /// Fetches `url`, stores the image, and records the verdict in the journal.
    ///
    /// # Errors
    /// Returns an error that ends the whole run, such as a full disk. A failed request is a verdict instead.
    pub async fn fetch(&self, url: &str) -> Result<Fetched> {
        let refused = |reason: String| Verdict::Refused { reason, limits: self.limits_text.clone() };
        let answer = match web::parse_url(url) {
            Ok(address) => {
                let accept =
                    MEDIA_TYPES.iter().copied().chain(["image/jpg", "application/octet-stream", "binary/octet-stream"]);
                self.web.get(&Request::image(address).accept(accept).max_bytes(self.max_bytes)).await
            }
            Err(failure) => Err(failure),
        };
        let verdict = match answer {
            Ok(Response { body, permit, .. }) => match self.look(body, permit).await? {
                Ok(content) => Verdict::Image(Arc::new(content)),
                Err(reason) => refused(reason),
            },
            Err(Failure::Refused(reason)) => refused(reason.to_string()),
            Err(Failure::Later(reason)) => Verdict::Later(reason.to_string()),
            Err(Failure::Exhausted(reason)) => return Ok(Fetched::Exhausted(reason.to_string())),
        };
        tracing::info!(url, verdict = describe(&verdict), "fetched");
        self.journal.record_verdict(url, verdict.clone())?;
        Ok(Fetched::Known(verdict))
    }

    /// Checks a body and stores it when it is an image. The permit is returned when the check ends.
    async fn look(&self, body: Vec<u8>, permit: Option<BodyPermit>) -> Result<Result<content::Content, String>> {
        let header = match content::inspect(&body, &self.limits) {
            Ok(header) => header,
            Err(reason) => return Ok(Err(reason)),
        };
        let share = header.memory.div_ceil(MEBIBYTE).min(SHARED_BYTES / MEBIBYTE) as u32;
        let loan =
            Arc::clone(&self.memory).acquire_many_owned(share).await.context("the memory for decoding is gone")?;
        let (limits, cache, through) = (self.limits, self.cache.clone(), Arc::clone(&self.through));
        let work = tokio::task::spawn_blocking(move || {
            let _held = (loan, permit);
            let content = match content::examine(&body, &header, &limits) {
                Ok(content) => content,
                Err(reason) => return Ok(Err(reason)),
            };
            through.add(cache.put(&content, &body)?);
            Ok(Ok(content))
        });
        work.await.context("a decoder panicked")?
    }
}

/// Returns a verdict as one word with its reason.
fn describe(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Image(content) => format!("image {}", content.hash),
        Verdict::Refused { reason, .. } => format!("refused: {reason}"),
        Verdict::Later(reason) => format!("later: {reason}"),
    }
}
