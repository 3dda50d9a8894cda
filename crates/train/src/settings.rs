//! What a trial tries, and every combination of the sweep's lists.

use std::fmt;

use contract::config::Train;

/// What one trial tries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// Tuning depth by name.
    pub tune: String,
    /// Sizes of the head's hidden layers, first to last.
    pub hidden: Vec<usize>,
    /// Augmented copies of each training picture beside the original.
    pub copies: usize,
    /// Chance that an input of a dense layer is dropped, in [0, 1).
    pub dropout: f64,
    pub weight_decay: f64,
    /// The highest that the schedule comes to.
    pub learning_rate: f64,
}

impl Settings {
    /// Names of what can differ, in the order of [`Settings::texts`]: slowest first, as the grid goes.
    pub const NAMES: [&str; 6] = ["tune", "hidden", "copies", "dropout", "weight_decay", "learning_rate"];

    /// Every combination of `train`'s lists in a fixed order: the depth changes slowest, so that trials which share a
    /// cut of the network come after one another, and the learning rate fastest. One that is listed twice is tried once.
    pub fn grid(train: &Train) -> Vec<Self> {
        let mut grid = Vec::new();
        let lists = &train.sweep;
        for tune in &train.tune {
            for hidden in &lists.hidden {
                for &copies in &lists.copies {
                    for &dropout in &lists.dropout {
                        for &weight_decay in &lists.weight_decay {
                            for &learning_rate in &lists.learning_rate {
                                let (tune, hidden) = (tune.clone(), hidden.clone());
                                let settings = Self { tune, hidden, copies, dropout, weight_decay, learning_rate };
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

    /// Each as text, in the order of [`Settings::NAMES`]. Hidden sizes are joined by `-`; empty without any.
    pub fn texts(&self) -> [String; 6] {
        [
            self.tune.clone(),
            self.hidden_text(),
            self.copies.to_string(),
            self.dropout.to_string(),
            self.weight_decay.to_string(),
            self.learning_rate.to_string(),
        ]
    }

    fn hidden_text(&self) -> String {
        self.hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")
    }

    /// The settings in few words, those left out that are the same in all of `others`.
    pub fn apart_from(&self, others: &[Self]) -> String {
        let mut words = Vec::new();
        let differs = |differs: fn(&Self, &Self) -> bool| others.iter().any(|other| differs(self, other));
        if differs(|a, b| a.tune != b.tune) {
            words.push(self.tune.clone());
        }
        if differs(|a, b| a.hidden != b.hidden) {
            let sizes = self.hidden_text();
            words.push(if sizes.is_empty() { "no hidden layer".to_owned() } else { format!("hidden {sizes}") });
        }
        if differs(|a, b| a.copies != b.copies) {
            words.push(format!("{} copies", self.copies));
        }
        if differs(|a, b| a.dropout.total_cmp(&b.dropout).is_ne()) {
            words.push(format!("dropout {}", self.dropout));
        }
        if differs(|a, b| a.weight_decay.total_cmp(&b.weight_decay).is_ne()) {
            words.push(format!("decay {}", self.weight_decay));
        }
        words.push(format!("rate {}", self.learning_rate));
        words.join(", ")
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let parts = Self::NAMES.iter().zip(self.texts()).map(|(name, text)| format!("{name}={text}"));
        to.write_str(&parts.collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::config::Sweep;

    fn small() -> Vec<Settings> {
        let sweep = Sweep {
            learning_rate: vec![0.1, 0.2],
            dropout: vec![0.0, 0.5],
            hidden: vec![vec![], vec![8, 4]],
            ..Sweep::default()
        };
        Settings::grid(&Train { tune: vec!["head".into(), "c5".into()], sweep, ..Train::default() })
    }

    #[test]
    fn the_grid_holds_every_combination_once_in_a_fixed_order() {
        let grid = small();
        assert_eq!(grid.len(), 16);
        assert_eq!(grid[1].to_string(), "tune=head hidden= copies=0 dropout=0 weight_decay=0.01 learning_rate=0.2");
        assert_eq!(grid[14].to_string(), "tune=c5 hidden=8-4 copies=0 dropout=0.5 weight_decay=0.01 learning_rate=0.1");
        let twice = Sweep { learning_rate: vec![0.1, 0.1], ..Sweep::default() };
        let once = Sweep { learning_rate: vec![0.1], ..Sweep::default() };
        let grid = |sweep| Settings::grid(&Train { sweep, ..Train::default() });
        assert_eq!(grid(twice), grid(once));
    }

    #[test]
    fn few_words_leave_out_what_is_the_same_everywhere() {
        let grid = small();
        assert_eq!(grid[14].apart_from(&grid), "c5, hidden 8-4, dropout 0.5, rate 0.1");
        assert_eq!(grid[0].apart_from(&grid[..2]), "rate 0.1");
    }
}
