//! The live line: which trial is at work, how it does, how fast, and how long it still takes.

use std::sync::atomic::{AtomicUsize, Ordering};

use pipeline::Progress;

use crate::context::TrainContext;
use crate::history::History;
use crate::settings::{Settings, in_few_words};

/// Shared by all trials of a sweep. Counts pictures; epochs that a trial is spared are taken off the total.
#[derive(Debug)]
pub(crate) struct Live {
    progress: Progress,
    names: Vec<String>,
    max_epochs: usize,
    /// Pictures of one epoch.
    pictures: usize,
    /// Epochs that each trial was trained in the present rung.
    trained: Vec<AtomicUsize>,
}

impl Live {
    /// Begins the line for the trials of `grid`, which go through `rungs`.
    pub fn begin(context: &TrainContext, grid: &[Settings], rungs: &[usize]) -> Self {
        let (max_epochs, pictures) = (context.run.config.train.max_epochs, context.examples.train.len());
        let (mut trials, mut from, mut epochs) = (grid.len(), 0, 0);
        for until in rungs {
            epochs += trials * (until - from);
            (trials, from) = (crate::halving::kept(trials), *until);
        }
        let name = |(at, settings): (usize, &Settings)| {
            format!("trial {}/{} ({})", at + 1, grid.len(), in_few_words(settings, grid))
        };
        Self {
            progress: context.run.progress("trains", epochs * pictures),
            names: grid.iter().enumerate().map(name).collect(),
            max_epochs,
            pictures,
            trained: grid.iter().map(|_| AtomicUsize::new(0)).collect(),
        }
    }

    /// What a trial is called.
    pub fn name(&self, trial: usize) -> &str {
        &self.names[trial]
    }

    /// `pictures` more were trained on by `trial`; `history` after an epoch.
    pub fn tell(&self, trial: usize, pictures: usize, history: Option<&History>) {
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
        self.progress.inc(pictures as u64);
    }

    /// A rung of `epochs` epochs is over for `trial`: what it was spared is not waited for.
    pub fn settle(&self, trial: usize, epochs: usize) {
        let trained = self.trained[trial].swap(0, Ordering::Relaxed);
        self.progress.fewer((epochs.saturating_sub(trained) * self.pictures) as u64);
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.progress.finish();
    }
}
