//! A contact sheet of each class: the quickest way to see what one is about to train on.

use anyhow::Result;
use imaging::{Limits, RgbImage, Sheet, contact_sheet, png, thumbnail};
use pipeline::Run;
use rayon::prelude::*;

use crate::source::Picture;

/// Pictures on a sheet; a larger class is sampled evenly.
const PICTURES: usize = 40;
/// A sheet is no reason to take much memory or time: what is larger is left out of it.
const LIMITS: Limits = Limits { max_pixels: 50_000_000, max_bytes: 256 << 20 };

/// Writes `contact-sheets/<class>.png`. Pictures that cannot be decoded are left out here; `preprocess` names them.
pub fn write(run: &Run, kept: &[&Picture]) -> Result<()> {
    let sheet = Sheet { columns: 8, cell: 128, ..Sheet::default() };
    for class in kept.chunk_by(|one, other| one.class == other.class) {
        let pictures: Vec<RgbImage> = spread(class)
            .into_par_iter()
            .filter_map(|picture| {
                let whole = imaging::read(&run.folder().join(&picture.stored.path), &LIMITS).ok()?;
                Some(thumbnail(&whole, sheet.cell))
            })
            .collect();
        let name = format!("contact-sheets/{}.png", class[0].class);
        run.write(name, &png(&contact_sheet(&pictures, &sheet)))?;
    }
    Ok(())
}

/// At most [`PICTURES`] of `class`, evenly spaced.
fn spread<T: Copy>(class: &[T]) -> Vec<T> {
    let count = class.len().min(PICTURES);
    (0..count).map(|place| class[place * class.len() / count]).collect()
}

#[cfg(test)]
mod tests {
    use super::{PICTURES, spread};

    #[test]
    fn a_large_class_is_sampled_evenly_and_a_small_one_is_shown_whole() {
        let numbers: Vec<usize> = (0..PICTURES * 3).collect();
        let shown = spread(&numbers);
        assert_eq!(shown.len(), PICTURES);
        assert!(shown.windows(2).all(|pair| pair[1] - pair[0] == 3));
        assert_eq!(spread(&[1, 2, 3]), [1, 2, 3]);
        assert!(spread::<u8>(&[]).is_empty());
    }
}
