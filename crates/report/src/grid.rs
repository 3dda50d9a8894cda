//! Grids of small images: filters and feature maps in rows and columns.

use image::{Rgb, RgbImage, imageops};

use crate::{Color, colormap::Range};

/// The colour of the gaps: a mid gray that is visible on light and on dark backgrounds.
const GAP: Color = Color([0x80, 0x80, 0x80]);

/// The layout of a grid of tiles.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Side of the square that represents a pixel of a tile, in pixels.
    pub zoom: u32,
    /// Pixels between tiles and around them.
    pub gap: u32,
    /// Number of tiles in a row.
    pub columns: u32,
}

impl Layout {
    /// Returns an almost square layout for `count` tiles that are `width` pixels wide.
    ///
    /// The tiles are enlarged by a whole factor, so that the grid is at most about `target` pixels wide. They are never made
    /// smaller. If possible, the last row is full.
    pub fn near_square(count: usize, width: u32, target: u32) -> Self {
        let count = count.max(1) as u32;
        let least = f64::from(count).sqrt().ceil() as u32;
        let even = (least..=least + least / 2).find(|columns| count.is_multiple_of(*columns));
        let columns = even.unwrap_or(least);
        let zoom = (target / (columns * width.max(1))).max(1);
        let gap = if width * zoom >= 24 { 2 } else { 1 };
        Self { zoom, gap, columns }
    }
}

/// Draws `tiles` as a grid, row by row. All tiles are resized to the size of the first tile, enlarged.
///
/// Enlarged pixels stay squares. They are not smoothed.
pub fn tile(tiles: &[RgbImage], layout: Layout) -> RgbImage {
    tile_on(GAP, tiles, layout)
}

/// Draws the grid of [`tile`] with gaps of the colour `ground`. This is for tiles in which gray is a value.
pub fn tile_on(ground: Color, tiles: &[RgbImage], layout: Layout) -> RgbImage {
    let Some(first) = tiles.first() else {
        return RgbImage::new(1, 1);
    };
    let columns = layout.columns.clamp(1, tiles.len() as u32);
    let rows = (tiles.len() as u32).div_ceil(columns);
    let (width, height) = (first.width() * layout.zoom, first.height() * layout.zoom);
    let across = |count: u32, side: u32| count * (side + layout.gap) + layout.gap;
    let mut sheet = RgbImage::from_pixel(across(columns, width), across(rows, height), Rgb(ground.0));
    for (index, image) in tiles.iter().enumerate() {
        let (column, row) = (index as u32 % columns, index as u32 / columns);
        let large = imageops::resize(image, width, height, imageops::FilterType::Nearest);
        let x = layout.gap + column * (width + layout.gap);
        let y = layout.gap + row * (height + layout.gap);
        imageops::replace(&mut sheet, &large, i64::from(x), i64::from(y));
    }
    sheet
}

/// Draws a feature map in the colours of `range`. `values` has the map row by row, with `width` columns.
pub fn map_image(values: &[f32], width: u32, range: Range) -> RgbImage {
    let width = width.max(1);
    let height = (values.len() as u32).div_ceil(width).max(1);
    RgbImage::from_fn(width, height, |x, y| {
        let value = values.get((y * width + x) as usize).copied();
        Rgb(value.map_or(GAP, |v| range.color(v)).0)
    })
}

/// Draws a convolution filter as a colour image. `planes` has red, green and blue row by row, with `width` columns.
///
/// A weight of 0 is mid gray, `-extent` is black and `extent` is white. Weights beyond have the colour of the nearer end. If all
/// filters of a layer have the same `extent`, filters with small weights look pale.
pub fn filter_image(planes: [&[f32]; 3], width: u32, extent: f64) -> RgbImage {
    let width = width.max(1);
    let height = (planes[0].len() as u32).div_ceil(width).max(1);
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(planes.map(|plane| {
            let value = plane.get((y * width + x) as usize).copied().filter(|v| v.is_finite()).unwrap_or(0.0);
            let share = if extent > 0.0 { f64::from(value) / extent / 2.0 + 0.5 } else { 0.5 };
            (share.clamp(0.0, 1.0) * 255.0).round() as u8
        }))
    })
}
