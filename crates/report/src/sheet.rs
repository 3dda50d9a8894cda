//! Sheets: images in rows with a title, labels and captions, drawn as one image.

use image::{Rgb, RgbImage, imageops};

use crate::letters::{LETTER, write};
use crate::text;

const LINE: u32 = LETTER.1 + 2;
const GAP: u32 = 3;
const MARGIN: u32 = 6;
const PAPER: Rgb<u8> = Rgb([0xff; 3]);
/// Least width of a sheet in pixels. On a narrower sheet, titles would have many lines.
const LEAST_WIDTH: u32 = 420;

/// An image with a caption below it. If all captions of a sheet are empty, they take no space.
#[derive(Clone, Debug)]
pub struct Tile {
    /// The image.
    pub image: RgbImage,
    /// The caption. It is cut to the width of the image.
    pub caption: String,
}

/// A row of tiles with a label on the left.
#[derive(Clone, Debug)]
pub struct SheetRow {
    /// The label.
    pub label: String,
    /// The tiles, from left to right.
    pub tiles: Vec<Tile>,
}

/// Draws `rows` below `title`. The title is wrapped to the width of the sheet.
///
/// Letters that are not in Latin-1 are drawn as `?`.
pub fn sheet(title: &str, rows: &[SheetRow]) -> RgbImage {
    let labels = rows.iter().map(|row| letters(&row.label)).max().unwrap_or(0);
    let left = MARGIN + if labels > 0 { labels * LETTER.0 + 2 * GAP } else { 0 };
    let captions = rows.iter().flat_map(|row| &row.tiles).any(|tile| !tile.caption.is_empty());
    let below = if captions { LINE } else { 0 };
    let widths = rows.iter().map(|row| row.tiles.iter().map(|tile| tile.image.width() + GAP).sum::<u32>());
    let width = (left + widths.max().unwrap_or(0) + MARGIN).max(LEAST_WIDTH);
    let title = wrapped(title, ((width - 2 * MARGIN) / LETTER.0) as usize);
    let heights: Vec<u32> = rows
        .iter()
        .map(|row| row.tiles.iter().map(|tile| tile.image.height()).max().unwrap_or(0).max(LETTER.1) + below + GAP)
        .collect();
    let top = MARGIN + title.len() as u32 * LINE + GAP;
    let mut sheet = RgbImage::from_pixel(width, top + heights.iter().sum::<u32>() + MARGIN, PAPER);
    for (line, words) in title.iter().enumerate() {
        write(&mut sheet, (MARGIN, MARGIN + line as u32 * LINE), words);
    }
    let mut y = top;
    for (row, height) in rows.iter().zip(&heights) {
        let middle = (height - below).saturating_sub(LETTER.1 + GAP) / 2;
        write(&mut sheet, (MARGIN, y + middle), &row.label);
        let mut x = left;
        for tile in &row.tiles {
            imageops::replace(&mut sheet, &tile.image, i64::from(x), i64::from(y));
            let fitting = (tile.image.width() + GAP) / LETTER.0;
            let caption: String = tile.caption.chars().take(fitting as usize).collect();
            write(&mut sheet, (x, y + tile.image.height() + 1), &caption);
            x += tile.image.width() + GAP;
        }
        y += height;
    }
    sheet
}

/// Draws `image` below `title`.
pub fn titled(title: &str, image: &RgbImage) -> RgbImage {
    let whole = Tile { image: image.clone(), caption: String::new() };
    sheet(title, &[SheetRow { label: String::new(), tiles: vec![whole] }])
}

/// Draws two images side by side.
pub fn beside(left: &RgbImage, right: &RgbImage) -> RgbImage {
    let (width, height) = (left.width() + right.width() + MARGIN, left.height().max(right.height()));
    let mut both = RgbImage::from_pixel(width, height, PAPER);
    imageops::replace(&mut both, left, 0, 0);
    imageops::replace(&mut both, right, i64::from(left.width() + MARGIN), 0);
    both
}

fn letters(words: &str) -> u32 {
    words.chars().count() as u32
}

/// Wraps `words` to lines of at most `most` letters. A word that is longer than a line is split.
fn wrapped(words: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text::printable(words).split_whitespace() {
        let mut letters: Vec<char> = word.chars().collect();
        if let Some(last) = lines.last_mut().filter(|last| last.chars().count() + 1 + letters.len() <= most) {
            last.push(' ');
            last.extend(letters);
            continue;
        }
        while letters.len() > most.max(1) {
            lines.push(letters.drain(..most.max(1)).collect());
        }
        lines.push(letters.into_iter().collect());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_spaces_and_long_words_are_split() {
        assert_eq!(wrapped("relu1 of two\nlines", 9), ["relu1 of", "two lines"]);
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert!(wrapped("", 9).is_empty());
    }

    #[test]
    fn text_and_images_do_not_overlap() {
        let tile = Tile { image: RgbImage::from_pixel(30, 20, Rgb([255, 0, 0])), caption: "0.5".into() };
        let row = SheetRow { label: "17".into(), tiles: vec![tile.clone(), tile] };
        let sheet = sheet("A title", &[row.clone(), row]);
        let red = sheet.pixels().filter(|pixel| pixel.0 == [255, 0, 0]).count();
        assert_eq!(red, 4 * 30 * 20, "every image is complete and visible");
        let dark = |x: std::ops::Range<u32>, y: std::ops::Range<u32>| {
            y.flat_map(|y| x.clone().map(move |x| (x, y)))
                .filter(|(x, y)| sheet.get_pixel(*x, *y).0 == [0x20; 3])
                .count()
        };
        let left = MARGIN + 2 * LETTER.0 + 2 * GAP;
        let top = MARGIN + LINE + GAP;
        assert!(dark(MARGIN..sheet.width(), MARGIN..MARGIN + LETTER.1) > 40, "the title");
        assert!(dark(MARGIN..left, top..top + 20) > 10, "the label is beside its row");
        assert!(dark(left..left + 30, top + 21..top + 36) > 10, "the caption is below its tile");
        assert_eq!(dark(sheet.width() - MARGIN..sheet.width(), 0..sheet.height()), 0, "the margin is empty");
    }
}
