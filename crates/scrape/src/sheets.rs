//! A contact sheet of each class: the quickest way to see what one is about to train on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::view::Run;
use anyhow::Result;
use imaging::{Limits, RgbImage, Sheet, contact_sheet, png, thumbnail};
use rayon::prelude::*;

use crate::content::SHARED_BYTES;
use crate::gather::Gathered;
use crate::lane::Known;
use crate::store::path_of;

/// Pictures on a sheet; a larger class is sampled evenly.
const PICTURES: usize = 40;
/// A sheet is no reason to take much memory or time: what is larger is left out of it.
const LIMITS: Limits = Limits { max_pixels: 50_000_000, max_bytes: 256 << 20 };

/// Writes `contact-sheets/<class>.png`. Pictures that cannot be decoded are left out here; `preprocess` names them.
pub fn write(run: &Run, gathered: &Gathered) -> Result<()> {
    let sheet = Sheet { columns: 8, cell: 128, ..Sheet::default() };
    let mut classes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (at, slot) in gathered.pick.kept() {
        let lane = &gathered.lanes[at];
        if let Known::Picture(index) = lane.slots[slot].known {
            let path = path_of(&lane.want.class, gathered.contents.get(index));
            classes.entry(&lane.want.class).or_default().push(path);
        }
    }
    for (class, paths) in classes {
        let paths: Vec<&String> = paths.iter().collect();
        let pictures = thumbnails(spread(&paths).into_iter().map(|path| run.folder().join(path)), sheet.cell);
        let name = format!("contact-sheets/{class}.png");
        run.write(name, &png(&contact_sheet(&pictures, &sheet)))?;
    }
    Ok(())
}

/// The pictures at `paths`, `side` pixels large, in their order; as many at a time as [`SHARED_BYTES`] are enough for.
fn thumbnails(paths: impl Iterator<Item = PathBuf>, side: u32) -> Vec<RgbImage> {
    let decode = |files: &[Vec<u8>]| -> Vec<RgbImage> {
        let small = |bytes: &Vec<u8>| Some(thumbnail(&imaging::decode(bytes, &LIMITS).ok()?, side));
        files.par_iter().filter_map(small).collect()
    };
    let (mut pictures, mut files, mut memory) = (Vec::new(), Vec::new(), 0);
    for path in paths {
        let Ok(bytes) = std::fs::read(path) else { continue };
        let Ok(header) = imaging::inspect(&bytes, &LIMITS) else { continue };
        if memory + header.memory > SHARED_BYTES {
            pictures.append(&mut decode(&files));
            (files, memory) = (Vec::new(), 0);
        }
        memory += header.memory;
        files.push(bytes);
    }
    pictures.append(&mut decode(&files));
    pictures
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
