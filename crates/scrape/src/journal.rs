//! The journal of earlier runs, so that no run repeats a request or a download.
//!
//! A run appends a line to `fetched/journal.jsonl` for each event and never changes a line. The last line about an address
//! is valid. A run may be killed while it writes. The next run removes a last line without a line end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use pipeline::HintExt;
use serde::{Deserialize, Serialize};

use crate::candidate::Page;
use crate::content::Content;

/// The result of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The file is an image with these properties.
    Image(Arc<Content>),
    /// The file cannot be used. The refusal is valid while the limits stay the same.
    Refused {
        /// The reason.
        reason: String,
        /// The limits of the configuration, as [`crate::content::limits_text`].
        limits: String,
    },
    /// The fetch failed for this reason. A later run tries again.
    Later(String),
}

/// An event. Its field names are a format.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Event {
    Fetched { url: String, content: Content },
    Refused { url: String, reason: String, limits: String },
    Later { url: String, reason: String },
    Answer { question: String, page: Page },
    Unanswered { question: String, reason: String },
}

/// A line of the journal.
#[derive(Serialize, Deserialize)]
struct Line {
    /// The Unix time in seconds.
    at: u64,
    #[serde(flatten)]
    event: Event,
}

/// The journal of a stage folder.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<Option<fs_err::File>>,
    verdicts: Mutex<BTreeMap<String, Verdict>>,
    answers: Mutex<BTreeMap<String, Page>>,
    /// The questions whose last answer was an error.
    unanswered: Mutex<BTreeSet<String>>,
}

impl Journal {
    /// Opens the journal at `path` for reading and appending. Creates a missing file and removes an incomplete last line.
    pub fn open(path: &Path) -> Result<Self> {
        if path.symlink_metadata().is_ok() {
            // A pipe would wait for a writer.
            pipeline::regular::open(path).hint("remove what is there; the stage makes the file again")?;
        }
        let mut options = fs_err::OpenOptions::new();
        let mut file = options.read(true).write(true).create(true).truncate(false).open(path).hint_write()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            tracing::info!(bytes = bytes.len() - whole, "removed the last line of the journal, which has no line end");
            file.set_len(whole as u64)?;
        }
        file.seek(SeekFrom::Start(whole as u64))?;
        Ok(Self::of(&bytes[..whole], Some(file)))
    }

    /// Reads the journal at `path`, if it exists. The file stays unchanged, and events cannot be added.
    pub fn read(path: &Path) -> Self {
        Self::of(&pipeline::regular::read(path, u64::MAX).unwrap_or_default(), None)
    }

    fn of(bytes: &[u8], file: Option<fs_err::File>) -> Self {
        let (mut verdicts, mut answers, mut unanswered) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            // An unreadable line is ignored, so that its file is fetched again.
            match serde_json::from_slice::<Line>(line).map(|line| line.event) {
                Ok(Event::Fetched { url, content }) => drop(verdicts.insert(url, Verdict::Image(Arc::new(content)))),
                Ok(Event::Refused { url, reason, limits }) => {
                    drop(verdicts.insert(url, Verdict::Refused { reason, limits }));
                }
                Ok(Event::Later { url, reason }) => drop(verdicts.insert(url, Verdict::Later(reason))),
                Ok(Event::Answer { question, page }) => {
                    unanswered.remove(&question);
                    answers.insert(question, page);
                }
                Ok(Event::Unanswered { question, .. }) => drop(unanswered.insert(question)),
                Err(error) => tracing::warn!(%error, "ignored an unreadable line of the journal"),
            }
        }
        Self {
            file: Mutex::new(file),
            verdicts: Mutex::new(verdicts),
            answers: Mutex::new(answers),
            unanswered: Mutex::new(unanswered),
        }
    }

    /// Returns the result of the last fetch of `url`.
    pub fn verdict(&self, url: &str) -> Option<Verdict> {
        lock(&self.verdicts).get(url).cloned()
    }

    /// Returns the addresses of all fetches that failed or were refused.
    pub fn failed(&self) -> Vec<String> {
        let verdicts = lock(&self.verdicts);
        verdicts
            .iter()
            .filter(|(_, verdict)| !matches!(verdict, Verdict::Image(_)))
            .map(|(url, _)| url.clone())
            .collect()
    }

    /// Records the result of the fetch of `url`.
    pub fn record_verdict(&self, url: &str, verdict: Verdict) -> Result<()> {
        let event = match verdict.clone() {
            Verdict::Image(content) => Event::Fetched { url: url.to_owned(), content: content.as_ref().clone() },
            Verdict::Refused { reason, limits } => Event::Refused { url: url.to_owned(), reason, limits },
            Verdict::Later(reason) => Event::Later { url: url.to_owned(), reason },
        };
        self.add(event)?;
        lock(&self.verdicts).insert(url.to_owned(), verdict);
        Ok(())
    }

    /// Returns the recorded answer to the request of `address`, if there is one.
    pub fn answer(&self, address: &str) -> Option<Page> {
        lock(&self.answers).get(address).cloned()
    }

    /// Records the answer to the request of `address`.
    pub fn record_answer(&self, address: &str, page: &Page) -> Result<()> {
        self.add(Event::Answer { question: address.to_owned(), page: page.clone() })?;
        lock(&self.answers).insert(address.to_owned(), page.clone());
        lock(&self.unanswered).remove(address);
        Ok(())
    }

    /// Records that the request of `address` has no answer, for this reason.
    pub fn record_unanswered(&self, address: &str, reason: &str) -> Result<()> {
        self.add(Event::Unanswered { question: address.to_owned(), reason: reason.to_owned() })?;
        lock(&self.unanswered).insert(address.to_owned());
        Ok(())
    }

    /// Returns the addresses of the requests whose last answer was an error.
    pub fn unanswered(&self) -> BTreeSet<String> {
        lock(&self.unanswered).clone()
    }

    /// Forgets all recorded answers in this run. The file keeps them until new answers replace them.
    pub fn forget_answers(&self) {
        lock(&self.answers).clear();
    }

    fn add(&self, event: Event) -> Result<()> {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut line = serde_json::to_vec(&Line { at, event }).context("cannot encode a line of the journal")?;
        line.push(b'\n');
        let mut file = lock(&self.file);
        let file = file.as_mut().context("the journal is open for reading only")?;
        // A single write keeps the chance of an incomplete line small.
        file.write_all(&line).hint_write()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn filled(path: &Path) {
        let journal = Journal::open(path).unwrap();
        for (url, reason) in [("http://a/1", "one"), ("http://a/2", "two\n\u{2028}"), ("http://a/1", "again")] {
            journal.record_verdict(url, Verdict::Later(reason.into())).unwrap();
        }
        journal
            .record_verdict("http://a/3", Verdict::Refused { reason: "status 404".into(), limits: "x".into() })
            .unwrap();
        journal.record_answer("http://api/?q=1", &Page { next: Some("2".into()), ..Page::default() }).unwrap();
    }

    #[test]
    fn a_question_is_unanswered_until_an_answer_is_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::open(&path).unwrap();
        for question in ["http://api/?q=1", "http://api/?q=2"] {
            journal.record_unanswered(question, "busy").unwrap();
        }
        journal.record_answer("http://api/?q=1", &Page::default()).unwrap();
        for journal in [journal, Journal::read(&path)] {
            assert_eq!(journal.unanswered().into_iter().collect::<Vec<_>>(), ["http://api/?q=2"]);
        }
    }

    #[test]
    fn the_last_line_about_an_address_is_valid_and_an_incomplete_line_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        filled(&path);
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let journal = Journal::open(&path).unwrap();
            let lines = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
            let first = [None, Some("one"), Some("one"), Some("again"), Some("again"), Some("again")][lines];
            assert_eq!(
                journal.verdict("http://a/1"),
                first.map(|reason| Verdict::Later(reason.into())),
                "cut at {cut}"
            );
            assert_eq!(journal.answer("http://api/?q=1").is_some(), lines == 5);
            // A line that is added after the removal can be read.
            journal.record_verdict("http://a/4", Verdict::Later("new".into())).unwrap();
            drop(journal);
            assert_eq!(Journal::read(&path).verdict("http://a/4"), Some(Verdict::Later("new".into())), "cut at {cut}");
            assert_eq!(Journal::read(&path).verdict("http://a/1"), first.map(|reason| Verdict::Later(reason.into())));
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_can_be_read(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let journal = Journal::of(&bytes, None);
            proptest::prop_assert!(journal.record_verdict("http://a/", Verdict::Later(String::new())).is_err());
        }
    }
}
