//! Successive halving (Jamieson & Talwalkar 2016, algorithm 1). All trials start, and after each rung of epochs the better
//! half continues. Most epochs go to the most promising trials.

use contract::config::Search;

/// One in this many trials continues after a rung.
const KEPT: usize = 2;

/// Returns the epochs after which the rungs end. The last rung ends at `max_epochs`.
///
/// Each rung ends after twice the epochs of the rung before, and the last rung has one trial. A grid has one rung.
pub(crate) fn rungs(search: Search, trials: usize, max_epochs: usize) -> Vec<usize> {
    if search == Search::Grid {
        return vec![max_epochs];
    }
    let mut rungs = vec![max_epochs];
    let mut left = trials;
    while left > 1 {
        left = kept(left);
        let last = rungs[rungs.len() - 1];
        rungs.push(last.div_ceil(KEPT));
    }
    rungs.reverse();
    rungs
}

/// Returns how many of `trials` trials continue after a rung.
pub(crate) fn kept(trials: usize) -> usize {
    trials.div_ceil(KEPT)
}

/// Returns the trials that continue after a rung, in their order: the better half by validation loss.
///
/// Of trials with the same loss the first one continues. A trial without a loss is the worst.
pub(crate) fn survivors(trials: &[(usize, Option<f32>)]) -> Vec<usize> {
    let mut ranked = trials.to_vec();
    let loss = |loss: Option<f32>| loss.unwrap_or(f32::INFINITY);
    ranked.sort_by(|a, b| loss(a.1).total_cmp(&loss(b.1)).then(a.0.cmp(&b.0)));
    ranked.truncate(kept(trials.len()));
    let mut left: Vec<usize> = ranked.into_iter().map(|(trial, _)| trial).collect();
    left.sort_unstable();
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_double_until_one_trial_is_left() {
        assert_eq!(rungs(Search::Grid, 8, 60), [60]);
        assert_eq!(rungs(Search::Halving, 8, 60), [8, 15, 30, 60]);
        assert_eq!(rungs(Search::Halving, 5, 60), [8, 15, 30, 60]);
        assert_eq!(rungs(Search::Halving, 1, 60), [60]);
        assert_eq!(rungs(Search::Halving, 8, 2), [1, 1, 1, 2]);
    }

    #[test]
    fn the_better_half_continues() {
        assert_eq!(survivors(&[(0, Some(0.5)), (1, Some(0.2)), (2, None), (3, Some(0.2))]), [1, 3]);
        assert_eq!(survivors(&[(0, Some(0.5)), (4, Some(0.2)), (7, Some(0.2))]), [4, 7]);
        assert_eq!(survivors(&[(2, Some(0.5)), (3, Some(0.5))]), [2]);
        assert_eq!(survivors(&[(5, None)]), [5]);
    }
}
