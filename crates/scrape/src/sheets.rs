//! The contact sheet of each class, which shows the images of the class at a glance.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use imaging::{Limits, RgbImage, SheetLayout, contact_sheet, png, thumbnail};
use rayon::prelude::*;

use crate::candidate_queue::FileState;
use crate::content::SHARED_BYTES;
use crate::gather::Gathered;
use crate::store::path_of;
use crate::view::Run;

/// The maximum number of images on a sheet. The sheet of a larger class shows an even sample.
const IMAGES: usize = 40;
/// The limits of an image on a sheet, so that a sheet takes little memory and time.
const LIMITS: Limits = Limits { max_pixels: 50_000_000, max_bytes: 256 << 20 };

/// Writes `contact-sheets/<class>.png` for each class. Skips images that cannot be decoded. `preprocess` reports them.
pub fn write(run: &Run, gathered: &Gathered) -> Result<()> {
    let sheet = SheetLayout { columns: 8, cell: 128, ..SheetLayout::default() };
    let mut classes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (at, slot) in gathered.selection.kept() {
        let queue = &gathered.queues[at];
        if let FileState::Image(index) = queue.slots[slot].file {
            let path = path_of(&queue.quota.class, gathered.contents.get(index));
            classes.entry(&queue.quota.class).or_default().push(path);
        }
    }
    for (class, paths) in classes {
        let paths: Vec<&String> = paths.iter().collect();
        let images = thumbnails(spread(&paths).into_iter().map(|path| run.folder().join(path)), sheet.cell);
        let name = format!("contact-sheets/{class}.png");
        run.write(name, &png(&contact_sheet(&images, &sheet)))?;
    }
    Ok(())
}

/// Returns thumbnails of the images at `paths`, in their order, with sides of at most `side` pixels.
///
/// The concurrent decodings take at most [`SHARED_BYTES`] of memory.
fn thumbnails(paths: impl Iterator<Item = PathBuf>, side: u32) -> Vec<RgbImage> {
    let decode = |files: &[Vec<u8>]| -> Vec<RgbImage> {
        let small = |bytes: &Vec<u8>| Some(thumbnail(&imaging::decode(bytes, &LIMITS).ok()?, side));
        files.par_iter().filter_map(small).collect()
    };
    let (mut images, mut files, mut memory) = (Vec::new(), Vec::new(), 0);
    for path in paths {
        let Ok(bytes) = pipeline::regular::read(&path, LIMITS.max_bytes) else { continue };
        let Ok(header) = imaging::inspect(&bytes, &LIMITS) else { continue };
        if memory + header.memory > SHARED_BYTES {
            images.append(&mut decode(&files));
            (files, memory) = (Vec::new(), 0);
        }
        memory += header.memory;
        files.push(bytes);
    }
    images.append(&mut decode(&files));
    images
}

/// Returns at most [`IMAGES`] elements of `class`, evenly spaced.
fn spread<T: Copy>(class: &[T]) -> Vec<T> {
    let count = class.len().min(IMAGES);
    (0..count).map(|place| class[place * class.len() / count]).collect()
}

#[cfg(test)]
mod tests {
    use super::{IMAGES, spread};

    #[test]
    fn a_large_class_is_sampled_evenly_and_a_small_class_is_complete() {
        let numbers: Vec<usize> = (0..IMAGES * 3).collect();
        let shown = spread(&numbers);
        assert_eq!(shown.len(), IMAGES);
        assert!(shown.windows(2).all(|pair| pair[1] - pair[0] == 3));
        assert_eq!(spread(&[1, 2, 3]), [1, 2, 3]);
        assert!(spread::<u8>(&[]).is_empty());
    }
}
