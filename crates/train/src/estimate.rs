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

    /// Runs a sweep of 12 trials of at most 60 epochs with a patience of 9. The loss of a trial falls until its best epoch, and the first
    /// epochs of the sweep take ten times as long as the others.
    #[test]
    fn the_time_is_unknown_at_first_and_then_right_within_a_factor_of_two() {
        const LIMIT: usize = 60;
        const PATIENCE: usize = 9;
        let best = [11, 17, 8, 21, 14, 9, 19, 12, 24, 7, 15, 13];
        let lengths = best.map(|best| best + PATIENCE);
        let seconds = |epoch: usize| if epoch < 3 { 10.0 } else { 1.0 };
        let total: usize = lengths.iter().sum();
        let (mut epochs, mut passed, mut checked) = (Epochs { planned: best.len() * LIMIT, ..Epochs::default() }, 0, 0);
        for (trial, (best, length)) in best.into_iter().zip(lengths).enumerate() {
            for done in 1..=length {
                passed += 1;
                let running = Running { limit: LIMIT, done, earliest: best.min(done) + PATIENCE, trained: done };
                let Some(left) = epochs.left(&[running]) else {
                    assert_eq!(trial, 0, "the time is unknown although a trial has finished");
                    continue;
                };
                assert!(trial > 0, "no trial has finished, so the number of epochs is unknown");
                // The rate is that of the last seconds.
                let estimate = left * seconds(passed - 1);
                let real: f64 = (passed..total).map(seconds).sum();
                let near = (real / 2.0..=real * 2.0).contains(&estimate) || (estimate - real).abs() <= PATIENCE as f64;
                assert!(near, "{estimate} s instead of {real} s in epoch {done} of trial {trial}");
                checked += 1;
            }
            epochs.planned -= LIMIT;
            epochs.finished_limit += LIMIT;
            epochs.finished += length;
        }
        assert_eq!((epochs.left(&[]), checked), (Some(0.0), total - lengths[0]));
    }
}
