//! The learning rate of each step: an optional warm-up, then a schedule over the steps of the trial.

use std::f64::consts::PI;

use contract::config;

/// One-cycle: share of all steps in which the rate rises, unless `train.warmup` sets it.
const RISE: f64 = 0.3;
/// One-cycle: the first rate is the highest rate divided by this.
const BEGIN: f64 = 25.0;
/// One-cycle: the last rate is the first rate divided by this.
const END: f64 = 1e4;

/// The learning rates of a trial that runs for `train.max_epochs` epochs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    kind: config::Schedule,
    /// The highest rate.
    rate: f64,
    /// Share of all steps in which the rate rises, in [0, 1].
    warmup: f64,
    /// Steps of the whole trial.
    steps: usize,
}

impl Schedule {
    /// Makes the schedule of the configuration over `steps` steps. `rate` is its highest rate.
    pub fn new(train: &config::Train, rate: f64, steps: usize) -> Self {
        Self { kind: train.schedule, rate, warmup: train.warmup, steps }
    }

    /// Returns the rate of step `step`, in `0..steps`.
    ///
    /// - The warm-up is linear and reaches the highest rate in its last step.
    /// - Cosine: Loshchilov & Hutter 2017 (SGDR), equation 5, with a minimum of 0 and without restarts, over the steps
    ///   after the warm-up.
    /// - One-cycle: Smith & Topin 2018 (super-convergence), with the form and the constants of `PyTorch`'s `OneCycleLR`
    ///   with cosine annealing. The warm-up is its rise.
    pub fn rate(&self, step: usize) -> f64 {
        if self.kind == config::Schedule::OneCycle {
            return self.one_cycle(step as f64);
        }
        let rise = (self.warmup * self.steps as f64).ceil() as usize;
        if step < rise {
            return self.rate * (step + 1) as f64 / rise as f64;
        }
        if self.kind == config::Schedule::Constant {
            return self.rate;
        }
        cosine(self.rate, 0.0, (step - rise) as f64 / (self.steps - rise) as f64)
    }

    fn one_cycle(&self, step: f64) -> f64 {
        let rise = if self.warmup > 0.0 { self.warmup } else { RISE };
        let (first, last) = (self.rate / BEGIN, self.rate / BEGIN / END);
        let top = rise * self.steps as f64 - 1.0;
        let end = self.steps as f64 - 1.0;
        if top > 0.0 && (step <= top || top >= end) {
            return cosine(first, self.rate, step / top);
        }
        let top = top.max(0.0);
        cosine(self.rate, last, if end > top { (step - top) / (end - top) } else { 0.0 })
    }
}

/// Returns the value between `from` and `to` at `share`, in [0, 1], of half a cosine.
fn cosine(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) / 2.0 * (1.0 + (PI * share).cos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::config::Schedule as ScheduleKind;

    fn rates(kind: ScheduleKind, warmup: f64, steps: usize) -> Vec<f64> {
        let schedule = Schedule { kind, rate: 0.1, warmup, steps };
        (0..steps).map(|step| schedule.rate(step)).collect()
    }

    fn near(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-9, "{found} is not {wanted}");
        }
    }

    #[test]
    fn a_constant_rate_starts_after_a_linear_warm_up() {
        near(&rates(ScheduleKind::Constant, 0.0, 3), &[0.1, 0.1, 0.1]);
        near(&rates(ScheduleKind::Constant, 0.5, 8), &[0.025, 0.05, 0.075, 0.1, 0.1, 0.1, 0.1, 0.1]);
        near(&rates(ScheduleKind::Constant, 1.0, 2), &[0.05, 0.1]);
    }

    #[test]
    fn the_cosine_schedule_follows_equation_5() {
        // 0.05 * (1 + cos(pi * t / 4)) for t = 0..4.
        near(&rates(ScheduleKind::Cosine, 0.0, 4), &[0.1, 0.085_355_339_059_327_38, 0.05, 0.014_644_660_940_672_62]);
        near(&rates(ScheduleKind::Cosine, 0.2, 5)[..2], &[0.1, 0.1]);
    }

    #[test]
    fn the_one_cycle_schedule_equals_that_of_pytorch() {
        // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=10), computed by hand from its documented formula:
        // step 0: 0.1 / 25; the rise ends at step 0.3 * 10 - 1 = 2; step 9: 0.1 / 25 / 1e4.
        let fall = |step: f64| 4e-7 + (0.1 - 4e-7) / 2.0 * (1.0 + (PI * (step - 2.0) / 7.0).cos());
        let wanted = [0.004, 0.052, 0.1, fall(3.0), fall(4.0), fall(5.0), fall(6.0), fall(7.0), fall(8.0), 4e-7];
        near(&rates(ScheduleKind::OneCycle, 0.0, 10), &wanted);
        // With half of the steps rising, the top is at step 4.
        near(&rates(ScheduleKind::OneCycle, 0.5, 10)[4..5], &[0.1]);
    }

    #[test]
    fn every_rate_is_positive_and_at_most_the_highest() {
        for kind in [ScheduleKind::Constant, ScheduleKind::Cosine, ScheduleKind::OneCycle] {
            for warmup in [0.0, 0.01, 0.3, 0.99, 1.0] {
                for steps in 1..40 {
                    for rate in rates(kind, warmup, steps) {
                        assert!(rate > 0.0 && rate <= 0.1 + 1e-12, "{kind:?} {warmup} {steps}: {rate}");
                    }
                }
            }
        }
    }
}
