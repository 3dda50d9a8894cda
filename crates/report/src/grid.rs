//! Many small images as one: filters and feature maps in rows and columns.

use image::{Rgb, RgbImage, imageops};

use crate::{Color, colormap::Range};

/// The gap's colour: a mid gray that reads as a gap on light and on dark paper.
const GAP: Color = Color([0x80, 0x80, 0x80]);

/// How tiles are laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Each pixel of a tile becomes a square of this many pixels.
    pub zoom: u32,
    /// Pixels between tiles and around them.
    pub gap: u32,
    /// Tiles in a row.
    pub columns: u32,
}

impl Layout {
    /// A near-square layout of `count` tiles of `width` pixels, enlarged by whole steps to near
    /// `target` pixels across and never shrunk. A number of columns that leaves no gap in the last
    /// row is preferred.
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

/// `tiles`, all of the first one's size, in rows and columns: left to right, then down.
///
/// Pixels are repeated, not smoothed: what is shown is what is there.
pub fn tile(tiles: &[RgbImage], layout: Layout) -> RgbImage {
    tile_on(GAP, tiles, layout)
}

/// The same on a ground of another colour, where gray is a value.
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

/// One feature map of `width` columns, row by row, in the colours of `range`.
pub fn map_image(values: &[f32], width: u32, range: Range) -> RgbImage {
    let width = width.max(1);
    let height = (values.len() as u32).div_ceil(width).max(1);
    RgbImage::from_fn(width, height, |x, y| {
        let value = values.get((y * width + x) as usize).copied();
        Rgb(value.map_or(GAP, |v| range.color(v)).0)
    })
}

/// One convolution filter as a colour image: `planes` are red, green and blue, each `width` wide. 0 is mid gray,
/// `-extent` black and `extent` white; what is beyond takes the end's colour.
///
/// With one `extent` for all filters of a layer, weak ones look weak.
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
