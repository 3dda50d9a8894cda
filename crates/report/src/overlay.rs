//! Heat maps over images: where in the image a value is high.

use image::{Rgb, RgbImage};

use crate::letters::{LETTER, write};
use crate::{Color, scale};

/// Bright red and blue that stay apart for colour-blind readers.
const POSITIVE: Color = Color([0xe8, 0x3a, 0x10]);
const NEGATIVE: Color = Color([0x0d, 0x6e, 0xe8]);

/// Values on a regular grid of points over an image, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct PointGrid {
    /// Points down.
    pub rows: usize,
    /// Points across.
    pub columns: usize,
    /// `rows * columns` values.
    pub values: Vec<f32>,
    /// The first point's place in the image, in pixels from the top and the left edge.
    pub origin: f32,
    /// Pixels from one point to the next.
    pub step: f32,
}

impl PointGrid {
    /// The value at pixel (`x`, `y`), between points by bilinear interpolation, outside them the
    /// nearest point's.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let place = |v: f32, count: usize| {
            let v = ((v - self.origin) / self.step).clamp(0.0, (count - 1) as f32);
            let low = (v as usize).min(count.saturating_sub(2));
            (low, (low + 1).min(count - 1), v - low as f32)
        };
        if self.rows == 0 || self.columns == 0 || self.values.len() < self.rows * self.columns {
            return 0.0;
        }
        let (top, bottom, down) = place(y, self.rows);
        let (left, right, along) = place(x, self.columns);
        let value = |row: usize, column: usize| self.values[row * self.columns + column];
        let mix = |a: f32, b: f32, share: f32| a + (b - a) * share;
        mix(
            mix(value(top, left), value(top, right), along),
            mix(value(bottom, left), value(bottom, right), along),
            down,
        )
    }

    /// The value furthest from 0, as a positive number.
    pub fn extent(&self) -> f32 {
        self.values.iter().filter(|v| v.is_finite()).fold(0.0, |most, v| v.abs().max(most))
    }
}

/// `image` in gray with signed `values` laid over it: red where they are positive, blue where
/// negative, clear where they are near 0. `extent` is the value of full colour.
pub fn signed(image: &RgbImage, values: &PointGrid, extent: f32) -> RgbImage {
    let extent = if extent > 0.0 { extent } else { 1.0 };
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        laid(*image.get_pixel(x, y), values.at(x as f32 + 0.5, y as f32 + 0.5) / extent)
    })
}

/// A pixel with a value from -1 to 1 laid over it.
fn laid(pixel: Rgb<u8>, value: f32) -> Rgb<u8> {
    let value = if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) };
    let color = if value > 0.0 { POSITIVE } else { NEGATIVE };
    let opacity = 0.85 * f64::from(value.abs()).powf(0.8);
    Rgb(faded(pixel).mix(color, opacity).0)
}

/// What the colours of a map stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// The value of full colour; what is beyond has it too.
    pub extent: f32,
    /// Whether values below 0 occur.
    pub signed: bool,
    /// What a value is, with its unit.
    pub unit: String,
}

/// A pixel of the map is shown as a square of so many.
const ZOOM: u32 = 2;
const MARGIN: u32 = 8;
/// Width of the bar of colours.
const BAR: u32 = 16;
/// Letters of a number beside the bar.
const NUMBER: u32 = 9;
const PAPER: Rgb<u8> = Rgb([0xff; 3]);
/// What the bar's colours lie over.
const UNDER: Rgb<u8> = Rgb([0x80; 3]);

/// `image` in gray with one of `values` laid over each of its pixels, row by row, enlarged; a line above says what the
/// values are, and a bar beside it what the colours say. As [`signed`] colours them.
pub fn explained(image: &RgbImage, values: &[f32], scale: &Scale) -> RgbImage {
    let extent = if scale.extent > 0.0 { scale.extent } else { 1.0 };
    let (width, height) = (image.width() * ZOOM, image.height() * ZOOM);
    let top = MARGIN + LETTER.1 + 4;
    let bar = MARGIN + width + MARGIN;
    let total = (bar + BAR + 4 + NUMBER * LETTER.0).max(2 * MARGIN + scale.unit.chars().count() as u32 * LETTER.0);
    let mut sheet = RgbImage::from_pixel(total, top + height + MARGIN, PAPER);
    write(&mut sheet, (MARGIN, MARGIN), &scale.unit);
    for (x, y, pixel) in image.enumerate_pixels() {
        let value = values.get((y * image.width() + x) as usize).copied().unwrap_or_default();
        let color = laid(*pixel, value / extent);
        for (across, down) in (0..ZOOM).flat_map(|across| (0..ZOOM).map(move |down| (across, down))) {
            sheet.put_pixel(MARGIN + x * ZOOM + across, top + y * ZOOM + down, color);
        }
    }
    let low = if scale.signed { -1.0 } else { 0.0 };
    for y in 0..height {
        let value = 1.0 - (1.0 - low) * y as f32 / (height - 1).max(1) as f32;
        for x in 0..BAR {
            sheet.put_pixel(bar + x, top + y, laid(UNDER, value));
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

/// A pixel nearly without its own colour and lightened, so that the overlay's colour speaks alone and shows on dark
/// images too.
fn faded(pixel: Rgb<u8>) -> Color {
    let [r, g, b] = pixel.0.map(f64::from);
    let gray = (0.299 * r + 0.587 * g + 0.114 * b).round() as u8;
    Color(pixel.0).mix(Color([gray; 3]), 0.85).mix(Color([255; 3]), 0.3)
}
