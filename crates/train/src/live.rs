//! The progress line of a sweep.

use std::sync::atomic::{AtomicUsize, Ordering};

use pipeline::Progress;

use crate::context::TrainContext;
use crate::history::History;
use crate::settings::{Settings, in_few_words};

/// The progress of all trials of a sweep. It counts images. Epochs that a trial does not need are subtracted from the
/// total.
#[derive(Debug)]
pub(crate) struct Live {
    progress: Progress,
    names: Vec<String>,
    max_epochs: usize,
    /// Images in one epoch.
    images: usize,
    /// Epochs of each trial in the current rung.
    trained: Vec<AtomicUsize>,
}

impl Live {
    /// Shows the line for the trials of `grid` with these `rungs`.
    pub fn begin(context: &TrainContext, grid: &[Settings], rungs: &[usize]) -> Self {
        let (max_epochs, images) = (context.run.config.train.max_epochs, context.examples.train.len());
        let (mut trials, mut from, mut epochs) = (grid.len(), 0, 0);
        for until in rungs {
            epochs += trials * (until - from);
            (trials, from) = (crate::halving::kept(trials), *until);
        }
        let name = |(at, settings): (usize, &Settings)| {
            format!("trial {}/{} ({})", at + 1, grid.len(), in_few_words(settings, grid))
        };
        Self {
            progress: context.run.progress("training trials", epochs * images),
            names: grid.iter().enumerate().map(name).collect(),
            max_epochs,
            images,
            trained: grid.iter().map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    /// Returns the name of a trial for messages.
    pub fn name(&self, trial: usize) -> &str {
        &self.names[trial]
    }

    /// Adds `images` images that `trial` was trained on. `history` is present after an epoch.
    pub fn add(&self, trial: usize, images: usize, history: Option<&History>) {
        if let Some(history) = history {
            self.trained[trial].fetch_add(1, Ordering::Relaxed);
            if let Some(last) = history.epochs.last() {
                self.progress.message(format!(
                    "{} epoch {}/{} loss {:.4} accuracy {:.3}",
                    self.names[trial],
                    history.epochs.len(),
                    self.max_epochs,
                    last.val_loss,
                    last.val_accuracy
                ));
            }
        }
        self.progress.inc(images as u64);
    }

    /// Subtracts the epochs that `trial` did not need in a rung of `epochs` epochs.
    pub fn settle(&self, trial: usize, epochs: usize) {
        let trained = self.trained[trial].swap(0, Ordering::Relaxed);
        self.progress.fewer((epochs.saturating_sub(trained) * self.images) as u64);
    }

    /// Removes the line.
    pub fn finish(&self) {
        self.progress.finish();
    }
}
