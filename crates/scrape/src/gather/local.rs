//! Gathering from sources on this machine. Files are copied without changes and without checks.

use std::sync::Arc;

use anyhow::Result;
use imaging::Fingerprint;
use pipeline::stop;
use rayon::prelude::*;

use crate::api_client::ApiClient;
use crate::candidate_queue::{CandidateQueue, FileState};
use crate::content;
use crate::contents::Contents;
use crate::journal::Journal;
use crate::source::Source;
use crate::store::{Store, path_of};
use crate::view::Run;

/// Fills the queues of the sources that need no network and copies their files. With `looks`, it also decodes each file and records its
/// size and its look, so that copies from the web are found.
///
/// # Errors
/// Returns an error when the run is stopped or the artifact folder cannot be written. An unreadable file is a refused candidate instead.
pub fn gather(
    run: &Run,
    sources: &[Box<dyn Source + '_>],
    queues: &mut [CandidateQueue],
    contents: &mut Contents,
    looks: bool,
) -> Result<()> {
    let api = ApiClient::offline(Arc::new(Journal::read(run.folder())));
    list(sources, &api, queues)?;
    let store = Store::new(run)?;
    let limits = content::limits(&run.config.scrape);
    let mut places = Vec::new();
    for (at, queue) in queues.iter().enumerate().filter(|(_, queue)| !queue.on_web) {
        places.extend((0..queue.slots.len()).map(|slot| (at, slot)));
    }
    if places.is_empty() {
        return Ok(());
    }
    let progress = run.progress("gathering images", places.len());
    let copy = |(at, slot): &(usize, usize)| {
        stop::check()?;
        let queue = &queues[*at];
        let class = &queue.quota.class;
        let opened = sources[queue.source].open(class, &queue.slots[*slot].candidate);
        let copied = match opened.unwrap_or_else(|| Err(std::io::Error::other("the source does not have it"))) {
            Ok(from) => store.put(class, from)?,
            Err(error) => Err(error),
        };
        let mut copied = copied.map_err(|error| format!("it cannot be read: {error}"));
        if let (Ok(content), true) = (&mut copied, looks)
            && let Ok(image) = imaging::read(&run.folder().join(path_of(class, content)), &limits)
        {
            (content.width, content.height) = (image.width(), image.height());
            content.look = Fingerprint::of(&image).to_hex();
        }
        progress.inc(1);
        Ok(copied)
    };
    let copied: Result<Vec<_>> = places.par_iter().map(copy).collect();
    progress.finish();
    for ((at, slot), copied) in places.iter().zip(copied?) {
        queues[*at].slots[*slot].file = match copied {
            Ok(content) => FileState::Image(contents.add(Arc::new(content), true)),
            Err(reason) => FileState::Refused(reason),
        };
    }
    Ok(())
}

/// Adds every page of the sources that need no network to `queues`.
pub fn list(sources: &[Box<dyn Source + '_>], api: &ApiClient, queues: &mut [CandidateQueue]) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for queue in queues.iter_mut().filter(|queue| !queue.on_web) {
        while let Some((query, from)) = queue.next_page().map(|(query, from)| (query, from.map(str::to_owned))) {
            let class = queue.quota.class.clone();
            let words = queue.quota.queries[query].clone();
            let page = runtime.block_on(sources[queue.source].page(api, &class, &words, from.as_deref()))?;
            queue.add(query, page);
        }
    }
    Ok(())
}
