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
use crate::desk::{Desk, Stop};
use crate::fetch::{Fetched, Fetcher};
use crate::journal::Verdict;
use crate::lane::{Known, Lane};
use crate::live::{Live, Step};
use crate::looks::Contents;
use crate::pick::{Place, pick};
use crate::sieve::Sieve;
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
    pub sieve: &'a Sieve,
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
    /// Fills the lanes that need the network. Gives what ended the work before its time, if something did.
    pub async fn gather(&self, lanes: &mut [Lane], contents: &mut Contents, room: Room) -> Result<Option<String>> {
        for lane in lanes.iter().filter(|lane| lane.on_web) {
            self.live.want(&lane.want.class, lane.want.count);
        }
        let mut traffic = Traffic::new(room);
        let mut pages = FuturesUnordered::new();
        let mut asked = BTreeSet::new();
        let mut exhausted: Option<String> = None;
        loop {
            stop::check()?;
            if traffic.queue.is_empty() && exhausted.is_none() {
                let pick = pick(lanes, contents, self.sieve);
                traffic.fill(lanes, pick.wanted);
                for at in pick.hungry {
                    if let Some((query, from)) = lanes[at].next()
                        && asked.insert(at)
                    {
                        let (source, want) = (lanes[at].source, lanes[at].want.clone());
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
                traffic.start(lanes, self.fetcher);
            }
            if traffic.set.is_empty() && pages.is_empty() {
                break;
            }
            tokio::select! {
                Some((at, query, page)) = pages.next(), if !pages.is_empty() => {
                    asked.remove(&at);
                    self.turn(lanes, at, query, page, contents, &mut exhausted);
                    // A page may bring what is wanted before anything that is queued.
                    traffic.queue.clear();
                }
                Some(done) = traffic.set.join_next(), if !traffic.set.is_empty() => {
                    let (url, fetched) = done.context("a fetch was lost")?;
                    let host = traffic.leave(&url);
                    match fetched? {
                        Fetched::Exhausted(reason) => exhausted = Some(reason),
                        Fetched::Known(verdict) => self.arrive(lanes, &url, &host, &verdict, contents),
                    }
                }
                // Nothing comes while hosts are slow: Ctrl-C is looked for in between.
                () = tokio::time::sleep(PATIENCE) => {}
                else => break,
            }
        }
        if let Some(reason) = &exhausted {
            for slot in lanes.iter_mut().filter(|lane| lane.on_web).flat_map(|lane| &mut lane.slots) {
                if slot.known == Known::Nothing {
                    slot.known = Known::Later(format!("not fetched: {reason}"));
                }
            }
            lanes.iter_mut().for_each(Lane::close);
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
        lanes: &mut [Lane],
        at: usize,
        query: usize,
        page: Result<Page, Stop>,
        contents: &mut Contents,
        exhausted: &mut Option<String>,
    ) {
        let class = lanes[at].want.class.clone();
        match page {
            Ok(page) => {
                let new = lanes[at].add(query, page);
                for _ in new.clone() {
                    self.live.step(&class, None, Step::Found);
                }
                recall(&mut lanes[at], new.clone(), self.memory, contents);
                let had = lanes[at].slots[new].iter().filter(|slot| matches!(slot.known, Known::Picture(_)));
                had.for_each(|_| self.live.had(&class));
            }
            Err(Stop::NotAsked) => lanes[at].stop(query, Stop::NotAsked.to_string(), true),
            Err(stop) => {
                tracing::warn!(class, kind = lanes[at].kind, reason = %stop, "a source ended before its time");
                if matches!(stop, Stop::Web(web::Failure::Exhausted(_))) {
                    *exhausted = Some(stop.to_string());
                }
                lanes[at].stop(query, stop.to_string(), stop.passes());
            }
        }
    }

    /// Takes in what became of an address, wherever it is a candidate.
    fn arrive(&self, lanes: &mut [Lane], url: &str, host: &str, verdict: &Verdict, contents: &mut Contents) {
        let known = match verdict {
            Verdict::Picture(content) => {
                let index = contents.add(content.clone(), false);
                if !contents.is_new(index) {
                    let twin = contents.twins(index).first().map(|twin| contents.get(*twin).hash.clone());
                    tracing::info!(
                        url,
                        hash = content.hash,
                        like = twin.unwrap_or_default(),
                        "a picture that is there already"
                    );
                }
                Known::Picture(index)
            }
            Verdict::Refused { reason, .. } => Known::Refused(reason.clone()),
            Verdict::Later(reason) => Known::Later(reason.clone()),
        };
        let mut first = true;
        for lane in lanes.iter_mut().filter(|lane| lane.on_web) {
            let Some(slot) = lane.find(url) else { continue };
            slot.known = known.clone();
            // The host is asked once, whoever wanted it.
            let host = std::mem::take(&mut first).then_some(host);
            match known {
                Known::Picture(index) => arrived(self.live, &lane.want.class, host, contents.is_new(index)),
                _ => self.live.step(&lane.want.class, host, Step::Refused),
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
    fn fill(&mut self, lanes: &[Lane], wanted: Vec<Place>) {
        for place in wanted {
            let url = address(lanes, place);
            if !self.under_way.contains_key(url) {
                self.queue.push(place, host(url));
            }
        }
    }

    /// Starts what is queued, as far as there is room.
    fn start(&mut self, lanes: &[Lane], fetcher: &Fetcher) {
        while self.set.len() < self.room {
            let Some((place, host)) = self.queue.pop() else { return };
            let (fetcher, url) = (fetcher.clone(), address(lanes, place).to_owned());
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

fn address(lanes: &[Lane], (lane, slot): Place) -> &str {
    &lanes[lane].slots[slot].candidate.source
}

/// The host and port of an address, as people write them.
fn host(url: &str) -> String {
    let Ok(url) = web::parse_url(url) else { return String::new() };
    let host = url.host_str().unwrap_or_default().to_owned();
    url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
}
