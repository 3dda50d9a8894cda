//! The progress line of a sweep.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::config::{Keep, Train};
use pipeline::Progress;

use crate::context::TrainContext;
use crate::estimate::{Epochs, Running};
use crate::history::History;
use crate::settings::{TrialSettings, in_few_words};

/// The progress of all trials of a sweep. It counts images. Epochs that a trial does not need are subtracted from the
/// total.
#[derive(Debug)]
pub(crate) struct Live<'a> {
    progress: Progress,
    names: Vec<String>,
    config: &'a Train,
    /// Images in one epoch.
    images: usize,
    state: Mutex<State>,
}

/// The state that changes while trials run.
#[derive(Debug, Default)]
struct State {
    epochs: Epochs,
    /// The trials of the current rung that have had an epoch, by their index in the grid.
    running: BTreeMap<usize, Running>,
    /// Epochs after which the current rung begins and ends.
    rung: (usize, usize),
}

impl<'a> Live<'a> {
    /// Shows the line for the trials of `grid` with these `rungs`.
    pub fn begin(context: &TrainContext<'a>, grid: &[TrialSettings], rungs: &[usize]) -> Self {
        let images = context.examples.train.len();
        let (mut trials, mut from, mut epochs) = (grid.len(), 0, 0);
        for until in rungs {
            epochs += trials * (until - from);
            (trials, from) = (crate::halving::kept(trials), *until);
        }
        let name = |(at, settings): (usize, &TrialSettings)| {
            format!("trial {}/{} ({})", at + 1, grid.len(), in_few_words(settings, grid))
        };
        Self {
            progress: context.run.progress_without_rate("training trials", epochs * images),
            names: grid.iter().enumerate().map(name).collect(),
            config: &context.run.config.train,
            images,
            state: Mutex::new(State { epochs: Epochs { planned: epochs, ..Epochs::default() }, ..State::default() }),
        }
    }

    /// Begins a rung that trains its trials from `from` epochs to `until`.
    pub fn rung(&self, from: usize, until: usize) {
        self.state().rung = (from, until);
    }

    /// Returns the name of a trial for messages.
    pub fn name(&self, trial: usize) -> &str {
        &self.names[trial]
    }

    /// Adds `images` images that `trial` was trained on. `history` is present after an epoch.
    pub fn add(&self, trial: usize, images: usize, history: Option<&History>) {
        if let Some(history) = history {
            self.epoch(trial, history);
            if let Some(last) = history.epochs.last() {
                self.progress.message(format!(
                    "{} epoch {}/{} loss {:.4} accuracy {:.3}",
                    self.names[trial],
                    history.epochs.len(),
                    self.config.max_epochs,
                    last.val_loss,
                    last.val_accuracy
                ));
            }
        }
        self.progress.inc(images as u64);
    }

    /// Records an epoch of `trial`.
    fn epoch(&self, trial: usize, history: &History) {
        let mut state = self.state();
        let (from, until) = state.rung;
        let epochs = history.epochs.len();
        let kept = history.kept(self.config.keep).map_or(epochs, |(at, _)| at + 1);
        let earliest = match self.config.keep {
            Keep::Best => kept.saturating_add(self.config.patience),
            Keep::Last => until,
        };
        let trained = state.running.get(&trial).map_or(0, |running| running.trained) + 1;
        let done = epochs.saturating_sub(from);
        let limit = until.saturating_sub(from);
        state.running.insert(trial, Running { limit, done, earliest: earliest.saturating_sub(from), trained });
        self.estimate(&state);
    }

    /// Records that `trial` has finished its rung, and subtracts the epochs that it did not need.
    pub fn settle(&self, trial: usize, history: &History) {
        let mut state = self.state();
        let (from, until) = state.rung;
        let limit = until.saturating_sub(from);
        let trained = state.running.remove(&trial).map_or(0, |running| running.trained);
        state.epochs.planned = state.epochs.planned.saturating_sub(limit);
        state.epochs.finished_limit += limit;
        state.epochs.finished += history.epochs.len().min(until).saturating_sub(from);
        self.progress.fewer((limit.saturating_sub(trained) * self.images) as u64);
        self.estimate(&state);
    }

    /// Shows the time that is left.
    fn estimate(&self, state: &State) {
        let running: Vec<Running> = state.running.values().copied().collect();
        let images = state.epochs.left(&running).map(|epochs| epochs * self.images as f64);
        let rate = self.progress.per_second();
        let seconds = images.filter(|_| rate > 0.0).map(|images| images / rate);
        self.progress.set_left(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the line.
    pub fn finish(&self) {
        self.progress.finish();
    }
}
