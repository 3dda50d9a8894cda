//! Contact sheets: many small pictures in one grid.

use image::{Rgb, RgbImage, imageops};

use crate::thumbnail;

/// How a contact sheet is laid out, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Pictures in a row.
    pub columns: u32,
    /// Side of a picture's square cell.
    pub cell: u32,
    /// Space between cells and around them.
    pub padding: u32,
    /// What is seen where no picture is.
    pub background: Rgb<u8>,
}

impl Default for Sheet {
    /// Ten columns of 96-pixel cells, 6 pixels apart, on white.
    fn default() -> Self {
        Self { columns: 10, cell: 96, padding: 6, background: Rgb([255; 3]) }
    }
}

/// The `pictures` in reading order, each made to fit its cell and centred in it; a sheet with no
/// pictures has one empty cell. A column count or cell of 0 counts as 1.
pub fn contact_sheet<'a>(pictures: impl IntoIterator<Item = &'a RgbImage>, sheet: &Sheet) -> RgbImage {
    let pictures: Vec<RgbImage> = pictures.into_iter().map(|picture| thumbnail(picture, sheet.cell.max(1))).collect();
    let cell = sheet.cell.max(1);
    let count = u32::try_from(pictures.len()).unwrap_or(u32::MAX).max(1);
    let columns = sheet.columns.max(1).min(count);
    let rows = count.div_ceil(columns);
    let side = |cells: u32| cells * (cell + sheet.padding) + sheet.padding;
    let mut page = RgbImage::from_pixel(side(columns), side(rows), sheet.background);
    for (index, picture) in (0u32..).zip(&pictures) {
        let corner = |cells: u32, size: u32| i64::from(side(cells) + (cell - size) / 2);
        let x = corner(index % columns, picture.width());
        let y = corner(index / columns, picture.height());
        imageops::replace(&mut page, picture, x, y);
    }
    page
}
