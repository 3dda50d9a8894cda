//! The work of the stage: it asks sources, fetches files and decides in turns until no image is missing.

mod host_queue;
mod local;
mod memory;
mod online;

use std::sync::Arc;

use anyhow::Result;
use pipeline::WriteThrough;
use web::Web;

use crate::api_client::ApiClient;
use crate::cache::Cache;
use crate::candidate_queue::CandidateQueue;
use crate::content;
use crate::contents::Contents;
use crate::fetch::Fetcher;
use crate::filter::Filter;
use crate::journal::Journal;
use crate::live::Live;
use crate::selection::{Selection, select};
use crate::source::{Notice, Source};
use crate::sources::Credentials;
use crate::view::Run;
pub use local::list;
pub use memory::Memory;

/// The options of the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// Fetch only files that failed before, and send only requests to the sources that failed before.
    pub retry_failed: bool,
    /// Ask the sources again instead of using their remembered answers.
    pub ask_again: bool,
}

/// All candidates, their files, and the decision about each.
#[derive(Debug)]
pub struct Gathered {
    /// The queues, by source and class.
    pub queues: Vec<CandidateQueue>,
    /// The files.
    pub contents: Contents,
    /// The decision.
    pub selection: Selection,
    /// The reason when a budget ended the work early.
    pub exhausted: Option<String>,
}

/// Creates an empty queue for each source and class.
pub fn queues(sources: &[Box<dyn Source + '_>]) -> Result<Vec<CandidateQueue>> {
    let mut queues = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        queues.extend(source.quotas()?.into_iter().map(|quota| CandidateQueue::new(index, source.kind(), quota)));
    }
    Ok(queues)
}

/// Gathers the images of all sources. `web` is present when a source needs it.
///
/// # Errors
/// Returns an error when the run is stopped or a file cannot be written. A failed request is recorded with its candidate instead.
pub fn gather(
    run: &Run,
    sources: &[Box<dyn Source + '_>],
    credentials: &Credentials,
    wish: Wish,
    web: Option<&Web>,
) -> Result<Gathered> {
    let scrape = &run.config.scrape;
    for notice in sources.iter().flat_map(|source| source.notices()) {
        match notice {
            Notice::Note(text) => run.say(&text),
            Notice::Warning(text) => run.warn(&text),
        }
    }
    fs_err::create_dir_all(run.home().join(crate::cache::FOLDER))?;
    let journal = Arc::new(Journal::open(&Cache::journal(run.home()))?);
    let only = wish.retry_failed.then(|| journal.failed().into_iter().collect());
    if wish.ask_again {
        journal.forget_answers();
    }
    let cache = Cache::new(run.home());
    let memory = Memory { journal, cache, limits: content::limits_text(scrape), only };
    let mut queues = queues(sources)?;
    let mut contents = Contents::new(scrape.near_duplicate_distance);
    local::gather(run, sources, &mut queues, &mut contents, web.is_some())?;
    let filter = Filter::new(scrape);
    let mut exhausted = None;
    if let Some(web) = web {
        let secrets = credentials.all.clone();
        let mut api = ApiClient::new(Some(web.clone()), Arc::clone(&memory.journal), secrets, scrape.web.retries);
        if memory.only.is_some() {
            api.restrict(memory.journal.unanswered());
        }
        let through = Arc::new(WriteThrough::begin());
        let (cache, journal) = (memory.cache.clone(), Arc::clone(&memory.journal));
        let fetcher = Fetcher::new(web.clone(), cache, Arc::clone(&through), journal, scrape);
        let live = Live::new(run);
        let online =
            online::Online { sources, memory: &memory, filter: &filter, api: &api, fetcher: &fetcher, live: &live };
        let limits = online::FetchLimits { total: scrape.web.parallel * 4, per_host: scrape.web.per_host + 1 };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(run.threads().min(4))
            .max_blocking_threads(run.threads())
            .enable_all()
            .build()?;
        exhausted = runtime.block_on(online.gather(&mut queues, &mut contents, limits))?;
        live.finish();
        through.finish()?;
    }
    let selection = select(&queues, &contents, &filter);
    Ok(Gathered { queues, contents, selection, exhausted })
}
