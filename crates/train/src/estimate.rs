//! An estimate of the remaining time of a sweep, in epochs. Trials stop early, so the limit of their epochs says little at first.

/// The epochs of the trials of a sweep. A trial counts once for each rung that it takes part in.
#[derive(Debug, Default)]
pub(crate) struct Epochs {
    /// The largest possible number of epochs of the trials that have not finished their rung.
    pub planned: usize,
    /// The largest possible number of epochs of the trials that have finished their rung.
    pub finished_limit: usize,
    /// The number of epochs that these trials took.
    pub finished: usize,
}

/// A trial in its current rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Running {
    /// The largest possible number of epochs in the rung.
    pub limit: usize,
    /// The epochs so far.
    pub done: usize,
    /// The epochs after which the trial can stop at the earliest.
    pub earliest: usize,
    /// The epochs that this run has trained. The others come from a checkpoint.
    pub trained: usize,
}

impl Epochs {
    /// Returns the expected number of epochs that are left. `running` are trials of the planned ones.
    ///
    /// A trial is expected to take the same share of its limit as the finished trials, and not to stop before it can.
    /// Returns `None` until a trial has finished, unless every running trial runs to its limit.
    pub fn left(&self, running: &[Running]) -> Option<f64> {
        let share = if self.finished_limit > 0 {
            self.finished as f64 / self.finished_limit as f64
        } else if !running.is_empty() && running.iter().all(|trial| trial.earliest >= trial.limit) {
            1.0
        } else {
            return None;
        };
        let waiting = self.planned.saturating_sub(running.iter().map(|trial| trial.limit).sum());
        let of_trial = |trial: &Running| {
            let expected = (share * trial.limit as f64).max(trial.earliest.min(trial.limit) as f64);
            (expected - trial.done as f64).max(0.0)
        };
        Some(share * waiting as f64 + running.iter().map(of_trial).sum::<f64>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(planned: usize, finished: [usize; 2], running: &[[usize; 3]]) -> Option<f64> {
        let running: Vec<Running> =
            running.iter().map(|&[limit, done, earliest]| Running { limit, done, earliest, trained: done }).collect();
        Epochs { planned, finished: finished[0], finished_limit: finished[1] }.left(&running)
    }

    #[test]
    fn nothing_is_known_until_a_trial_has_finished() {
        assert_eq!(left(120, [0, 0], &[]), None);
        assert_eq!(left(120, [0, 0], &[[60, 1, 9]]), None);
        // A trial that cannot stop early runs to its limit, so no finished trial is needed.
        assert_eq!(left(120, [0, 0], &[[60, 1, 60]]), Some(119.0));
    }

    #[test]
    fn a_trial_takes_the_share_of_the_finished_trials() {
        // One of four trials stopped after 15 of 60 epochs.
        assert_eq!(left(180, [15, 60], &[]), Some(45.0));
        assert_eq!(left(180, [15, 60], &[[60, 5, 9]]), Some(40.0));
        // The running trial is past the share and can stop after 22 epochs at the earliest.
        assert_eq!(left(60, [15, 60], &[[60, 20, 22]]), Some(2.0));
        // The trial cannot stop before its limit.
        assert_eq!(left(60, [15, 60], &[[60, 59, 67]]), Some(1.0));
        assert_eq!(left(0, [15, 60], &[]), Some(0.0));
    }
}
