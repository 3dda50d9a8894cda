//! Every combination of the sweep is a trial; validation, never the test split, chooses among them.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};
use graph::Model;
use pipeline::config::Sweep as Lists;
use pipeline::dataset::Dataset;
use pipeline::{HintExt, Run};

use crate::cut::{Base, Cut};
use crate::depth::Depth;
use crate::examples::Examples;
use crate::features::{Copies, Features, drop_other_cuts};
use crate::trial::{self, Ended, Settings, Trial};

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
    /// What the chosen trial trained above the cut, with the weights of its best epoch.
    pub head: Model,
}

/// The combinations in a fixed order: hidden sizes change slowest, learning rates fastest.
pub(crate) fn grid(lists: &Lists) -> Vec<Settings> {
    let mut grid = Vec::new();
    for hidden in &lists.hidden {
        for dropout in &lists.dropout {
            for learning_rate in &lists.learning_rate {
                grid.push(Settings { learning_rate: *learning_rate, dropout: *dropout, hidden: hidden.clone() });
            }
        }
    }
    grid
}

/// Runs every trial and keeps the weights of the best.
pub(crate) fn run(run: &Run, base: &Base, dataset: &Dataset, examples: &Examples) -> Result<Sweep> {
    let cut = |settings: &Settings| {
        let depth = Depth::parse("head", &base.network, settings.hidden.len())?;
        Cut::new(run.config, base, &depth, &settings.hidden, examples.classes)
    };
    let grid = grid(&run.config.train.sweep);
    // The same cut for every head: its values are shared.
    let features = Features::open(run, base, &cut(&grid[0])?, dataset, &Copies::default())?;
    let mut trials: Vec<Trial> = Vec::with_capacity(grid.len());
    let mut best: Option<(f32, usize, Cut, Model)> = None;
    let progress = run.progress("trains", grid.len() * run.config.train.max_epochs);
    for (number, settings) in grid.iter().enumerate() {
        let label = format!("trial {}/{} ({settings})", number + 1, grid.len());
        let cut = cut(settings)?;
        let (trial, head) = trial::run(run, settings, &cut, &features, examples, |epochs, loss| {
            progress.message(format!("{label} epoch {epochs} val loss {loss:.4}"));
            progress.inc(1);
        })?;
        progress.inc((run.config.train.max_epochs - trial.history.len()) as u64);
        if trial.ended == Ended::Diverged {
            run.warn(&format!(
                "{label}: the loss is no number any more after epoch {}; the trial ends",
                trial.history.len()
            ));
        }
        tracing::info!(trial = number + 1, epochs = trial.history.len(), best = ?trial.best(), ended = ?trial.ended, "{label}");
        if let Some(loss) = trial.best().map(|(_, epoch)| epoch.val_loss)
            && best.as_ref().is_none_or(|(least, ..)| loss < *least)
        {
            best = Some((loss, number, cut, head));
        }
        trials.push(trial);
    }
    progress.finish();
    drop_other_cuts(run.config, &BTreeSet::from([cut(&grid[0])?.key]))?;
    let (_, chosen, cut, head) = best
        .ok_or_else(|| anyhow!("the loss of every trial stopped being a number"))
        .hint("try lower rates in train.sweep.learning_rate")?;
    Ok(Sweep { trials, chosen, cut, features, head })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_holds_every_combination_once_in_a_fixed_order() {
        let lists = Lists { learning_rate: vec![0.1, 0.2], dropout: vec![0.0, 0.5], hidden: vec![vec![], vec![8, 4]] };
        let shown: Vec<String> = grid(&lists).iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), 8);
        assert_eq!(shown[1], "rate 0.2, dropout 0, no hidden layer");
        assert_eq!(shown[6], "rate 0.1, dropout 0.5, hidden 8-4");
    }
}
