//! Dropout masks, drawn outside the runtime so that a run can be repeated and gone on with.

use ndarray::Array2;
use rand::Rng;

/// A mask `[rows, width]` of inverted dropout (Srivastava et al. 2014, section 10): 0 with chance
/// `dropout`, else `1 / (1 - dropout)`. `dropout` is in [0, 1), resolved to 1/65536.
pub(crate) fn mask(rows: usize, width: usize, dropout: f64, rng: &mut impl Rng) -> Array2<f32> {
    let threshold = (dropout * 65536.0).round();
    let kept = (1.0 / (1.0 - threshold / 65536.0)) as f32;
    let threshold = threshold as u32;
    let mut bytes = vec![0_u8; rows * width * 2];
    rng.fill_bytes(&mut bytes);
    let draw = |at: usize| u32::from(u16::from_le_bytes([bytes[2 * at], bytes[2 * at + 1]]));
    Array2::from_shape_fn(
        (rows, width),
        |(row, column)| if draw(row * width + column) < threshold { 0.0 } else { kept },
    )
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn keeps_the_mean_and_drops_the_share() {
        let mask = mask(200, 500, 0.3, &mut pipeline::rng(1, "train", "test"));
        let dropped = mask.iter().filter(|value| **value < 0.5).count() as f32 / 100_000.0;
        assert!((dropped - 0.3).abs() < 0.01, "{dropped}");
        assert!((mask.mean().unwrap() - 1.0).abs() < 0.02);
    }

    #[test]
    fn nothing_is_dropped_at_zero() {
        assert!(
            mask(3, 4, 0.0, &mut pipeline::rng(1, "train", "test"))
                .iter()
                .all(|value| (*value - 1.0).abs() < f32::EPSILON)
        );
    }
}
