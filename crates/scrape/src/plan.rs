//! The plan that `--dry-run` prints: the requests and downloads of a run, computed from the journal without any request.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use pipeline::{Align, StageFolder, Table};

use crate::api_client::{ApiClient, Stop};
use crate::cache::Cache;
use crate::candidate_queue::CandidateQueue;
use crate::content;
use crate::contents::Contents;
use crate::filter::Filter;
use crate::gather::{Memory, Wish, list, queues};
use crate::journal::Journal;
use crate::selection::select;
use crate::source::Source;
use crate::view::Scope;

/// The maximum number of addresses to print.
const SHOWN: usize = 30;

/// Returns tables of the requests and of the files of a run that starts now.
pub fn plan(scope: Scope, sources: &[Box<dyn Source + '_>], wish: Wish) -> Result<Vec<Table>> {
    let scrape = &scope.config.scrape;
    let folder = StageFolder::new(&scope.environment.artifacts, "scrape");
    let journal = Arc::new(Journal::read(&Cache::journal(folder.path())));
    let only = wish.retry_failed.then(|| journal.failed().into_iter().collect());
    if wish.ask_again {
        journal.forget_answers();
    }
    let memory = Memory {
        journal: Arc::clone(&journal),
        cache: Cache::new(folder.path()),
        limits: content::limits_text(scrape),
        only,
    };
    let unanswered = journal.unanswered();
    let api = ApiClient::offline(journal);
    let mut queues = queues(sources)?;
    list(sources, &api, &mut queues)?;
    let mut contents = Contents::new(scrape.near_duplicate_distance);
    let filter = Filter::new(scrape);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut requests = Table::new(
        "Requests to send first; more follow while images are missing",
        &[("source", Align::Left), ("class", Align::Left), ("address", Align::Left)],
    );
    let mut sends_requests = false;
    let selection = loop {
        let selection = select(&queues, &contents, &filter);
        if selection.unfilled.is_empty() {
            break selection;
        }
        for at in selection.unfilled {
            let Some((query, page_name)) =
                queues[at].next_page().map(|(query, page_name)| (query, page_name.map(str::to_owned)))
            else {
                continue;
            };
            let quota = queues[at].quota.clone();
            let (source, words) = (&sources[queues[at].source], &quota.queries[query]);
            match runtime.block_on(source.page(&api, &quota.class, words, page_name.as_deref())) {
                Ok(page) => {
                    let new = queues[at].add(query, page);
                    memory.recall(&mut queues[at], new, &mut contents, false);
                }
                Err(stop) => {
                    let address = source.request_address(&quota.class, words, page_name.as_deref()).unwrap_or_default();
                    if stop == Stop::NotAsked && (memory.only.is_none() || unanswered.contains(&address)) {
                        sends_requests = true;
                        requests.row([source.kind().name(), &quota.class, &address]);
                    }
                    queues[at].stop(query, stop.to_string(), true);
                }
            }
        }
    };
    let mut tables = if sends_requests { vec![requests] } else { Vec::new() };
    tables.extend(files(&queues, &selection.to_fetch));
    Ok(tables)
}

/// Returns a table of the number of files to fetch, and a table of the first addresses.
fn files(queues: &[CandidateQueue], to_fetch: &[(usize, usize)]) -> Vec<Table> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (queue, _) in to_fetch {
        *counts.entry((queues[*queue].kind.name(), &queues[*queue].quota.class)).or_default() += 1;
    }
    let mut table =
        Table::new("Files to get", &[("source", Align::Left), ("class", Align::Left), ("files", Align::Right)]);
    for ((kind, class), count) in &counts {
        table.row([(*kind).to_owned(), (*class).to_owned(), count.to_string()]);
    }
    let addresses: Vec<&str> = to_fetch
        .iter()
        .filter(|(queue, _)| queues[*queue].on_web)
        .map(|(queue, slot)| queues[*queue].slots[*slot].candidate.location.as_str())
        .collect();
    let mut tables = if counts.is_empty() { Vec::new() } else { vec![table] };
    if !addresses.is_empty() {
        let title = format!("Files to fetch: the first {} of {}", addresses.len().min(SHOWN), addresses.len());
        let mut first = Table::new(title, &[("address", Align::Left)]);
        for address in addresses.iter().take(SHOWN) {
            first.row([address]);
        }
        tables.push(first);
    }
    tables
}
