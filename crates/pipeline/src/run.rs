//! A stage at work: where it reads, where it writes, and how it tells of itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use crate::pieces::Pieces;
use crate::{AtomicFile, Board, Config, HintExt, Progress, StageFolder, stop, talk, thread_count, write_atomic};

/// Handed to [`Stage::run`](crate::Stage::run).
#[derive(Debug)]
pub struct Run<'a> {
    /// The whole configuration; a stage reads only the keys that it declares.
    pub config: &'a Config,
    pub(crate) stage: &'static str,
    pub(crate) folder: StageFolder,
    pub(crate) quiet: bool,
    /// `None` for a stage that keeps none.
    pub(crate) pieces: Option<Pieces>,
    pub(crate) recorded: Mutex<BTreeMap<String, String>>,
}

impl Run<'_> {
    /// The stage's own folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder below which every stage has its folder.
    pub fn artifacts(&self) -> &Path {
        &self.config.artifacts
    }

    /// The folder of a stage that this one reads.
    pub fn upstream(&self, stage: &str) -> PathBuf {
        self.config.artifacts.join(stage)
    }

    /// Threads to use, at least 1.
    pub fn threads(&self) -> usize {
        thread_count(self.config.threads)
    }

    /// Writes one output, whole or not at all.
    pub fn write(&self, relative: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
        write_atomic(self.folder().join(relative), bytes)
    }

    /// Begins an output that is written piece by piece.
    pub fn create(&self, relative: impl AsRef<Path>) -> Result<AtomicFile> {
        AtomicFile::create(self.folder().join(relative))
    }

    /// Writes one output as CSV: `header`, then `rows`.
    pub fn write_csv<R, F>(&self, relative: impl AsRef<Path>, header: &[&str], rows: R) -> Result<()>
    where
        R: IntoIterator,
        R::Item: IntoIterator<Item = F>,
        F: AsRef<[u8]>,
    {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(header)?;
        for row in rows {
            writer.write_record(row)?;
        }
        self.write(relative, &writer.into_inner()?)
    }

    /// A folder for passing files, gone when dropped and no part of the outputs.
    pub fn scratch(&self) -> Result<TempDir> {
        tempfile::Builder::new()
            .prefix(".scratch-")
            .tempdir_in(self.folder())
            .with_context(|| format!("cannot write in {}", self.folder().display()))
            .hint("is the disk full, or the folder read-only?")
    }

    /// One piece of long work, `piece` in words that tell it from every other of the stage: its result is kept, so that a
    /// run which is stopped or killed later goes on from there. The work may depend on nothing but the stage's key, its
    /// threads, and what the words say.
    ///
    /// The stage names [`PIECES`](crate::PIECES) among its checkpoints, otherwise nothing is kept.
    ///
    /// # Errors
    /// [`Stopped`](stop::Stopped) before the work when Ctrl-C was pressed; or the work's own.
    pub fn remember(&self, piece: &str, work: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        stop::check()?;
        match &self.pieces {
            Some(pieces) => pieces.remember(piece, work),
            None => work(),
        }
    }

    /// Has the lock record `value` under `name`, beside threads and times: what the run decided by itself and what no key
    /// says.
    pub fn record(&self, name: &str, value: &str) {
        if let Ok(mut recorded) = self.recorded.lock() {
            recorded.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The random stream of this stage for one `purpose`.
    pub fn rng(&self, purpose: &str) -> ChaCha8Rng {
        crate::rng(self.config.seed, self.stage, purpose)
    }

    /// A progress bar over `total` things, `what` in a few words ("caching features").
    pub fn progress(&self, what: &str, total: usize) -> Progress {
        tracing::info!(what, total, "begins");
        Progress::new(self.stage, what, total as u64, self.quiet)
    }

    /// Lines that change side by side, for work that has no single count.
    pub fn board(&self) -> Board {
        Board::new(self.stage, self.quiet)
    }

    /// Tells the person something worth knowing, on stderr and in the log.
    pub fn say(&self, text: &str) {
        tracing::info!("{text}");
        if !self.quiet {
            talk(&format!("{:<12}{text}", self.stage));
        }
    }

    /// Tells the person that something is not as it should be, and goes on.
    pub fn warn(&self, text: &str) {
        tracing::warn!("{text}");
        talk(&format!("{:<12}warning: {text}", self.stage));
    }
}
