//! The tables of a sweep: its trials and their training history.

use anyhow::Result;
use contract::{Artifact, EpochRow, Trial, TrialResult};

use crate::examples::Examples;
use crate::schedule::Schedule;
use crate::sweep::Sweep;
use crate::view::Run;

/// Writes `trials.csv` and `history.csv`.
pub(crate) fn write(run: &Run, sweep: &Sweep, examples: &Examples) -> Result<()> {
    let config = &run.config.train;
    let steps = examples.train.len().div_ceil(config.batch_size);
    let (mut trials, mut epochs) = (Vec::new(), Vec::new());
    for (at, trial) in sweep.trials.iter().enumerate() {
        let number = at + 1;
        let kept = trial.history.kept(config.keep);
        let result = TrialResult {
            epochs: trial.history.epochs.len(),
            kept_epoch: kept.map(|(epoch, _)| epoch + 1),
            val_loss: kept.map(|(_, epoch)| epoch.val_loss),
            val_accuracy: kept.map(|(_, epoch)| epoch.val_accuracy),
            status: trial.history.stop_reason,
            rung: trial.rung,
            chosen: at == sweep.chosen,
        };
        trials.push(Trial { trial: number, settings: trial.settings.clone(), result });
        let schedule = Schedule::new(config, trial.settings.learning_rate, config.max_epochs * steps);
        epochs.extend(trial.history.epochs.iter().enumerate().map(|(at, epoch)| EpochRow {
            trial: number,
            epoch: at + 1,
            learning_rate: schedule.rate((at + 1) * steps - 1),
            train_loss: epoch.train_loss,
            val_loss: epoch.val_loss,
            val_accuracy: epoch.val_accuracy,
        }));
    }
    trials.write(run)?;
    epochs.write(run)
}
