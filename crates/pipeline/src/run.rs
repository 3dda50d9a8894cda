//! The services that a running stage uses: its folder, upstream folders, random streams, progress and messages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context, Result};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use tempfile::TempDir;

use crate::pieces::Pieces;
use crate::scope::{Scope, Seeded};
use crate::{AtomicFile, Board, Environment, HintExt, Progress, StageFolder, print_message, stop, write_atomic};

/// A run of a stage, handed to [`Stage::run`](crate::Stage::run).
#[derive(Debug)]
pub struct Run<'a, C> {
    /// The stage's view of the configuration.
    pub config: &'a C,
    /// Folders and threads.
    pub environment: &'a Environment,
    pub(crate) work: &'a Work,
}

/// The state of a run that does not come from its configuration.
#[derive(Debug)]
pub(crate) struct Work {
    pub stage: &'static str,
    pub folder: StageFolder,
    /// Where the run builds its outputs.
    pub outputs: PathBuf,
    pub quiet: bool,
    /// `None` for a stage without kept pieces.
    pub pieces: Option<Pieces>,
    pub recorded: Mutex<BTreeMap<String, String>>,
}

impl<C> Clone for Run<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Run<'_, C> {}

impl<C: Seeded> Run<'_, C> {
    /// Returns the random stream of this stage for one `purpose`.
    pub fn rng(&self, purpose: &str) -> ChaCha8Rng {
        crate::rng(self.config.seed(), self.work.stage, purpose)
    }
}

impl<C: Serialize> Run<'_, C> {
    /// Returns the stage's view of the configuration as TOML text: the content of `config.resolved.toml`.
    pub fn resolved(&self) -> Result<String> {
        toml::to_string_pretty(self.config).context("cannot write the configuration as TOML")
    }
}

impl<'a, C> Run<'a, C> {
    /// Returns the same run with another view, for code that two stages share.
    ///
    /// Build `config` from this run's own view, so that no undeclared key is read.
    pub fn with_config<D>(&self, config: &'a D) -> Run<'a, D> {
        Run { config, environment: self.environment, work: self.work }
    }

    /// Returns the configuration and the environment without the stage's folder.
    pub fn scope(&self) -> Scope<'a, C> {
        Scope { config: self.config, environment: self.environment }
    }

    /// Returns the folder in which this run builds its outputs. It replaces the outputs of the last run at the end.
    pub fn folder(&self) -> &'a Path {
        &self.work.outputs
    }

    /// Returns the folder `artifacts/<stage>`, which holds the caches, the checkpoints and the outputs of the last run.
    ///
    /// A run reads and writes its caches and checkpoints there, and leaves everything else alone.
    pub fn home(&self) -> &'a Path {
        self.work.folder.path()
    }

    /// Returns the folder that holds the folders of all stages.
    pub fn artifacts(&self) -> &'a Path {
        &self.environment.artifacts
    }

    /// Returns the folder of a stage that this stage reads.
    pub fn upstream(&self, stage: &str) -> PathBuf {
        self.environment.stage(stage)
    }

    /// Returns the number of threads to use, at least 1.
    pub fn threads(&self) -> usize {
        self.environment.thread_count()
    }

    /// Writes one output atomically.
    pub fn write(&self, relative: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
        write_atomic(self.folder().join(relative), bytes)
    }

    /// Writes an output that belongs into the folder of another stage. It appears there when the run is complete.
    ///
    /// [`Stage::ELSEWHERE`](crate::Stage::ELSEWHERE) lists the stage and the file.
    pub fn write_elsewhere(&self, stage: &str, file: &str, bytes: &[u8]) -> Result<()> {
        write_atomic(StageFolder::elsewhere(self.folder(), stage, file), bytes)
    }

    /// Writes a table that explains why this run fails. The outputs of a failed run disappear, and this file stays until the
    /// next run that succeeds. Its path is [`Run::unfinished`].
    pub fn write_unfinished(&self, file: &str, bytes: &[u8]) -> Result<()> {
        write_atomic(self.unfinished(file), bytes)
    }

    /// Returns the path of a table after a failed run: `rejects.unfinished.csv` in the stage's folder for `rejects.csv`.
    pub fn unfinished(&self, file: &str) -> PathBuf {
        self.home().join(file).with_extension("unfinished.csv")
    }

    /// Begins an output that is written piece by piece.
    pub fn create(&self, relative: impl AsRef<Path>) -> Result<AtomicFile> {
        AtomicFile::create(self.folder().join(relative))
    }

    /// Creates a folder for temporary files. It is removed when dropped and is not an output.
    pub fn scratch(&self) -> Result<TempDir> {
        tempfile::Builder::new()
            .prefix(".scratch-")
            .tempdir_in(self.folder())
            .with_context(|| format!("cannot write in {}", self.folder().display()))
            .hint_write()
    }

    /// Returns the result of one piece of long work, and keeps it so that a stopped or killed run resumes after it.
    ///
    /// `piece` names the work uniquely within the stage. The result may depend only on the stage's cache key, the number
    /// of threads, and `piece`. A stage without [`PIECES`](crate::PIECES) among its checkpoints keeps nothing.
    ///
    /// # Errors
    /// Returns [`Stopped`](stop::Stopped) before the work when the user has pressed Ctrl-C, or the error of the work.
    pub fn remember(&self, piece: &str, work: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        stop::check()?;
        match &self.work.pieces {
            Some(pieces) => pieces.remember(piece, work),
            None => work(),
        }
    }

    /// Records a decision of the run: `value` under `name` in the lock file, beside the number of threads and the times.
    pub fn record(&self, name: &str, value: &str) {
        if let Ok(mut recorded) = self.work.recorded.lock() {
            recorded.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Starts a progress bar over `total` items. `what` is a short label, such as "reading files".
    pub fn progress(&self, what: &str, total: usize) -> Progress {
        tracing::info!(what, total, "begin");
        Progress::new(self.work.stage, what, total as u64, self.work.quiet)
    }

    /// Shows the elapsed time of work that reports no steps. `what` is a short label, such as "sorting files".
    pub fn progress_without_steps(&self, what: &str) -> Progress {
        tracing::info!(what, "begin");
        Progress::without_steps(self.work.stage, what, self.work.quiet)
    }

    /// Starts a progress bar over `total` items that differ too much for one rate. It shows the time that is left only after
    /// [`Progress::set_left`].
    pub fn progress_without_rate(&self, what: &str, total: usize) -> Progress {
        tracing::info!(what, total, "begin");
        Progress::without_rate(self.work.stage, what, total as u64, self.work.quiet)
    }

    /// Starts a group of progress lines, for work without a single count.
    pub fn board(&self) -> Board {
        Board::new(self.work.stage, self.work.quiet)
    }

    /// Prints a message to stderr, unless `--quiet` is given, and writes it to the log.
    pub fn say(&self, text: &str) {
        tracing::info!("{text}");
        if !self.work.quiet {
            print_message(&format!("{:<12}{text}", self.work.stage));
        }
    }

    /// Prints a warning to stderr and writes it to the log.
    pub fn warn(&self, text: &str) {
        tracing::warn!("{text}");
        print_message(&format!("{:<12}warning: {text}", self.work.stage));
    }
}
