//! `trials.csv` and `history.csv`.

use crate::view::Run;
use anyhow::Result;

use crate::examples::Examples;
use crate::history::Epoch;
use crate::schedule::Schedule;
use crate::settings::Settings;
use crate::sweep::Sweep;

/// The file of the trials.
pub(crate) const TRIALS: &str = "trials.csv";

/// Writes both files. The validation columns are those of `kept_epoch`, whose weights the trial keeps; a trial without one
/// has empty cells there. `status` is why it ended, and with `search = "halving"` `rung` is the last rung it was in,
/// from 1. A history's `learning_rate` is that of the epoch's last step.
pub(crate) fn write(run: &Run, sweep: &Sweep, examples: &Examples) -> Result<()> {
    let config = &run.config.train;
    let after = ["epochs", "kept_epoch", "val_loss", "val_accuracy", "status", "rung", "chosen"];
    let columns: Vec<&str> = ["trial"].into_iter().chain(Settings::NAMES).chain(after).collect();
    let rows = sweep.trials.iter().enumerate().map(|(number, trial)| {
        let kept = |cell: fn((usize, &Epoch)) -> String| trial.history.kept(config.keep).map(cell).unwrap_or_default();
        let mut row = vec![(number + 1).to_string()];
        row.extend(trial.settings.texts());
        row.extend([
            trial.history.epochs.len().to_string(),
            kept(|(epoch, _)| (epoch + 1).to_string()),
            kept(|(_, epoch)| epoch.val_loss.to_string()),
            kept(|(_, epoch)| epoch.val_accuracy.to_string()),
            trial.history.stop_reason.map(|ended| ended.to_string()).unwrap_or_default(),
            trial.rung.to_string(),
            (number == sweep.chosen).to_string(),
        ]);
        row
    });
    run.write_csv(TRIALS, &columns, rows)?;
    let steps = examples.train.len().div_ceil(config.batch_size);
    let epochs = sweep.trials.iter().enumerate().flat_map(|(number, trial)| {
        let schedule = Schedule::new(config, trial.settings.learning_rate, config.max_epochs * steps);
        trial.history.epochs.iter().enumerate().map(move |(at, epoch)| {
            [
                (number + 1).to_string(),
                (at + 1).to_string(),
                schedule.rate((at + 1) * steps - 1).to_string(),
                epoch.train_loss.to_string(),
                epoch.val_loss.to_string(),
                epoch.val_accuracy.to_string(),
            ]
        })
    });
    let columns = ["trial", "epoch", "learning_rate", "train_loss", "val_loss", "val_accuracy"];
    run.write_csv("history.csv", &columns, epochs)
}
