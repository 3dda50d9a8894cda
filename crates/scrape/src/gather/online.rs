//! Pictures from the web: pages and files on their way side by side, many at a time and few from one host.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pipeline::stop;
use tokio::task::JoinSet;

use super::queue::Queue;
use super::{Memory, arrived, recall};
use crate::candidate::Page;
use crate::candidate_queue::{CandidateQueue, FileState};
use crate::contents::Contents;
use crate::desk::{Desk, Stop};
use crate::fetch::{Fetched, Fetcher};
use crate::filter::Filter;
use crate::journal::Verdict;
use crate::live::{Live, Step};
use crate::selection::{Place, select};
use crate::source::Source;

/// How long nothing may come before Ctrl-C is looked for.
const PATIENCE: Duration = Duration::from_millis(250);

/// What the work needs.
pub struct Online<'a> {
    /// The sources.
    pub sources: &'a [Box<dyn Source + 'a>],
    /// What earlier runs learned.
    pub memory: &'a Memory,
    /// What is looked at before fetching.
    pub filter: &'a Filter,
    /// Where questions are asked.
    pub desk: &'a Desk,
    /// Where files are fetched.
    pub fetcher: &'a Fetcher,
    /// Where it is told.
    pub live: &'a Live,
}

/// How many files may be on their way, so that a slow host holds up none but itself and memory stays bounded.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// In all.
    pub all: usize,
    /// From one host.
    pub host: usize,
}

/// The files on their way.
struct Traffic {
    set: JoinSet<(String, Result<Fetched>)>,
    /// The most in all.
    room: usize,
    /// Each address, and the host that it is asked from.
    under_way: BTreeMap<String, String>,
    /// Wanted and not asked for yet.
    queue: Queue,
}

impl Online<'_> {
    /// Fills the queues that need the network. Gives what ended the work before its time, if something did.
    pub async fn gather(
        &self,
        queues: &mut [CandidateQueue],
        contents: &mut Contents,
        room: Room,
    ) -> Result<Option<String>> {
        for queue in queues.iter().filter(|queue| queue.on_web) {
            self.live.want(&queue.quota.class, queue.quota.count);
        }
        let mut traffic = Traffic::new(room);
        let mut pages = FuturesUnordered::new();
        let mut asked = BTreeSet::new();
        let mut exhausted: Option<String> = None;
        loop {
            stop::check()?;
            if traffic.queue.is_empty() && exhausted.is_none() {
                let selection = select(queues, contents, self.filter);
                traffic.fill(queues, selection.to_fetch);
                for at in selection.unfilled {
                    if let Some((query, from)) = queues[at].next_page()
                        && asked.insert(at)
                    {
                        let (source, want) = (queues[at].source, queues[at].quota.clone());
                        pages.push(self.page(
                            at,
                            source,
                            want.class,
                            query,
                            want.queries[query].clone(),
                            from.map(str::to_owned),
                        ));
                    }
                }
            }
            if exhausted.is_none() {
                traffic.start(queues, self.fetcher);
            }
            if traffic.set.is_empty() && pages.is_empty() {
                break;
            }
            tokio::select! {
                Some((at, query, page)) = pages.next(), if !pages.is_empty() => {
                    asked.remove(&at);
                    self.turn(queues, at, query, page, contents, &mut exhausted);
                    // A page may bring what is wanted before anything that is queued.
                    traffic.queue.clear();
                }
                Some(done) = traffic.set.join_next(), if !traffic.set.is_empty() => {
                    let (url, fetched) = done.context("a fetch was lost")?;
                    let host = traffic.leave(&url);
                    match fetched? {
                        Fetched::Exhausted(reason) => exhausted = Some(reason),
                        Fetched::Known(verdict) => self.arrive(queues, &url, &host, &verdict, contents),
                    }
                }
                // Nothing comes while hosts are slow: Ctrl-C is looked for in between.
                () = tokio::time::sleep(PATIENCE) => {}
                else => break,
            }
        }
        if let Some(reason) = &exhausted {
            for slot in queues.iter_mut().filter(|queue| queue.on_web).flat_map(|queue| &mut queue.slots) {
                if slot.file == FileState::Unknown {
                    slot.file = FileState::Later(format!("not fetched: {reason}"));
                }
            }
            queues.iter_mut().for_each(CandidateQueue::close);
        }
        Ok(exhausted)
    }

    async fn page(
        &self,
        at: usize,
        source: usize,
        class: String,
        query: usize,
        words: String,
        from: Option<String>,
    ) -> (usize, usize, Result<Page, Stop>) {
        (at, query, self.sources[source].page(self.desk, &class, &words, from.as_deref()).await)
    }

    /// Takes in a page, or why there is none.
    fn turn(
        &self,
        queues: &mut [CandidateQueue],
        at: usize,
        query: usize,
        page: Result<Page, Stop>,
        contents: &mut Contents,
        exhausted: &mut Option<String>,
    ) {
        let class = queues[at].quota.class.clone();
        match page {
            Ok(page) => {
                let new = queues[at].add(query, page);
                for _ in new.clone() {
                    self.live.step(&class, None, Step::Found);
                }
                recall(&mut queues[at], new.clone(), self.memory, contents);
                let had = queues[at].slots[new].iter().filter(|slot| matches!(slot.file, FileState::Image(_)));
                had.for_each(|_| self.live.had(&class));
            }
            Err(Stop::NotAsked) => queues[at].stop(query, Stop::NotAsked.to_string(), true),
            Err(stop) => {
                tracing::warn!(class, kind = queues[at].kind, reason = %stop, "a source ended before its time");
                if matches!(stop, Stop::Web(web::Failure::Exhausted(_))) {
                    *exhausted = Some(stop.to_string());
                }
                queues[at].stop(query, stop.to_string(), stop.passes());
            }
        }
    }

    /// Takes in what became of an address, wherever it is a candidate.
    fn arrive(&self, queues: &mut [CandidateQueue], url: &str, host: &str, verdict: &Verdict, contents: &mut Contents) {
        let known = match verdict {
            Verdict::Image(content) => {
                let index = contents.add(content.clone(), false);
                if !contents.is_new(index) {
                    let twin = contents.lookalikes(index).first().map(|twin| contents.get(*twin).hash.clone());
                    tracing::info!(
                        url,
                        hash = content.hash,
                        like = twin.unwrap_or_default(),
                        "a picture that is there already"
                    );
                }
                FileState::Image(index)
            }
            Verdict::Refused { reason, .. } => FileState::Refused(reason.clone()),
            Verdict::Later(reason) => FileState::Later(reason.clone()),
        };
        let mut first = true;
        for queue in queues.iter_mut().filter(|queue| queue.on_web) {
            let Some(slot) = queue.find(url) else { continue };
            slot.file = known.clone();
            // The host is asked once, whoever wanted it.
            let host = std::mem::take(&mut first).then_some(host);
            match known {
                FileState::Image(index) => arrived(self.live, &queue.quota.class, host, contents.is_new(index)),
                _ => self.live.step(&queue.quota.class, host, Step::Refused),
            }
        }
    }
}

impl Traffic {
    fn new(room: Room) -> Self {
        let (set, under_way) = (JoinSet::new(), BTreeMap::new());
        Self { set, room: room.all, under_way, queue: Queue::new(room.host) }
    }

    /// Queues what is wanted and not under way.
    fn fill(&mut self, queues: &[CandidateQueue], wanted: Vec<Place>) {
        for place in wanted {
            let url = address(queues, place);
            if !self.under_way.contains_key(url) {
                self.queue.push(place, host(url));
            }
        }
    }

    /// Starts what is queued, as far as there is room.
    fn start(&mut self, queues: &[CandidateQueue], fetcher: &Fetcher) {
        while self.set.len() < self.room {
            let Some((place, host)) = self.queue.pop() else { return };
            let (fetcher, url) = (fetcher.clone(), address(queues, place).to_owned());
            self.under_way.insert(url.clone(), host);
            self.set.spawn(async move {
                let outcome = fetcher.fetch(&url).await;
                (url, outcome)
            });
        }
    }

    /// An address is done; gives its host.
    fn leave(&mut self, url: &str) -> String {
        let host = self.under_way.remove(url).unwrap_or_default();
        self.queue.done(&host);
        host
    }
}

fn address(queues: &[CandidateQueue], (queue, slot): Place) -> &str {
    &queues[queue].slots[slot].candidate.location
}

/// The host and port of an address, as people write them.
fn host(url: &str) -> String {
    let Ok(url) = web::parse_url(url) else { return String::new() };
    let host = url.host_str().unwrap_or_default().to_owned();
    url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}
