//! What a run would do: told by `--dry-run`, from what is remembered, without asking anybody anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::view::Scope;
use anyhow::Result;
use pipeline::{Align, StageFolder, Table};

use crate::cache::Cache;
use crate::content;
use crate::desk::{Desk, Stop};
use crate::gather::{Memory, Wish, lanes, list, recall};
use crate::journal::Journal;
use crate::lane::Lane;
use crate::looks::Contents;
use crate::pick::pick;
use crate::sieve::Sieve;
use crate::source::Source;

/// Addresses that are named one by one.
const NAMED: usize = 30;

/// The questions and the files of a run that began now.
pub fn plan(scope: Scope, sources: &[Box<dyn Source + '_>], wish: Wish) -> Result<Vec<Table>> {
    let scrape = &scope.config.scrape;
    let on_web: Vec<bool> = scrape.sources.iter().map(contract::config::Source::is_web).collect();
    let folder = StageFolder::new(&scope.environment.artifacts, "scrape");
    let journal = Arc::new(Journal::peek(&Cache::journal(folder.path())));
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
    let desk = Desk::new(None, journal, Vec::new());
    let mut lanes = lanes(sources, &on_web)?;
    list(sources, &desk, &mut lanes)?;
    let mut contents = Contents::new(scrape.near_duplicate_distance);
    let sieve = Sieve::new(scrape);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut questions = Table::new(
        "Would ask, and then for as long as pictures are missing",
        &[("source", Align::Left), ("class", Align::Left), ("address", Align::Left)],
    );
    let mut asks = false;
    let pick = loop {
        let pick = pick(&lanes, &contents, &sieve);
        if pick.hungry.is_empty() {
            break pick;
        }
        for at in pick.hungry {
            let Some((query, from)) = lanes[at].next().map(|(query, from)| (query, from.map(str::to_owned))) else {
                continue;
            };
            let want = lanes[at].want.clone();
            let (source, words) = (&sources[lanes[at].source], &want.queries[query]);
            match runtime.block_on(source.page(&desk, &want.class, words, from.as_deref())) {
                Ok(page) => {
                    let new = lanes[at].add(query, page);
                    recall(&mut lanes[at], new, &memory, &mut contents);
                }
                Err(stop) => {
                    if stop == Stop::NotAsked && memory.only.is_none() {
                        asks = true;
                        let address = source.question(&want.class, words, from.as_deref()).unwrap_or_default();
                        questions.row([source.kind(), &want.class, &address]);
                    }
                    lanes[at].stop(query, stop.to_string(), true);
                }
            }
        }
    };
    let mut tables = if asks { vec![questions] } else { Vec::new() };
    tables.extend(files(&lanes, &pick.wanted));
    Ok(tables)
}

/// How many files would be fetched, and the first of them by name.
fn files(lanes: &[Lane], wanted: &[(usize, usize)]) -> Vec<Table> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (lane, _) in wanted {
        *counts.entry((lanes[*lane].kind, &lanes[*lane].want.class)).or_default() += 1;
    }
    let mut table =
        Table::new("Would gather", &[("source", Align::Left), ("class", Align::Left), ("files", Align::Right)]);
    for ((kind, class), count) in &counts {
        table.row([(*kind).to_owned(), (*class).to_owned(), count.to_string()]);
    }
    let addresses: Vec<&str> = wanted
        .iter()
        .filter(|(lane, _)| lanes[*lane].on_web)
        .map(|(lane, slot)| lanes[*lane].slots[*slot].candidate.source.as_str())
        .collect();
    let mut tables = if counts.is_empty() { Vec::new() } else { vec![table] };
    if !addresses.is_empty() {
        let title = format!("Would fetch: the first {} of {}", addresses.len().min(NAMED), addresses.len());
        let mut named = Table::new(title, &[("address", Align::Left)]);
        for address in addresses.iter().take(NAMED) {
            named.row([address]);
        }
        tables.push(named);
    }
    tables
}
