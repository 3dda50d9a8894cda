//! Random choices for drawing: numbers around a mean, picks from a list, and events with a probability.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::colour::{self, Colour};

/// The source of all random choices of an image.
#[derive(Debug)]
pub struct Dice<'a>(&'a mut ChaCha8Rng);

impl<'a> Dice<'a> {
    /// Creates dice that use the numbers of `rng`.
    pub fn new(rng: &'a mut ChaCha8Rng) -> Self {
        Self(rng)
    }

    /// Returns a number in `low..high`, uniformly distributed.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.random::<f32>()
    }

    /// Returns a number within `spread` of `mean`. Numbers near `mean` are more likely.
    pub fn about(&mut self, mean: f32, spread: f32) -> f32 {
        mean + spread * (self.between(-1.0, 1.0) + self.between(-1.0, 1.0)) / 2.0
    }

    /// Returns an integer in `low..=high`.
    pub fn whole(&mut self, low: usize, high: usize) -> usize {
        self.0.random_range(low..=high)
    }

    /// Returns `true` with the given probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.0.random::<f32>() < probability
    }

    /// Returns `1.0` or `-1.0`.
    pub fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// Returns one of `choices`, which must not be empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len())]
    }

    /// Returns a variation of one of the colours `codes`, each written as `0xrr_ggbb`.
    pub fn colour(&mut self, codes: &[u32], spread: f32) -> Colour {
        let code = self.pick(codes);
        self.near(colour::hex(code), spread)
    }

    /// Returns a variation of `colour`, so that no two images have exactly the same colours.
    pub fn near(&mut self, colour: Colour, spread: f32) -> Colour {
        let light = self.about(0.0, spread);
        let warm = self.about(0.0, spread * 0.5);
        Colour { r: colour.r + light + warm, g: colour.g + light, b: colour.b + light - warm, a: colour.a }
    }
}
