//! Random choices in the words of a person who draws: "about this much", "one of these", "now and then".

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::colour::{self, Colour};

/// The source of every choice in one picture.
#[derive(Clone, Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice that fall as `rng` says.
    pub fn new(rng: ChaCha8Rng) -> Self {
        Self(rng)
    }

    /// A number in `low..high`.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.random::<f32>()
    }

    /// A number within `spread` of `mean`, the middle likelier than the ends.
    pub fn about(&mut self, mean: f32, spread: f32) -> f32 {
        mean + spread * (self.between(-1.0, 1.0) + self.between(-1.0, 1.0)) / 2.0
    }

    /// A whole number in `low..=high`.
    pub fn whole(&mut self, low: usize, high: usize) -> usize {
        self.0.random_range(low..=high)
    }

    /// True once in `1 / probability` throws.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.0.random::<f32>() < probability
    }

    /// `1.0` or `-1.0`.
    pub fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len())]
    }

    /// One of the colours written `0xrr_ggbb`, a little off.
    pub fn colour(&mut self, codes: &[u32], spread: f32) -> Colour {
        let code = self.pick(codes);
        self.near(colour::hex(code), spread)
    }

    /// `colour`, a little off: no two pictures share an exact colour.
    pub fn near(&mut self, colour: Colour, spread: f32) -> Colour {
        let light = self.about(0.0, spread);
        let warm = self.about(0.0, spread * 0.5);
        Colour { r: colour.r + light + warm, g: colour.g + light, b: colour.b + light - warm, a: colour.a }
    }
}
