//! Drawn images of cats, dogs and flowers.
//!
//! They let the default run work offline, without the rights of anybody. Every class uses the same palettes, fur,
//! backgrounds, props and light, so that a network has to look at shapes.
//!
//! All choices of an image come from one stream of random numbers. The same stream gives the same bytes.
//!
//! ```
//! use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
//!
//! let image = drawn::image(drawn::Subject::Cat, ChaCha8Rng::seed_from_u64(1));
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

/// Draws one image of `subject`, from 200 to 420 pixels wide and high.
pub fn image(subject: Subject, rng: ChaCha8Rng) -> RgbImage {
    scene::draw(subject, &mut Dice::new(rng))
}

/// Draws the same image as [`image()`] and encodes it.
///
/// One file in five is a PNG. The others are JPEGs of quality 80 to 95.
pub fn file(subject: Subject, rng: ChaCha8Rng) -> Vec<u8> {
    let mut dice = Dice::new(rng);
    let image = scene::draw(subject, &mut dice);
    if dice.chance(0.2) { imaging::png(&image) } else { imaging::jpeg(&image, dice.whole(80, 95) as u8) }
}
