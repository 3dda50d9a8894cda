//! Heat maps over pictures: where in the picture a value is high.

use image::{Rgb, RgbImage};

use crate::Color;

/// Bright red and blue that stay apart for colour-blind readers.
const POSITIVE: Color = Color([0xe8, 0x3a, 0x10]);
const NEGATIVE: Color = Color([0x0d, 0x6e, 0xe8]);

/// Values on a regular grid of points over a picture, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct PointGrid {
    /// Points down.
    pub rows: usize,
    /// Points across.
    pub columns: usize,
    /// `rows * columns` values.
    pub values: Vec<f32>,
    /// The first point's place in the picture, in pixels from the top and the left edge.
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

/// `picture` in gray with signed `values` laid over it: red where they are positive, blue where
/// negative, clear where they are near 0. `extent` is the value of full colour.
pub fn signed(picture: &RgbImage, values: &PointGrid, extent: f32) -> RgbImage {
    let extent = if extent > 0.0 { extent } else { 1.0 };
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let value = values.at(x as f32 + 0.5, y as f32 + 0.5) / extent;
        let value = if value.is_nan() { 0.0 } else { value.clamp(-1.0, 1.0) };
        let color = if value > 0.0 { POSITIVE } else { NEGATIVE };
        let opacity = 0.85 * f64::from(value.abs()).powf(0.8);
        Rgb(faded(*picture.get_pixel(x, y)).mix(color, opacity).0)
    })
}

/// A pixel nearly without its own colour and lightened, so that the overlay's colour speaks alone and shows on dark
/// pictures too.
fn faded(pixel: Rgb<u8>) -> Color {
    let [r, g, b] = pixel.0.map(f64::from);
    let gray = (0.299 * r + 0.587 * g + 0.114 * b).round() as u8;
    Color(pixel.0).mix(Color([gray; 3]), 0.85).mix(Color([255; 3]), 0.3)
}
