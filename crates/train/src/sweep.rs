//! Every combination of the sweep is a trial; validation, never the test split, chooses among them.
//!
//! Trials go rung by rung ([`halving`](crate::halving); a grid is one rung), and within a rung in the order of the grid,
//! so that those which share a cut come after one another. All that is known of a trial between rungs lies in its
//! checkpoint, so a run that is taken up again takes the same way as one that was never stopped.

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
use crate::settings::{self, Settings};
use crate::side_by_side::side_by_side;
use crate::trial::Task;

/// A trial and what became of it.
#[derive(Debug)]
pub(crate) struct Trial {
    pub settings: Settings,
    pub history: History,
    /// The last rung it was in, from 1.
    pub rung: usize,
}

/// All trials of a sweep, and the one that won.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub trials: Vec<Trial>,
    /// Place of the chosen trial.
    pub chosen: usize,
    /// The chosen trial's cut.
    pub cut: Cut,
    /// The values at that cut.
    pub features: Features,
    /// What the chosen trial trained above the cut, with the weights of the epoch that it keeps.
    pub head: Model,
}

/// Runs every trial and keeps the weights of the best.
pub(crate) fn run(context: &TrainContext) -> Result<Sweep> {
    let config = &context.run.config.train;
    let grid = settings::grid(config);
    let keys = identity::keys(context, &grid)?;
    let checkpoints = Checkpoints::open(context.run.folder().join(CHECKPOINTS), &keys)?;
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
        let_go: vec![false; grid.len()],
        cuts: BTreeSet::new(),
        features: None,
    };
    let mut going: Vec<usize> = (0..grid.len()).collect();
    let mut from = 0;
    for (rung, until) in rungs.iter().copied().enumerate() {
        sweep.rung(&going, rung + 1, from..until, &live)?;
        if rung + 1 < rungs.len() {
            going = sweep.halve(&going, until)?;
        }
        from = until;
    }
    live.finish();
    sweep.finish()
}

/// A sweep under way.
struct SweepState<'a> {
    context: TrainContext<'a>,
    trials: Vec<Trial>,
    keys: Vec<blake3::Hash>,
    checkpoints: Checkpoints,
    /// The trial among those that have ended whose weights are kept.
    winner: Option<usize>,
    /// Whose weights are kept no more.
    let_go: Vec<bool>,
    /// [`Cut::key`] of every cut that was used.
    cuts: BTreeSet<String>,
    /// The values at the cut that was used last.
    features: Option<(String, Features)>,
}

impl SweepState<'_> {
    /// Takes the trials `going` from `epochs.start` epochs to `epochs.end`.
    fn rung(&mut self, going: &[usize], rung: usize, epochs: Range<usize>, live: &Live) -> Result<()> {
        for trial in going {
            self.trials[*trial].rung = rung;
        }
        let waiting: Vec<usize> =
            going.iter().copied().filter(|at| !self.trials[*at].history.is_done(epochs.end)).collect();
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
                    live.settle(*trial, epochs.len());
                    self.take(*trial, &history, epochs.end, live);
                }
                self.let_go()?;
            }
        }
        Ok(())
    }

    /// Trains some trials that share a cut, small ones side by side; the histories come in the same order.
    fn train(&self, cut: &Cut, together: &[usize], epochs: usize, live: &Live) -> Result<Vec<History>> {
        let (_, features) = self.features.as_ref().context("no values at the cut")?;
        let (run, examples) = (self.context.run, self.context.examples);
        let threads = self.context.threads(cut)?;
        side_by_side(run.threads() / threads, together, |at: usize| {
            let settings = &self.trials[at].settings;
            let task = Task { run, settings, cut, features, examples, threads };
            task.train(epochs, &self.checkpoints, &self.keys[at], &|pictures, history| live.tell(at, pictures, history))
        })
    }

    /// Takes down how far a trial has come, tells of one that diverged, and keeps in mind the best that ended.
    fn take(&mut self, trial: usize, history: &History, until: usize, live: &Live) {
        let history = history.until(until);
        let keep = self.context.run.config.train.keep;
        let (epochs, ended) = (history.epochs.len(), history.stop_reason);
        if ended == Some(StopReason::Diverged) {
            self.context.run.warn(&format!(
                "{}: the loss is no number any more after epoch {epochs}; the trial ends",
                live.name(trial)
            ));
        }
        tracing::info!(trial = trial + 1, epochs, kept = ?history.kept(keep), ?ended, "{}", live.name(trial));
        self.trials[trial].history = history;
        let loss = |trial: usize| self.trials[trial].history.kept(keep).map(|(_, epoch)| epoch.val_loss);
        if let Some(found) = loss(trial).filter(|_| ended.is_some()) {
            let least = self.winner.and_then(|winner| Some((loss(winner)?, winner)));
            if least.is_none_or(|(least, winner)| found.total_cmp(&least).then(trial.cmp(&winner)).is_lt()) {
                self.winner = Some(trial);
            }
        }
    }

    /// Lets go of the weights of trials that cannot win any more: they are most of what lies on the disk.
    fn let_go(&mut self) -> Result<()> {
        for (at, trial) in self.trials.iter().enumerate() {
            if trial.history.stop_reason.is_some() && self.winner != Some(at) && !self.let_go[at] {
                let history = History {
                    stop_reason: trial.history.stop_reason.filter(|ended| *ended != StopReason::Halved),
                    ..trial.history.clone()
                };
                let ended = Checkpoint { history: Cow::Borrowed(&history), ..Checkpoint::default() };
                self.checkpoints.write(&self.keys[at], &ended)?;
                self.let_go[at] = true;
            }
        }
        Ok(())
    }

    /// The better half of `going`, judged after `until` epochs; the others end.
    fn halve(&mut self, going: &[usize], until: usize) -> Result<Vec<usize>> {
        let keep = self.context.run.config.train.keep;
        let loss = |at: usize| self.trials[at].history.kept(keep).map(|(_, epoch)| epoch.val_loss);
        let losses: Vec<(usize, Option<f32>)> = going.iter().map(|at| (*at, loss(*at))).collect();
        let left = halving::survivors(&losses);
        for at in going.iter().filter(|at| !left.contains(at)) {
            let history = &mut self.trials[*at].history;
            history.stop_reason = history.stop_reason.or(Some(StopReason::Halved));
        }
        if self.winner.is_some_and(|winner| !left.contains(&winner)) {
            self.winner = None;
        }
        tracing::info!(epochs = until, ?left, "a rung is over");
        self.let_go()?;
        Ok(left)
    }

    /// Puts the kept weights into what the chosen trial trained.
    fn finish(self) -> Result<Sweep> {
        drop_other_cuts(self.context.run.environment, &self.cuts)?;
        let chosen = self
            .winner
            .ok_or_else(|| anyhow!("the loss of every trial stopped being a number"))
            .hint("try lower rates in train.sweep.learning_rate")?;
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
            // It once lost against a trial that was taken out of the sweep, while the run stood still.
            self.checkpoints.remove(key)?;
            task.train(run.config.train.max_epochs, &self.checkpoints, key, &|_, _| {})?;
            kept = self.checkpoints.read(key).unwrap_or_default().kept;
        }
        let head = task.with_weights(&kept)?;
        Ok(Sweep { trials: self.trials, chosen, cut, features, head })
    }
}
