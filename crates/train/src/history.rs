//! The training history of a trial: its epochs, and why it stopped.

use contract::StopReason;
use contract::config::{self, Keep};
use serde::{Deserialize, Serialize};

/// One pass over the training split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Epoch {
    /// Mean loss over the epoch's steps in nats, with dropout, class weights and label smoothing.
    pub train_loss: f32,
    /// Mean cross-entropy on the validation split in nats.
    pub val_loss: f32,
    /// Top-1 accuracy on the validation split, in [0, 1].
    pub val_accuracy: f32,
}

/// The epochs of a trial so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct History {
    pub epochs: Vec<Epoch>,
    /// `None` while the trial may continue.
    pub stop_reason: Option<StopReason>,
}

impl History {
    /// Returns the index of the epoch whose weights the trial keeps, and the epoch.
    ///
    /// `keep` selects the last epoch or the first epoch with the least validation loss. Returns `None` when there is no epoch.
    pub fn kept(&self, keep: Keep) -> Option<(usize, &Epoch)> {
        let mut epochs = self.epochs.iter().enumerate();
        match keep {
            Keep::Best => epochs.min_by(|(_, a), (_, b)| a.val_loss.total_cmp(&b.val_loss)),
            Keep::Last => epochs.next_back(),
        }
    }

    /// Returns the validation loss of the kept epoch, by which trials are compared. Returns `None` for a trial that diverged,
    /// also after good epochs, and for a trial without an epoch.
    pub fn result(&self, keep: Keep) -> Option<f32> {
        let sound = self.stop_reason != Some(StopReason::Diverged);
        self.kept(keep).filter(|_| sound).map(|(_, epoch)| epoch.val_loss)
    }

    /// Returns whether the trial has stopped or has trained for `epochs` epochs.
    pub fn is_done(&self, epochs: usize) -> bool {
        self.stop_reason.is_some() || self.epochs.len() >= epochs
    }

    /// Returns the history as it was after `epochs` epochs.
    pub fn until(&self, epochs: usize) -> Self {
        if self.epochs.len() <= epochs {
            return self.clone();
        }
        Self { epochs: self.epochs[..epochs].to_vec(), stop_reason: None }
    }

    /// Returns why the trial stops after its last epoch, or `None` when it continues.
    pub fn stop_reason_after(&self, config: &config::Train) -> Option<StopReason> {
        let epochs = self.epochs.len();
        let kept = self.kept(config.keep).map_or(epochs, |(at, _)| at + 1);
        if epochs - kept >= config.patience {
            Some(StopReason::EarlyStopping)
        } else {
            (epochs == config.max_epochs).then_some(StopReason::MaxEpochs)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(losses: &[f32]) -> History {
        let epoch = |loss: &f32| Epoch { train_loss: 1.0, val_loss: *loss, val_accuracy: 0.5 };
        History { epochs: losses.iter().map(epoch).collect(), stop_reason: None }
    }

    fn train(keep: Keep, patience: usize, max_epochs: usize) -> config::Train {
        config::Train { keep, patience, max_epochs, ..config::Train::default() }
    }

    #[test]
    fn a_trial_stops_when_the_loss_stops_falling_or_at_max_epochs() {
        let reason =
            |losses: &[f32], patience, most| history(losses).stop_reason_after(&train(Keep::Best, patience, most));
        assert_eq!(reason(&[3.0, 2.0], 2, 9), None);
        assert_eq!(reason(&[2.0, 3.0], 2, 9), None);
        assert_eq!(reason(&[2.0, 3.0, 2.0], 2, 9), Some(StopReason::EarlyStopping));
        assert_eq!(reason(&[3.0, 2.0, 1.0], 2, 3), Some(StopReason::MaxEpochs));
        assert_eq!(reason(&[2.0, 3.0, 3.0], 2, 3), Some(StopReason::EarlyStopping));
    }

    #[test]
    fn a_trial_that_keeps_its_last_epoch_runs_to_max_epochs() {
        let reason = |losses: &[f32]| history(losses).stop_reason_after(&train(Keep::Last, 1, 4));
        assert_eq!(reason(&[1.0, 2.0, 3.0]), None);
        assert_eq!(reason(&[1.0, 2.0, 3.0, 4.0]), Some(StopReason::MaxEpochs));
        assert_eq!(history(&[1.0, 2.0]).kept(Keep::Last).map(|(at, _)| at), Some(1));
        assert_eq!(history(&[]).kept(Keep::Last), None);
    }

    #[test]
    fn a_diverged_trial_has_no_result() {
        let sound = History { stop_reason: Some(StopReason::EarlyStopping), ..history(&[2.0, 1.0, 3.0]) };
        assert_eq!((sound.result(Keep::Best), sound.result(Keep::Last)), (Some(1.0), Some(3.0)));
        let diverged = History { stop_reason: Some(StopReason::Diverged), ..sound };
        assert_eq!((diverged.result(Keep::Best), diverged.result(Keep::Last)), (None, None));
        assert_eq!(history(&[]).result(Keep::Best), None);
    }

    #[test]
    fn the_kept_epoch_is_the_first_one_with_the_least_loss() {
        assert_eq!(history(&[2.0, 1.0, 1.0]).kept(Keep::Best).map(|(at, _)| at), Some(1));
        assert_eq!(history(&[]).kept(Keep::Best), None);
        let long = History { stop_reason: Some(StopReason::MaxEpochs), ..history(&[2.0, 1.0, 0.5]) };
        assert_eq!(long.until(2), history(&[2.0, 1.0]));
        assert_eq!(long.until(3), long);
    }
}
