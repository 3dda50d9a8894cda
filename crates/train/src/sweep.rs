//! The sweep: every combination of the lists is a trial. The validation split chooses the best trial, never the test split.
//!
//! The trials run rung by rung ([`halving`](crate::halving)). A grid is one rung. Within a rung they run in the order of
//! the grid, so trials with the same cut follow one another. Between rungs the checkpoint holds everything about a trial,
//! so a resumed run makes the same decisions as a run that was never stopped.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Context, Result, anyhow};
use contract::StopReason;
use graph::Model;
use pipeline::HintExt;

use crate::checkpoint::{Checkpoint, Checkpoints};
use crate::context::TrainContext;
use crate::cut::Cut;
use crate::features::{Features, drop_other_cuts};
use crate::halving;
use crate::history::History;
use crate::identity::{self, CHECKPOINTS};
use crate::live::Live;
use crate::settings::{self, TrialSettings};
use crate::side_by_side::side_by_side;
use crate::trial::Task;

/// A trial and its result.
#[derive(Debug)]
pub(crate) struct Trial {
    pub settings: TrialSettings,
    pub history: History,
    /// The last rung of the trial, from 1.
    pub rung: usize,
}

/// All trials of a finished sweep, and the chosen one.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub trials: Vec<Trial>,
    /// Index of the chosen trial.
    pub chosen: usize,
    /// The cut of the chosen trial.
    pub cut: Cut,
    /// The features at that cut.
    pub features: Features,
    /// The trained part above the cut, with the weights of the epoch that the chosen trial keeps.
    pub head: Model,
}

/// Runs all trials and returns the best one with its weights.
pub(crate) fn run(context: &TrainContext) -> Result<Sweep> {
    let config = &context.run.config.train;
    let grid = settings::grid(config);
    let keys = identity::keys(context, &grid)?;
    let checkpoints = Checkpoints::open(context.run.home().join(CHECKPOINTS), &keys)?;
    let rungs = halving::rungs(config.search, grid.len(), config.max_epochs);
    let live = Live::begin(context, &grid, &rungs);
    let mut sweep = SweepState {
        context: *context,
        trials: grid
            .iter()
            .map(|settings| Trial { settings: settings.clone(), history: History::default(), rung: 1 })
            .collect(),
        keys,
        checkpoints,
        winner: None,
        without_weights: vec![false; grid.len()],
        cuts: BTreeSet::new(),
        features: None,
    };
    let mut running: Vec<usize> = (0..grid.len()).collect();
    let mut from = 0;
    for (rung, until) in rungs.iter().copied().enumerate() {
        sweep.rung(&running, rung + 1, from..until, &live)?;
        if rung + 1 < rungs.len() {
            running = sweep.halve(&running, until)?;
        }
        from = until;
    }
    live.finish();
    sweep.finish()
}

/// A running sweep.
struct SweepState<'a> {
    context: TrainContext<'a>,
    trials: Vec<Trial>,
    keys: Vec<blake3::Hash>,
    checkpoints: Checkpoints,
    /// The best of the stopped trials. Its weights stay in its checkpoint.
    winner: Option<usize>,
    /// The trials whose checkpoint no longer holds weights.
    without_weights: Vec<bool>,
    /// The [`Cut::key`] of every cut of the sweep so far.
    cuts: BTreeSet<String>,
    /// The features at the last cut, with its [`Cut::key`].
    features: Option<(String, Features)>,
}

impl SweepState<'_> {
    /// Trains the trials `running` from `epochs.start` epochs to `epochs.end`.
    fn rung(&mut self, running: &[usize], rung: usize, epochs: Range<usize>, live: &Live) -> Result<()> {
        for trial in running {
            self.trials[*trial].rung = rung;
        }
        live.rung(epochs.start, epochs.end);
        let (done, waiting): (Vec<usize>, Vec<usize>) =
            running.iter().copied().partition(|at| self.trials[*at].history.is_done(epochs.end));
        for trial in done {
            live.settle(trial, &self.trials[trial].history);
        }
        let groups = waiting.chunk_by(|a, b| {
            let (a, b) = (&self.trials[*a].settings, &self.trials[*b].settings);
            (&a.tune, &a.hidden) == (&b.tune, &b.hidden)
        });
        for group in groups.map(<[usize]>::to_vec).collect::<Vec<_>>() {
            let cut = self.context.cut(&self.trials[group[0]].settings)?;
            self.cuts.insert(cut.key.clone());
            if self.features.as_ref().is_none_or(|(key, _)| *key != cut.key) {
                self.features = Some((cut.key.clone(), self.context.features(&cut)?));
            }
            let size = if TrainContext::is_small(&cut)? { group.len() } else { 1 };
            for together in group.chunks(size) {
                let histories = self.train(&cut, together, epochs.end, live)?;
                for (trial, history) in together.iter().zip(histories) {
                    live.settle(*trial, &history);
                    self.take(*trial, &history, epochs.end, live);
                }
                self.drop_weights()?;
            }
        }
        Ok(())
    }

    /// Trains some trials with the same cut, small ones side by side. Returns their histories in the same order.
    fn train(&self, cut: &Cut, together: &[usize], epochs: usize, live: &Live) -> Result<Vec<History>> {
        let (_, features) = self.features.as_ref().context("the features at the cut are not open")?;
        let (run, examples) = (self.context.run, self.context.examples);
        let threads = self.context.threads(cut)?;
        side_by_side(run.threads() / threads, together, |at: usize| {
            let settings = &self.trials[at].settings;
            let task = Task { run, settings, cut, features, examples, threads };
            task.train(epochs, &self.checkpoints, &self.keys[at], &|images, history| live.add(at, images, history))
        })
    }

    /// Records the history of a trial, warns when the trial diverged, and updates the best of the stopped trials.
    fn take(&mut self, trial: usize, history: &History, until: usize, live: &Live) {
        let history = history.until(until);
        let keep = self.context.run.config.train.keep;
        let (epochs, stopped) = (history.epochs.len(), history.stop_reason);
        if stopped == Some(StopReason::Diverged) {
            self.context.run.warn(&format!(
                "{}: the loss is not a finite number after epoch {epochs}, so the trial stops",
                live.name(trial)
            ));
        }
        tracing::info!(trial = trial + 1, epochs, kept = ?history.kept(keep), ?stopped, "{}", live.name(trial));
        self.trials[trial].history = history;
        let loss = |trial: usize| self.trials[trial].history.result(keep);
        if let Some(found) = loss(trial).filter(|_| stopped.is_some()) {
            let least = self.winner.and_then(|winner| Some((loss(winner)?, winner)));
            if least.is_none_or(|(least, winner)| found.total_cmp(&least).then(trial.cmp(&winner)).is_lt()) {
                self.winner = Some(trial);
            }
        }
    }

    /// Removes the weights of trials that cannot win from their checkpoints. Weights take most of the disk space.
    fn drop_weights(&mut self) -> Result<()> {
        for (at, trial) in self.trials.iter().enumerate() {
            if trial.history.stop_reason.is_some() && self.winner != Some(at) && !self.without_weights[at] {
                let history = History {
                    stop_reason: trial.history.stop_reason.filter(|reason| *reason != StopReason::Halved),
                    ..trial.history.clone()
                };
                let stopped = Checkpoint { history: Cow::Borrowed(&history), ..Checkpoint::default() };
                self.checkpoints.write(&self.keys[at], &stopped)?;
                self.without_weights[at] = true;
            }
        }
        Ok(())
    }

    /// Returns the better half of `running` after `until` epochs. The other trials stop.
    fn halve(&mut self, running: &[usize], until: usize) -> Result<Vec<usize>> {
        let keep = self.context.run.config.train.keep;
        let loss = |at: usize| self.trials[at].history.result(keep);
        let losses: Vec<(usize, Option<f32>)> = running.iter().map(|at| (*at, loss(*at))).collect();
        let left = halving::survivors(&losses);
        for at in running.iter().filter(|at| !left.contains(at)) {
            let history = &mut self.trials[*at].history;
            history.stop_reason = history.stop_reason.or(Some(StopReason::Halved));
        }
        if self.winner.is_some_and(|winner| !left.contains(&winner)) {
            self.winner = None;
        }
        tracing::info!(epochs = until, ?left, "end of a rung");
        self.drop_weights()?;
        Ok(left)
    }

    /// Returns the sweep with the kept weights of the chosen trial.
    fn finish(self) -> Result<Sweep> {
        drop_other_cuts(self.context.run.environment, &self.cuts)?;
        let chosen = self
            .winner
            .ok_or_else(|| anyhow!("every trial diverged: the loss of every trial is not a finite number"))
            .hint(divergence_advice(&self.context.run.config.train.sweep))?;
        let trial = &self.trials[chosen];
        let cut = self.context.cut(&trial.settings)?;
        let features = match self.features {
            Some((key, features)) if key == cut.key => features,
            _ => self.context.features(&cut)?,
        };
        let (run, examples, settings) = (self.context.run, self.context.examples, &trial.settings);
        let threads = self.context.threads(&cut)?;
        let task = Task { run, settings, cut: &cut, features: &features, examples, threads };
        let key = &self.keys[chosen];
        let mut kept = self.checkpoints.read(key).unwrap_or_default().kept;
        if kept.is_empty() {
            // A trial that the configuration no longer lists was better, so the checkpoint lost its weights.
            self.checkpoints.remove(key)?;
            task.train(run.config.train.max_epochs, &self.checkpoints, key, &|_, _| {})?;
            kept = self.checkpoints.read(key).unwrap_or_default().kept;
        }
        let head = task.with_weights(&kept)?;
        Ok(Sweep { trials: self.trials, chosen, cut, features, head })
    }
}

/// Returns what to do when every trial of `grid` diverged.
fn divergence_advice(grid: &contract::config::Sweep) -> &'static str {
    let largest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    // AdamW multiplies a weight by 1 - learning rate x weight decay in each step.
    if largest(&grid.weight_decay) > 1.0 && largest(&grid.learning_rate) * largest(&grid.weight_decay) > 1.0 {
        "lower `train.sweep.weight_decay`: its product with the learning rate must stay far below 1"
    } else {
        "try lower rates in train.sweep.learning_rate; `train find-lr` suggests one"
    }
}
