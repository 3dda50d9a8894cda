//! Images from files, and batches of them.

use std::path::Path;

use imaging::{Limits, RgbImage};
use rayon::prelude::*;

use crate::Error;

/// Images in one run of a [`Classifier`](crate::Classifier) or of [`Layers`](crate::Layers).
///
/// The number is fixed: ONNX Runtime may choose another kernel for another number, which changes the last bits.
pub const BATCH: usize = 16;

/// Reads the image in `file`, which must be `side` x `side` pixels.
///
/// # Errors
/// The file cannot be read or decoded, or the image has another size. The message names the file.
pub fn read(file: &Path, side: u32) -> Result<RgbImage, Error> {
    let image = imaging::read(file, &Limits::default())?;
    let (width, height) = image.dimensions();
    if (width, height) != (side, side) {
        return Err(Error::Size { image: file.display().to_string(), width, height, side });
    }
    Ok(image)
}

/// Reads the images `0..count` in batches of `size`, and passes each batch to `run` with the index of its first image.
///
/// `read` returns the image of an index. All threads of rayon call it. The last batch may be smaller.
///
/// # Errors
/// The first error of `read` or `run` ends the work and is returned.
///
/// # Panics
/// When `size` is 0.
pub fn in_batches<E: Send>(
    count: usize,
    size: usize,
    read: impl Fn(usize) -> Result<RgbImage, E> + Sync,
    mut run: impl FnMut(usize, Vec<RgbImage>) -> Result<(), E>,
) -> Result<(), E> {
    for first in (0..count).step_by(size) {
        let images = (first..count.min(first + size)).into_par_iter().map(&read).collect::<Result<_, E>>()?;
        run(first, images)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cat.png");
        let message = |file: &Path| read(file, 8).unwrap_err().to_string();
        assert!(message(&file).contains(&file.display().to_string()));
        std::fs::write(&file, imaging::png(&RgbImage::new(8, 9))).unwrap();
        assert!(message(&file).ends_with("cat.png is 8 x 9 pixels, but the network takes 8 x 8"));
        std::fs::write(&file, "no image").unwrap();
        assert!(message(&file).contains(&file.display().to_string()));
        std::fs::write(&file, imaging::png(&RgbImage::new(8, 8))).unwrap();
        assert_eq!(read(&file, 8).unwrap().dimensions(), (8, 8));
    }

    #[test]
    fn batches_hold_all_images_in_order() {
        for count in [0, 1, 15, 16, 17, 40] {
            let (mut widths, mut firsts) = (Vec::new(), Vec::new());
            let read = |index: usize| Ok::<_, ()>(RgbImage::new(index as u32 + 1, 1));
            in_batches(count, BATCH, read, |first, images| {
                firsts.push(first);
                widths.extend(images.iter().map(RgbImage::width));
                Ok(())
            })
            .unwrap();
            assert_eq!(widths, (1..=count as u32).collect::<Vec<_>>());
            assert_eq!(firsts, (0..count).step_by(BATCH).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_ends_the_work() {
        let read = |index: usize| if index == 20 { Err("image 20") } else { Ok(RgbImage::new(1, 1)) };
        let mut runs = 0;
        let result = in_batches(40, BATCH, read, |_, _| {
            runs += 1;
            Ok(())
        });
        assert_eq!((result, runs), (Err("image 20"), 1));
        assert_eq!(in_batches(40, BATCH, |_| Ok(RgbImage::new(1, 1)), |_, _| Err("stopped")), Err("stopped"));
    }
}
