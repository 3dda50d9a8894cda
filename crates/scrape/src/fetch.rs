//! One file from the web: asked for, looked at, kept.

use std::sync::Arc;

use anyhow::{Context, Result};
use contract::config::Scrape;
use imaging::Limits;
use pipeline::WriteThrough;
use tokio::sync::Semaphore;
use web::{Failure, Request, Response, Room, Web};

use crate::cache::Cache;
use crate::content::{self, SHARED_BYTES};
use crate::filter::MEDIA_TYPES;
use crate::journal::{Journal, Verdict};

/// What every fetch needs; cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    web: Web,
    cache: Cache,
    through: Arc<WriteThrough>,
    journal: Arc<Journal>,
    limits: Limits,
    limits_text: String,
    max_bytes: u64,
    /// Mebibytes of memory for decoding, lent to whoever decodes.
    memory: Arc<Semaphore>,
}

/// What a fetch ended with.
#[derive(Debug)]
pub enum Fetched {
    /// It is known now, and in the journal.
    Known(Verdict),
    /// The run's budget is used up: nothing is known of it.
    Exhausted(String),
}

const MEBIBYTE: u64 = 1 << 20;

impl Fetcher {
    /// A fetcher of a run; what it keeps is handed to `through`.
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

    /// Fetches `url`. An error is for what ends the whole run, such as a full disk.
    pub async fn fetch(&self, url: &str) -> Result<Fetched> {
        let refused = |reason: String| Verdict::Refused { reason, limits: self.limits_text.clone() };
        let answer = match web::parse_url(url) {
            Ok(address) => {
                let accept =
                    MEDIA_TYPES.iter().copied().chain(["image/jpg", "application/octet-stream", "binary/octet-stream"]);
                self.web.get(&Request::picture(address).accept(accept).max_bytes(self.max_bytes)).await
            }
            Err(failure) => Err(failure),
        };
        let verdict = match answer {
            Ok(Response { body, room, .. }) => match self.look(body, room).await? {
                Ok(content) => Verdict::Image(Arc::new(content)),
                Err(reason) => refused(reason),
            },
            Err(Failure::Refused(reason)) => refused(reason.to_string()),
            Err(Failure::Later(reason)) => Verdict::Later(reason.to_string()),
            Err(Failure::Exhausted(reason)) => return Ok(Fetched::Exhausted(reason.to_string())),
        };
        tracing::info!(url, verdict = told(&verdict), "fetched");
        self.journal.record_verdict(url, verdict.clone())?;
        Ok(Fetched::Known(verdict))
    }

    /// Looks at a body, and keeps it when it is a picture; then its room is free.
    async fn look(&self, body: Vec<u8>, room: Option<Room>) -> Result<Result<content::Content, String>> {
        let header = match content::inspect(&body, &self.limits) {
            Ok(header) => header,
            Err(reason) => return Ok(Err(reason)),
        };
        let share = header.memory.div_ceil(MEBIBYTE).min(SHARED_BYTES / MEBIBYTE) as u32;
        let loan = Arc::clone(&self.memory).acquire_many_owned(share).await.context("no memory is lent any more")?;
        let (limits, cache, through) = (self.limits, self.cache.clone(), Arc::clone(&self.through));
        let work = tokio::task::spawn_blocking(move || {
            let _held = (loan, room);
            let content = match content::examine(&body, &header, &limits) {
                Ok(content) => content,
                Err(reason) => return Ok(Err(reason)),
            };
            through.add(cache.put(&content, &body)?);
            Ok(Ok(content))
        });
        work.await.context("a picture's decoder failed")?
    }
}

/// A verdict in a word and its reason.
fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Image(content) => format!("picture {}", content.hash),
        Verdict::Refused { reason, .. } => format!("refused: {reason}"),
        Verdict::Later(reason) => format!("later: {reason}"),
    }
}
