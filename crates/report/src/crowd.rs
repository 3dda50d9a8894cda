//! Chooses the images that a map of many images shows as thumbnails.

/// Maximum number of thumbnails on a map. The other images are dots, so that the drawing stays small enough to open.
pub const SHOWN: usize = 1500;

/// Returns for each image whether the map shows its thumbnail. `wrong` states for each image whether its prediction is wrong.
///
/// Up to half of the thumbnails are wrong predictions. The thumbnails of right and of wrong predictions are each evenly spread
/// over the list.
pub fn shown(wrong: &[bool]) -> Vec<bool> {
    if wrong.len() <= SHOWN {
        return vec![true; wrong.len()];
    }
    let mut shown = vec![false; wrong.len()];
    let mut choose = |from: Vec<usize>, most: usize| {
        let count = most.min(from.len());
        (0..count).for_each(|k| shown[from[k * from.len() / count]] = true);
        count
    };
    let (missed, right) = (0..wrong.len()).partition(|i| wrong[*i]);
    let chosen = choose(missed, SHOWN / 2);
    choose(right, SHOWN - chosen);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_map_shows_wrong_predictions_first_and_no_more_than_fit() {
        let count = |shown: &[bool]| shown.iter().filter(|shown| **shown).count();
        assert_eq!(count(&shown(&vec![false; SHOWN])), SHOWN);
        let some: Vec<bool> = (0..20_000).map(|i| i % 100 == 0).collect();
        let chosen = shown(&some);
        assert_eq!(count(&chosen), SHOWN);
        assert!((0..20_000).all(|i| !some[i] || chosen[i]), "200 wrong predictions, all shown");
        assert!(count(&chosen[10_000..]).abs_diff(SHOWN / 2) < 5, "both halves of the list have the same number");
        let most: Vec<bool> = (0..20_000).map(|i| i % 4 > 0).collect();
        let wrong = shown(&most).iter().zip(&most).filter(|(shown, wrong)| **shown && **wrong).count();
        assert_eq!(wrong, SHOWN / 2);
        assert_eq!(count(&shown(&vec![true; 20_000])), SHOWN / 2);
    }
}
