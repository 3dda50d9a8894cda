//! Heat maps over images.

use image::{Rgb, RgbImage};

use crate::letters::{LETTER, write};
use crate::{Color, scale};

/// Bright red and blue, which colour-blind readers can distinguish.
const POSITIVE: Color = Color([0xe8, 0x3a, 0x10]);
const NEGATIVE: Color = Color([0x0d, 0x6e, 0xe8]);

/// Returns the colour of a pixel with `value` drawn over it. 1 is full red, -1 is full blue, and 0 is transparent.
fn overlaid(pixel: Rgb<u8>, value: f32) -> Rgb<u8> {
    let value = if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) };
    let color = if value > 0.0 { POSITIVE } else { NEGATIVE };
    let opacity = 0.85 * f64::from(value.abs()).powf(0.8);
    Rgb(faded(pixel).mix(color, opacity).0)
}

/// The meaning of the colours of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// The value that has full colour. Larger values have the same colour.
    pub extent: f32,
    /// Whether the map has negative values.
    pub signed: bool,
    /// The quantity of the values with its unit.
    pub quantity: String,
}

/// Side of the square that represents a pixel of the map, in pixels.
const ZOOM: u32 = 2;
const MARGIN: u32 = 8;
/// Width of the colour bar, in pixels.
const BAR: u32 = 16;
/// Number of letters that a number beside the bar may have.
const NUMBER: u32 = 9;
const PAPER: Rgb<u8> = Rgb([0xff; 3]);
/// The gray below the colours of the bar.
const BAR_GRAY: Rgb<u8> = Rgb([0x80; 3]);

/// Draws a map over `image`, which is enlarged and in gray. The quantity is above the image, and a colour bar is beside it.
///
/// `values` has one value for each pixel of `image`, row by row. Positive values are red, negative values are blue, and 0 is
/// transparent.
pub fn draw(image: &RgbImage, values: &[f32], scale: &Scale) -> RgbImage {
    let extent = if scale.extent > 0.0 { scale.extent } else { 1.0 };
    let (width, height) = (image.width() * ZOOM, image.height() * ZOOM);
    let top = MARGIN + LETTER.1 + 4;
    let bar = MARGIN + width + MARGIN;
    let total = (bar + BAR + 4 + NUMBER * LETTER.0).max(2 * MARGIN + scale.quantity.chars().count() as u32 * LETTER.0);
    let mut sheet = RgbImage::from_pixel(total, top + height + MARGIN, PAPER);
    write(&mut sheet, (MARGIN, MARGIN), &scale.quantity);
    for (x, y, pixel) in image.enumerate_pixels() {
        let value = values.get((y * image.width() + x) as usize).copied().unwrap_or_default();
        let color = overlaid(*pixel, value / extent);
        for (across, down) in (0..ZOOM).flat_map(|across| (0..ZOOM).map(move |down| (across, down))) {
            sheet.put_pixel(MARGIN + x * ZOOM + across, top + y * ZOOM + down, color);
        }
    }
    let low = if scale.signed { -1.0 } else { 0.0 };
    for y in 0..height {
        let value = 1.0 - (1.0 - low) * y as f32 / (height - 1).max(1) as f32;
        for x in 0..BAR {
            sheet.put_pixel(bar + x, top + y, overlaid(BAR_GRAY, value));
        }
    }
    for share in [0.0, 0.25, 0.5, 0.75, 1.0_f32] {
        let value = f64::from((1.0 - (1.0 - low) * share) * extent);
        let y = top as f32 + share * (height - 1) as f32;
        let line = (y - LETTER.1 as f32 / 2.0).clamp(top as f32, (top + height - LETTER.1) as f32) as u32;
        for x in BAR - 4..BAR {
            sheet.put_pixel(bar + x, y as u32, Rgb([0x20; 3]));
        }
        write(&mut sheet, (bar + BAR + 4, line), &scale::short(value));
    }
    sheet
}

/// Returns a pixel that is lighter and almost gray, so that the colours of the overlay are visible, also on dark images.
fn faded(pixel: Rgb<u8>) -> Color {
    let [r, g, b] = pixel.0.map(f64::from);
    let gray = (0.299 * r + 0.587 * g + 0.114 * b).round() as u8;
    Color(pixel.0).mix(Color([gray; 3]), 0.85).mix(Color([255; 3]), 0.3)
}
