//! Drawn images of cats, dogs and flowers.
//!
//! They let the default run work offline, and nobody else holds rights to them. Every class uses the same palettes, fur, backgrounds, props
//! and light, so that a network has to look at shapes.
//!
//! All choices of an image come from one stream of random numbers. The same stream gives the same pixels.
//!
//! ```
//! use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
//!
//! let image = drawn::image(drawn::Subject::Cat, &mut ChaCha8Rng::seed_from_u64(1));
//! assert!(image.width() > 200 && image.height() > 200);
//! ```

mod background;
mod blossom;
mod blur;
mod body;
mod canvas;
mod cat;
mod coat;
mod colour;
mod dice;
mod dog;
mod face;
mod flower;
mod light;
mod palette;
mod petals;
mod pose;
mod props;
mod scene;
mod scenery;
mod shape;
mod subject;

use image::RgbImage;
use rand_chacha::ChaCha8Rng;

use dice::Dice;

pub use subject::Subject;

/// Draws an image of `subject`, whose sides are between 200 and 420 pixels.
///
/// All random choices come from `rng`.
pub fn image(subject: Subject, rng: &mut ChaCha8Rng) -> RgbImage {
    scene::draw(subject, &mut Dice::new(rng))
}
