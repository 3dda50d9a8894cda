//! What earlier runs learned, so that nothing is asked or fetched twice.
//!
//! A line for each event is added to `fetched/journal.jsonl` once it has happened, and none is ever changed; the last about
//! an address counts. A run may be killed at any byte: a line without an end is cut off by the next run.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use pipeline::HintExt;
use serde::{Deserialize, Serialize};

use crate::candidate::Page;
use crate::content::Content;

/// What is known of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Fetched: a picture.
    Picture(Arc<Content>),
    /// Refused for good, under these limits.
    Refused {
        /// Why.
        reason: String,
        /// The limits of the configuration that it was judged by.
        limits: String,
    },
    /// Failed in a way that may pass.
    Later(String),
}

/// One event.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Event {
    Fetched { url: String, content: Content },
    Refused { url: String, reason: String, limits: String },
    Later { url: String, reason: String },
    Answer { question: String, page: Page },
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    /// Seconds since 1970.
    at: u64,
    #[serde(flatten)]
    event: Event,
}

/// The journal, open for adding.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<Option<fs_err::File>>,
    verdicts: Mutex<BTreeMap<String, Verdict>>,
    answers: Mutex<BTreeMap<String, Page>>,
}

impl Journal {
    /// Opens the journal at `path`, made where it is missing, and cuts off what a killed run left of a line.
    pub fn open(path: &Path) -> Result<Self> {
        let mut options = fs_err::OpenOptions::new();
        let mut file =
            options.read(true).write(true).create(true).truncate(false).open(path).hint("is the folder read-only?")?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if whole < bytes.len() {
            tracing::info!(bytes = bytes.len() - whole, "the journal's last line has no end and is cut off");
            file.set_len(whole as u64)?;
        }
        file.seek(SeekFrom::Start(whole as u64))?;
        Ok(Self::of(&bytes[..whole], Some(file)))
    }

    /// Reads the journal at `path`, where there is one, without changing anything; nothing can be added to it.
    pub fn peek(path: &Path) -> Self {
        Self::of(&std::fs::read(path).unwrap_or_default(), None)
    }

    fn of(bytes: &[u8], file: Option<fs_err::File>) -> Self {
        let (mut verdicts, mut answers) = (BTreeMap::new(), BTreeMap::new());
        for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
            // What cannot be read is as if it had never happened: it is fetched again.
            match serde_json::from_slice::<Line>(line).map(|line| line.event) {
                Ok(Event::Fetched { url, content }) => drop(verdicts.insert(url, Verdict::Picture(Arc::new(content)))),
                Ok(Event::Refused { url, reason, limits }) => {
                    drop(verdicts.insert(url, Verdict::Refused { reason, limits }));
                }
                Ok(Event::Later { url, reason }) => drop(verdicts.insert(url, Verdict::Later(reason))),
                Ok(Event::Answer { question, page }) => drop(answers.insert(question, page)),
                Err(error) => tracing::warn!(%error, "a line of the journal cannot be read"),
            }
        }
        Self { file: Mutex::new(file), verdicts: Mutex::new(verdicts), answers: Mutex::new(answers) }
    }

    /// What is known of `url`.
    pub fn verdict(&self, url: &str) -> Option<Verdict> {
        lock(&self.verdicts).get(url).cloned()
    }

    /// The addresses that failed, for good or for now.
    pub fn failed(&self) -> Vec<String> {
        let verdicts = lock(&self.verdicts);
        verdicts
            .iter()
            .filter(|(_, verdict)| !matches!(verdict, Verdict::Picture(_)))
            .map(|(url, _)| url.clone())
            .collect()
    }

    /// Notes what became of `url`.
    pub fn judge(&self, url: &str, verdict: Verdict) -> Result<()> {
        let event = match verdict.clone() {
            Verdict::Picture(content) => Event::Fetched { url: url.to_owned(), content: content.as_ref().clone() },
            Verdict::Refused { reason, limits } => Event::Refused { url: url.to_owned(), reason, limits },
            Verdict::Later(reason) => Event::Later { url: url.to_owned(), reason },
        };
        self.add(event)?;
        lock(&self.verdicts).insert(url.to_owned(), verdict);
        Ok(())
    }

    /// The answer to `question`, when it was asked before.
    pub fn answer(&self, question: &str) -> Option<Page> {
        lock(&self.answers).get(question).cloned()
    }

    /// Notes the answer to a question.
    pub fn note(&self, question: &str, page: &Page) -> Result<()> {
        self.add(Event::Answer { question: question.to_owned(), page: page.clone() })?;
        lock(&self.answers).insert(question.to_owned(), page.clone());
        Ok(())
    }

    /// Forgets every answer for this run; what is asked anew replaces them for good.
    pub fn forget_answers(&self) {
        lock(&self.answers).clear();
    }

    fn add(&self, event: Event) -> Result<()> {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut line = serde_json::to_vec(&Line { at, event }).context("cannot write the journal")?;
        line.push(b'\n');
        let mut file = lock(&self.file);
        let file = file.as_mut().context("the journal is open for reading alone")?;
        // One write, so that only a kill inside it tears the line.
        file.write_all(&line).hint("is the disk full?")
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
            journal.judge(url, Verdict::Later(reason.into())).unwrap();
        }
        journal.judge("http://a/3", Verdict::Refused { reason: "status 404".into(), limits: "x".into() }).unwrap();
        journal.note("http://api/?q=1", &Page { next: Some("2".into()), ..Page::default() }).unwrap();
    }

    #[test]
    fn the_last_word_counts_and_a_torn_line_is_none() {
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
            // What is added after a torn line can be read.
            journal.judge("http://a/4", Verdict::Later("new".into())).unwrap();
            drop(journal);
            assert_eq!(Journal::peek(&path).verdict("http://a/4"), Some(Verdict::Later("new".into())), "cut at {cut}");
            assert_eq!(Journal::peek(&path).verdict("http://a/1"), first.map(|reason| Verdict::Later(reason.into())));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_journal(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let journal = Journal::of(&bytes, None);
            proptest::prop_assert!(journal.judge("http://a/", Verdict::Later(String::new())).is_err());
        }
    }
}
