//! Named shapes of tensors, and the dropout masks that fill them. Masks are drawn outside of ONNX Runtime, so that a run
//! can be repeated and resumed.

use ndarray::{ArrayD, IxDyn};
use rand::Rng;

/// A named tensor and its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedShape {
    /// Name of the tensor.
    pub name: String,
    /// Shape of the tensor. For a tensor with a batch axis it is the shape of one item.
    pub shape: Vec<usize>,
}

impl NamedShape {
    /// Draws a mask of inverted dropout for `rows` items, `[rows, shape of one item]` (Srivastava et al. 2014, section 10).
    ///
    /// A value is 0 with probability `dropout`, else `1 / (1 - dropout)`. `dropout` is in `[0, 1)` and rounded to
    /// multiples of 1/65536.
    pub fn mask(&self, rows: usize, dropout: f64, rng: &mut impl Rng) -> ArrayD<f32> {
        let threshold = (dropout * 65536.0).round();
        let kept = (1.0 / (1.0 - threshold / 65536.0)) as f32;
        let threshold = threshold as u32;
        let mut mask = ArrayD::from_elem(IxDyn(&[&[rows], self.shape.as_slice()].concat()), kept);
        let mut bytes = vec![0_u8; mask.len() * 2];
        rng.fill_bytes(&mut bytes);
        let drawn = bytes.as_chunks().0.iter().map(|raw| u32::from(u16::from_le_bytes(*raw)));
        mask.iter_mut().zip(drawn).for_each(|(value, drawn)| *value = if drawn < threshold { 0.0 } else { kept });
        mask
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn mask(shape: &[usize], rows: usize, dropout: f64) -> ArrayD<f32> {
        let shape = NamedShape { name: "mask".to_owned(), shape: shape.to_vec() };
        shape.mask(rows, dropout, &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn a_mask_keeps_the_mean_and_drops_the_given_share() {
        let mask = mask(&[5, 100], 200, 0.3);
        assert_eq!(mask.shape(), [200, 5, 100]);
        let dropped = mask.iter().filter(|value| **value < 0.5).count() as f32 / 100_000.0;
        assert!((dropped - 0.3).abs() < 0.01, "{dropped}");
        assert!((mask.mean().unwrap() - 1.0).abs() < 0.02);
    }

    #[test]
    fn nothing_is_dropped_at_zero() {
        assert!(mask(&[4], 3, 0.0).iter().all(|value| (*value - 1.0).abs() < f32::EPSILON));
    }
}
