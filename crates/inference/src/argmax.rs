//! The largest values of a row, with one rule about NaN: a row that contains NaN has no largest value.
//!
//! NaN is not ordered, so the result for such a row would depend on the order of the comparisons. A caller that
//! needs a class turns `None` into [`Error::NotANumber`](crate::Error::NotANumber), which names the image. A trainer
//! counts the row as a wrong prediction.

use std::cmp::Ordering;

/// Returns the index of the largest of `values`, the first of equal ones.
///
/// Returns `None` when a value is NaN, and when there is no value. Infinities are ordinary values.
pub fn argmax<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>) -> Option<usize> {
    let mut best: Option<(usize, T)> = None;
    for (index, value) in values.into_iter().enumerate() {
        if is_nan(value) {
            return None;
        }
        if best.is_none_or(|(_, largest)| value > largest) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

/// Returns the indices and values of the `count` largest of `values`, largest first, equal ones by index.
///
/// Returns fewer when there are fewer values, and `None` when a value is NaN.
pub fn top<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>, count: usize) -> Option<Vec<(usize, T)>> {
    let mut ranked: Vec<(usize, T)> = values.into_iter().enumerate().collect();
    if ranked.iter().any(|(_, value)| is_nan(*value)) {
        return None;
    }
    ranked.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal));
    ranked.truncate(count);
    Some(ranked)
}

fn is_nan<T: PartialOrd + Copy>(value: T) -> bool {
    value.partial_cmp(&value).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_values_is_chosen() {
        assert_eq!(argmax([0.1, 0.45, 0.45]), Some(1));
        assert_eq!(argmax([-0.0, 0.0]), Some(0), "both zeros are equal");
        assert_eq!(argmax([f32::NEG_INFINITY; 2]), Some(0));
        assert_eq!(argmax([0.0, f64::INFINITY]), Some(1));
        assert_eq!(argmax([0.0_f32; 0]), None);
    }

    #[test]
    fn a_row_with_nan_has_no_largest_value() {
        for place in 0..3 {
            let mut row = [0.2_f32, 0.5, 0.3];
            row[place] = f32::NAN;
            assert_eq!(argmax(row), None, "NaN at {place}");
            assert_eq!(top(row, 2), None, "NaN at {place}");
        }
    }

    #[test]
    fn top_begins_with_the_largest_value_and_keeps_the_order_of_equal_ones() {
        let row = [0.1_f32, 0.4, 0.1, 0.4];
        assert_eq!(top(row, 3), Some(vec![(1, 0.4), (3, 0.4), (0, 0.1)]));
        assert_eq!(top(row, 9).map(|ranked| ranked.len()), Some(4));
        assert_eq!(top(row, 1).map(|ranked| ranked[0].0), argmax(row));
    }
}
