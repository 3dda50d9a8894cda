//! Gathering from the web. Pages and files are fetched side by side: many at a time, few from one host.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use pipeline::stop;
use tokio::task::JoinSet;

use super::host_queue::HostQueue;
use super::memory::Memory;
use crate::api_client::{ApiClient, Stop};
use crate::candidate::Page;
use crate::candidate_queue::{CandidateQueue, FileState};
use crate::contents::Contents;
use crate::fetch::{Fetched, Fetcher};
use crate::filter::Filter;
use crate::journal::Verdict;
use crate::live::{Live, Step};
use crate::selection::{SlotPlace, select};
use crate::source::Source;

/// The longest time between two checks for Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(250);

/// The parts that gathering from the web uses.
pub struct Online<'a> {
    /// The sources.
    pub sources: &'a [Box<dyn Source + 'a>],
    /// The knowledge of earlier runs.
    pub memory: &'a Memory,
    /// The filter for candidates before their files are fetched.
    pub filter: &'a Filter,
    /// The client for the APIs of the sources.
    pub api: &'a ApiClient,
    /// The client for files.
    pub fetcher: &'a Fetcher,
    /// The progress display.
    pub live: &'a Live,
}

/// The number of files that may be fetched at a time. The limits bound memory, and a slow host delays only itself.
#[derive(Debug, Clone, Copy)]
pub struct FetchLimits {
    /// From all hosts together.
    pub total: usize,
    /// From one host.
    pub per_host: usize,
}

/// The result of asking for a page.
struct Arrived {
    /// The index of the queue.
    at: usize,
    /// The index of the query.
    query: usize,
    page: Result<Page, Stop>,
    /// Whether a server has sent the page in this run.
    is_new: bool,
}

/// The files that are being fetched.
struct Traffic {
    set: JoinSet<(String, Result<Fetched>)>,
    /// The most files at a time.
    total: usize,
    /// The addresses that are being fetched, each with its host.
    under_way: BTreeMap<String, String>,
    /// The slots whose files are wanted and not requested yet.
    waiting: HostQueue,
}

impl Online<'_> {
    /// Fills the queues of the web sources and fetches what the run needs. Returns the reason when a budget ended the work early.
    ///
    /// # Errors
    /// Returns an error when the run is stopped, a fetch panics or a file cannot be stored.
    pub async fn gather(
        &self,
        queues: &mut [CandidateQueue],
        contents: &mut Contents,
        limits: FetchLimits,
    ) -> Result<Option<String>> {
        for queue in queues.iter().filter(|queue| queue.on_web) {
            self.live.want(&queue.quota.class, queue.quota.count);
        }
        let mut traffic = Traffic::new(limits);
        let mut pages = FuturesUnordered::new();
        let mut asked = BTreeSet::new();
        let mut exhausted: Option<String> = None;
        loop {
            stop::check()?;
            if traffic.waiting.is_empty() && exhausted.is_none() {
                let selection = select(queues, contents, self.filter);
                traffic.fill(queues, selection.to_fetch);
                for at in selection.unfilled {
                    if let Some((query, from)) = queues[at].next_page()
                        && asked.insert(at)
                    {
                        let (source, quota) = (queues[at].source, queues[at].quota.clone());
                        pages.push(self.page(
                            at,
                            source,
                            quota.class,
                            query,
                            quota.queries[query].clone(),
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
                Some(arrived) = pages.next(), if !pages.is_empty() => {
                    asked.remove(&arrived.at);
                    self.add_page(queues, arrived, contents, &mut exhausted);
                    // The new candidates may come before those that wait.
                    traffic.waiting.clear();
                }
                Some(done) = traffic.set.join_next(), if !traffic.set.is_empty() => {
                    let (url, fetched) = done.context("a fetch panicked")?;
                    let host = traffic.leave(&url);
                    match fetched? {
                        Fetched::Exhausted(reason) => exhausted = Some(reason),
                        Fetched::Known(verdict) => self.arrive(queues, &url, &host, &verdict, contents),
                    }
                }
                // The loop checks for Ctrl-C even while no host answers.
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
    ) -> Arrived {
        let page = self.sources[source].page(self.api, &class, &words, from.as_deref()).await;
        let question = self.sources[source].request_address(&class, &words, from.as_deref());
        let is_new = page.is_ok() && question.is_some_and(|question| self.api.was_answered(&question));
        if let (true, Ok(Page { next: Some(next), .. })) = (is_new, &page)
            && let Some(next) = self.sources[source].request_address(&class, &words, Some(next))
        {
            self.api.permit(next);
        }
        Arrived { at, query, page, is_new }
    }

    /// Adds a page to its queue, or the reason why there is none.
    fn add_page(
        &self,
        queues: &mut [CandidateQueue],
        Arrived { at, query, page, is_new }: Arrived,
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
                self.memory.recall(&mut queues[at], new.clone(), contents, is_new);
                let had = queues[at].slots[new].iter().filter(|slot| matches!(slot.file, FileState::Image(_)));
                had.for_each(|_| self.live.had(&class));
            }
            Err(Stop::NotAsked) => queues[at].stop(query, Stop::NotAsked.to_string(), true),
            Err(stop) => {
                tracing::warn!(class, kind = queues[at].kind.name(), reason = %stop, "a source ended before its time");
                if matches!(stop, Stop::Web(web::Failure::Exhausted(_))) {
                    *exhausted = Some(stop.to_string());
                }
                queues[at].stop(query, stop.to_string(), stop.passes());
            }
        }
    }

    /// Records the verdict on an address in every queue that has it.
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
                        "an image that is there already"
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
            // Several queues can want one file, but the host received one request.
            let host = std::mem::take(&mut first).then_some(host);
            match known {
                FileState::Image(index) => {
                    let step = if contents.is_new(index) { Step::Fetched } else { Step::Duplicate };
                    self.live.step(&queue.quota.class, host, step);
                }
                _ => self.live.step(&queue.quota.class, host, Step::Refused),
            }
        }
    }
}

impl Traffic {
    fn new(limits: FetchLimits) -> Self {
        let (set, under_way) = (JoinSet::new(), BTreeMap::new());
        Self { set, total: limits.total, under_way, waiting: HostQueue::new(limits.per_host) }
    }

    /// Queues the wanted slots that are not under way.
    fn fill(&mut self, queues: &[CandidateQueue], wanted: Vec<SlotPlace>) {
        for place in wanted {
            let url = address(queues, place);
            if !self.under_way.contains_key(url) {
                self.waiting.push(place, host(url));
            }
        }
    }

    /// Starts queued fetches up to the limits.
    fn start(&mut self, queues: &[CandidateQueue], fetcher: &Fetcher) {
        while self.set.len() < self.total {
            let Some((place, host)) = self.waiting.pop() else { return };
            let (fetcher, url) = (fetcher.clone(), address(queues, place).to_owned());
            self.under_way.insert(url.clone(), host);
            self.set.spawn(async move {
                let outcome = fetcher.fetch(&url).await;
                (url, outcome)
            });
        }
    }

    /// Removes a finished address and returns its host.
    fn leave(&mut self, url: &str) -> String {
        let host = self.under_way.remove(url).unwrap_or_default();
        self.waiting.done(&host);
        host
    }
}

fn address(queues: &[CandidateQueue], (queue, slot): SlotPlace) -> &str {
    &queues[queue].slots[slot].candidate.location
}

/// Returns the host of an address, with its port if the address states one.
fn host(url: &str) -> String {
    let Ok(url) = web::parse_url(url) else { return String::new() };
    let host = url.host_str().unwrap_or_default().to_owned();
    url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}
