//! Images in rows with words beside them, as one image that explains itself.

use image::{Rgb, RgbImage, imageops};

use crate::letters::{LETTER, write};
use crate::text;

const LINE: u32 = LETTER.1 + 2;
const GAP: u32 = 3;
const MARGIN: u32 = 6;
const PAPER: Rgb<u8> = Rgb([0xff; 3]);
/// Narrower than this, titles would be broken into many lines.
const LEAST_WIDTH: u32 = 420;

/// An image with a line below it; an empty line takes no room where the whole sheet has none.
#[derive(Clone, Debug)]
pub struct Tile {
    /// The image.
    pub image: RgbImage,
    /// The line below, cut to the image's width.
    pub caption: String,
}

/// Some tiles with a word on their left.
#[derive(Clone, Debug)]
pub struct Row {
    /// The word on the left.
    pub label: String,
    /// Left to right.
    pub tiles: Vec<Tile>,
}

/// `rows` below `title`, whose words are broken into lines that fit the width.
///
/// Letters beyond Latin-1 are shown as `?`: there are no others in the font.
pub fn sheet(title: &str, rows: &[Row]) -> RgbImage {
    let labels = rows.iter().map(|row| letters(&row.label)).max().unwrap_or(0);
    let left = MARGIN + if labels > 0 { labels * LETTER.0 + 2 * GAP } else { 0 };
    let captions = rows.iter().flat_map(|row| &row.tiles).any(|tile| !tile.caption.is_empty());
    let below = if captions { LINE } else { 0 };
    let widths = rows.iter().map(|row| row.tiles.iter().map(|tile| tile.image.width() + GAP).sum::<u32>());
    let width = (left + widths.max().unwrap_or(0) + MARGIN).max(LEAST_WIDTH);
    let title = broken(title, ((width - 2 * MARGIN) / LETTER.0) as usize);
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
            let room = (tile.image.width() + GAP) / LETTER.0;
            let caption: String = tile.caption.chars().take(room as usize).collect();
            write(&mut sheet, (x, y + tile.image.height() + 1), &caption);
            x += tile.image.width() + GAP;
        }
        y += height;
    }
    sheet
}

/// `image` below `title`.
pub fn titled(title: &str, image: &RgbImage) -> RgbImage {
    let whole = Tile { image: image.clone(), caption: String::new() };
    sheet(title, &[Row { label: String::new(), tiles: vec![whole] }])
}

/// Two images beside each other.
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

/// `words` in lines of at most `most` letters, broken at spaces where that can be.
fn broken(words: &str, most: usize) -> Vec<String> {
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
    fn words_are_broken_at_spaces_and_long_ones_anywhere() {
        assert_eq!(broken("relu1 of two\nlines", 9), ["relu1 of", "two lines"]);
        assert_eq!(broken("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert!(broken("", 9).is_empty());
    }

    #[test]
    fn words_and_images_have_their_own_places() {
        let tile = Tile { image: RgbImage::from_pixel(30, 20, Rgb([255, 0, 0])), caption: "0.5".into() };
        let row = Row { label: "17".into(), tiles: vec![tile.clone(), tile] };
        let sheet = sheet("A title", &[row.clone(), row]);
        let red = sheet.pixels().filter(|pixel| pixel.0 == [255, 0, 0]).count();
        assert_eq!(red, 4 * 30 * 20, "nothing is cut or covered");
        let dark = |x: std::ops::Range<u32>, y: std::ops::Range<u32>| {
            y.flat_map(|y| x.clone().map(move |x| (x, y)))
                .filter(|(x, y)| sheet.get_pixel(*x, *y).0 == [0x20; 3])
                .count()
        };
        let left = MARGIN + 2 * LETTER.0 + 2 * GAP;
        let top = MARGIN + LINE + GAP;
        assert!(dark(MARGIN..sheet.width(), MARGIN..MARGIN + LETTER.1) > 40, "the title");
        assert!(dark(MARGIN..left, top..top + 20) > 10, "the label, beside its row");
        assert!(dark(left..left + 30, top + 21..top + 36) > 10, "the caption, below its tile");
        assert_eq!(dark(sheet.width() - MARGIN..sheet.width(), 0..sheet.height()), 0, "the margin is free");
    }
}
