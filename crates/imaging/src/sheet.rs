//! Contact sheets: a grid of small images.

use image::{Rgb, RgbImage, imageops};

use crate::thumbnail;

/// The layout of a contact sheet. Lengths are in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetLayout {
    /// The number of images per row.
    pub columns: u32,
    /// The width and height of a cell.
    pub cell: u32,
    /// The space between cells and around them.
    pub padding: u32,
    /// The colour of the background.
    pub background: Rgb<u8>,
}

impl Default for SheetLayout {
    /// Returns ten columns of 96-pixel cells with 6 pixels between them on white.
    fn default() -> Self {
        Self { columns: 10, cell: 96, padding: 6, background: Rgb([255; 3]) }
    }
}

/// Draws the images in reading order. Each image is shrunk to fit its cell and centred in it.
///
/// A sheet without images has one empty cell. A column count or cell size of 0 counts as 1.
pub fn contact_sheet<'a>(images: impl IntoIterator<Item = &'a RgbImage>, sheet: &SheetLayout) -> RgbImage {
    let images: Vec<RgbImage> = images.into_iter().map(|image| thumbnail(image, sheet.cell.max(1))).collect();
    let cell = sheet.cell.max(1);
    let count = u32::try_from(images.len()).unwrap_or(u32::MAX).max(1);
    let columns = sheet.columns.max(1).min(count);
    let rows = count.div_ceil(columns);
    let side = |cells: u32| cells * (cell + sheet.padding) + sheet.padding;
    let mut page = RgbImage::from_pixel(side(columns), side(rows), sheet.background);
    for (index, image) in (0u32..).zip(&images) {
        let corner = |cells: u32, size: u32| i64::from(side(cells) + (cell - size) / 2);
        let x = corner(index % columns, image.width());
        let y = corner(index / columns, image.height());
        imageops::replace(&mut page, image, x, y);
    }
    page
}
