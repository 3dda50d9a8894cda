//! Random numbers, shapes and values.

use ndarray::{ArrayD, IxDyn};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The random numbers of a test.
pub struct Draw(ChaCha8Rng);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Draws a whole number in `from..=to`.
    pub fn int(&mut self, from: i64, to: i64) -> i64 {
        from + i64::from(self.0.next_u32()) % (to - from + 1)
    }

    pub fn size(&mut self, from: usize, to: usize) -> usize {
        self.int(from as i64, to as i64) as usize
    }

    pub fn coin(&mut self) -> bool {
        self.int(0, 1) == 1
    }

    /// Draws a number that is uniformly distributed over `from..to`.
    pub fn number(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * (f64::from(self.0.next_u32()) / f64::from(u32::MAX)) as f32
    }

    /// Draws numbers that are uniformly distributed over -1 to 1.
    pub fn values(&mut self, shape: &[usize]) -> ArrayD<f32> {
        self.clear_of(shape, 1.0, &[])
    }

    /// Draws numbers in `-limit..limit` that are not near a kink. At a kink, a finite difference is not a derivative.
    pub fn clear_of(&mut self, shape: &[usize], limit: f32, kinks: &[f32]) -> ArrayD<f32> {
        ArrayD::from_shape_simple_fn(IxDyn(shape), || {
            loop {
                let value = self.number(-limit, limit);
                if kinks.iter().all(|bend| (value - bend).abs() > 0.05) {
                    return value;
                }
            }
        })
    }

    /// Draws numbers in random order, of which no two are close to each other.
    pub fn apart(&mut self, shape: &[usize]) -> ArrayD<f32> {
        let mut values: Vec<f32> = (0..shape.iter().product()).map(|place: usize| place as f32 * 0.1).collect();
        for place in (1..values.len()).rev() {
            values.swap(place, self.size(0, place));
        }
        ArrayD::from_shape_vec(IxDyn(shape), values).unwrap()
    }
}
