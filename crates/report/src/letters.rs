//! Draws text into images, in a font of fixed width. This is for image files that are viewed without the report.

use std::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::iso_8859_1::FONT_7X13 as FONT;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{DrawTarget, Drawable, OriginDimensions, Point, Size};
use embedded_graphics::text::{Baseline, Text};
use image::{Rgb, RgbImage};

/// Width and height of every letter, in pixels.
pub(crate) const LETTER: (u32, u32) = (7, 13);

/// Draws `words` in one line with the top left corner at (`x`, `y`).
///
/// The font has the letters of Latin-1. Other letters are drawn as `?`.
pub(crate) fn write(image: &mut RgbImage, (x, y): (u32, u32), words: &str) {
    let style = MonoTextStyle::new(&FONT, Rgb888::new(0x20, 0x20, 0x20));
    let at = Point::new(x as i32, y as i32);
    match Text::with_baseline(words, at, style, Baseline::Top).draw(&mut Canvas(image)) {
        Ok(_) => {}
        Err(never) => match never {},
    }
}

/// The image as a target for `embedded_graphics`.
struct Canvas<'a>(&'a mut RgbImage);

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, color) in pixels {
            let place = u32::try_from(at.x).ok().zip(u32::try_from(at.y).ok());
            if let Some(pixel) = place.and_then(|(x, y)| self.0.get_pixel_mut_checked(x, y)) {
                *pixel = Rgb([color.r(), color.g(), color.b()]);
            }
        }
        Ok(())
    }
}
