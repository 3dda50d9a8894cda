//! The settings of the trials: every combination of the sweep's lists.

pub(crate) use contract::TrialSettings;
use contract::config::Train;

/// Returns every combination of the lists in `train`, in a fixed order.
///
/// The depth changes slowest, so that trials with the same cut of the network follow one another. The learning rate
/// changes fastest. A combination that is listed twice is tried once.
pub(crate) fn grid(train: &Train) -> Vec<TrialSettings> {
    let mut grid = Vec::new();
    let lists = &train.sweep;
    for tune in &train.tune {
        for hidden in &lists.hidden {
            for &copies in &lists.copies {
                for &dropout in &lists.dropout {
                    for &weight_decay in &lists.weight_decay {
                        for &learning_rate in &lists.learning_rate {
                            let (tune, hidden) = (tune.clone(), hidden.clone());
                            let settings = TrialSettings { tune, hidden, copies, dropout, weight_decay, learning_rate };
                            if !grid.contains(&settings) {
                                grid.push(settings);
                            }
                        }
                    }
                }
            }
        }
    }
    grid
}

/// Describes the settings in few words. Settings that are equal in all of `others` are left out, except for the learning
/// rate.
pub(crate) fn in_few_words(settings: &TrialSettings, others: &[TrialSettings]) -> String {
    let others: Vec<Vec<String>> = others.iter().map(TrialSettings::texts).collect();
    let own = settings.texts();
    let names = TrialSettings::names().iter().zip(&own).enumerate();
    let shown = names.filter(|(at, (name, text))| {
        **name == TrialSettings::LEARNING_RATE || others.iter().any(|other| other[*at] != **text)
    });
    let words = shown
        .map(|(_, (name, text))| format!("{} {}", name.replace('_', " "), if text.is_empty() { "none" } else { text }));
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::config::Sweep;

    fn small() -> Vec<TrialSettings> {
        let sweep = Sweep {
            learning_rate: vec![0.1, 0.2],
            dropout: vec![0.0, 0.5],
            hidden: vec![vec![], vec![8, 4]],
            ..Sweep::default()
        };
        super::grid(&Train { tune: vec!["head".into(), "c5".into()], sweep, ..Train::default() })
    }

    #[test]
    fn the_grid_holds_every_combination_once_in_a_fixed_order() {
        let grid = small();
        assert_eq!(grid.len(), 16);
        assert_eq!(grid[1].to_string(), "tune=head hidden= copies=0 dropout=0 weight_decay=0.01 learning_rate=0.2");
        assert_eq!(grid[14].to_string(), "tune=c5 hidden=8-4 copies=0 dropout=0.5 weight_decay=0.01 learning_rate=0.1");
        let twice = Sweep { learning_rate: vec![0.1, 0.1], ..Sweep::default() };
        let once = Sweep { learning_rate: vec![0.1], ..Sweep::default() };
        let grid = |sweep| super::grid(&Train { sweep, ..Train::default() });
        assert_eq!(grid(twice), grid(once));
    }

    #[test]
    fn settings_that_are_equal_everywhere_are_left_out() {
        let grid = small();
        assert_eq!(in_few_words(&grid[14], &grid), "tune c5, hidden 8-4, dropout 0.5, learning rate 0.1");
        assert_eq!(in_few_words(&grid[0], &grid), "tune head, hidden none, dropout 0, learning rate 0.1");
        assert_eq!(in_few_words(&grid[0], &grid[..2]), "learning rate 0.1");
    }
}
