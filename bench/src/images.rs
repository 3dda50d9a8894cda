//! The images of the training benchmark. They are decoded and normalized once, and every side reads them batch by batch.
//!
//! `images.npy` is float32 `[n, 3, size, size]`, the default layout of Tunescope and PyTorch. `images-last.npy` has the same values
//! as `[n, size, size, 3]`. `labels.npy` is int64 `[n]`.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use contract::Dataset;
use imaging::{Limits, RgbImage};
use ndarray::{Array1, Array4, ArrayViewD, Axis, IxDyn};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use pipeline::print_message;
use rayon::prelude::*;
use zoo::{InputTransform, Network};

use crate::work::Work;

/// The file of the images with channels first.
pub(crate) const FIRST: &str = "images.npy";
/// The file of the images with channels last.
const LAST: &str = "images-last.npy";
/// The file of the labels.
pub(crate) const LABELS: &str = "labels.npy";

/// A `.npy` file of float32 items with one shape.
pub(crate) struct Items {
    file: fs_err::File,
    start: u64,
    item: Vec<usize>,
}

impl Items {
    /// Writes `len` items of the shape `item` to a new file.
    pub(crate) fn write(
        path: &Path,
        item: &[usize],
        items: impl IntoIterator<Item = Result<Vec<f32>>>,
        len: usize,
    ) -> Result<()> {
        let mut file = std::io::BufWriter::new(fs_err::File::create(path)?);
        let shape: Vec<String> =
            std::iter::once(len).chain(item.iter().copied()).map(|size| size.to_string()).collect();
        let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", shape.join(", "));
        std::io::Write::write_all(&mut file, &header(&text))?;
        for values in items {
            let bytes: Vec<u8> = values?.iter().flat_map(|value| value.to_le_bytes()).collect();
            std::io::Write::write_all(&mut file, &bytes)?;
        }
        Ok(std::io::Write::flush(&mut file)?)
    }

    /// Opens a file that [`Items::write`] has written.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = fs_err::File::open(path)?;
        let damaged = || format!("{} is damaged; remove it", path.display());
        let mut start = [0; START];
        file.file().read_exact_at(&mut start, 0).with_context(damaged)?;
        let text = String::from_utf8_lossy(&start[10..]).into_owned();
        let shape = text.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')')).with_context(damaged)?.0;
        let sizes = shape.split(',').map(str::trim).filter(|size| !size.is_empty()).map(str::parse);
        let sizes: Vec<usize> = sizes.collect::<Result<_, _>>().with_context(damaged)?;
        let item = sizes.get(1..).with_context(damaged)?.to_vec();
        let expected = START as u64 + sizes.iter().product::<usize>() as u64 * 4;
        ensure!(file.metadata()?.len() == expected, damaged());
        Ok(Self { file, start: START as u64, item })
    }

    /// Reads the items of the rows `rows` as `[rows.len(), …]` into `values`.
    ///
    /// The caller reuses `values`, because new memory costs a pass over its pages.
    pub(crate) fn batch_in<'v>(&self, rows: &[usize], values: &'v mut Vec<f32>) -> Result<ArrayViewD<'v, f32>> {
        let size: usize = self.item.iter().product();
        values.resize(rows.len() * size, 0.0);
        rows.par_iter().zip(values.par_chunks_exact_mut(size.max(1))).try_for_each(|(&row, values)| {
            let bytes = bytemuck::cast_slice_mut(values);
            self.file.file().read_exact_at(bytes, self.start + (row * size * 4) as u64)
        })?;
        if cfg!(target_endian = "big") {
            for value in values.iter_mut() {
                *value = f32::from_bits(value.to_bits().swap_bytes());
            }
        }
        let shape = [&[rows.len()], self.item.as_slice()].concat();
        Ok(ArrayViewD::from_shape(IxDyn(&shape), values)?)
    }
}

/// The number of bytes before the values. It is the same in every file of this module.
const START: usize = 128;

/// Returns the header of a `.npy` file of version 1.0 with the description `text`, padded with spaces.
fn header(text: &str) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(((START - 10) as u16).to_le_bytes());
    bytes.extend(format!("{text:<width$}\n", width = START - 11).into_bytes());
    bytes
}

/// Reads the first `count` labels in `folder`.
pub(crate) fn labels(folder: &Path, count: usize) -> Result<Vec<i64>> {
    let mut labels = Array1::<i64>::read_npy(fs_err::File::open(folder.join(LABELS))?)?.to_vec();
    labels.truncate(count);
    ensure!(!labels.is_empty(), "{} has no images", folder.display());
    Ok(labels)
}

/// Decodes the images of `photos`, or else those of the stage `preprocess`, and writes them to `folder`.
///
/// Returns a description of the images.
pub(crate) fn prepare(photos: Option<&Path>, folder: &Path, work: &Work) -> Result<String> {
    let (network, _) = Network::open(&work.data, "alexnet").context("run `just setup`")?;
    let input = &network.input;
    let (mut found, source) = match photos {
        Some(photos) => (by_class(photos)?, format!("of {}", photos.display())),
        None => (preprocessed()?, "drawn by `scrape`, of artifacts/preprocess".to_owned()),
    };
    // The classes alternate, so that a smaller number of images has all of them.
    found.sort_by_key(|(_, label, place)| (*place, *label));
    found.truncate(work.count);
    ensure!(!found.is_empty(), "there are no images {source}");
    print_message(&format!("bench        decoding {} images {source}", found.len()));
    fs_err::create_dir_all(folder)?;
    let side = input.size as usize;
    let first = found.iter().map(|(path, ..)| Ok(tensor(path, input)?.into_raw_vec_and_offset().0));
    Items::write(&folder.join(FIRST), &[3, side, side], first, found.len())?;
    let last = found.iter().map(|(path, ..)| {
        let tensor = tensor(path, input)?;
        Ok(tensor.permuted_axes([0, 2, 3, 1]).as_standard_layout().to_owned().into_raw_vec_and_offset().0)
    });
    Items::write(&folder.join(LAST), &[side, side, 3], last, found.len())?;
    let labels: Array1<i64> = found.iter().map(|(_, label, _)| *label as i64).collect();
    labels.write_npy(fs_err::File::create(folder.join(LABELS))?)?;
    Ok(format!("{} images {source}", found.len()))
}

/// Reads the files in `folder` once, so that the operating system has them in memory and no side waits for the disk.
pub(crate) fn load_into_memory(folder: &Path) -> Result<()> {
    for name in [FIRST, LAST] {
        std::io::copy(&mut fs_err::File::open(folder.join(name))?, &mut std::io::sink())?;
    }
    Ok(())
}

/// Returns the input tensor of an image, `[1, 3, size, size]`.
fn tensor(path: &Path, input: &InputTransform) -> Result<Array4<f32>> {
    let image: RgbImage = imaging::read(path, &Limits::default())?;
    Ok(input.tensor(&imaging::square(&image, input.size)).insert_axis(Axis(0)))
}

/// The path, the class and the position within the class of each image.
type Photos = Vec<(PathBuf, usize, usize)>;

fn by_class(photos: &Path) -> Result<Photos> {
    let mut found = Vec::new();
    for (label, class) in entries(photos)?.into_iter().filter(|path| path.is_dir()).enumerate() {
        let images = entries(&class)?.into_iter().filter(|path| path.is_file()).enumerate();
        found.extend(images.map(|(place, path)| (path, label, place)));
    }
    if found.is_empty() {
        bail!("{} has no folders with images; make one folder per class", photos.display());
    }
    Ok(found)
}

/// Returns the entries of a folder, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs_err::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn preprocessed() -> Result<Photos> {
    let dataset = Dataset::read(Path::new("artifacts"))
        .context("run `just preprocess`, or choose a folder of images with --photos")?;
    let mut places = vec![0; dataset.classes.len()];
    let of = |name: &String| dataset.classes.iter().position(|class| class == name);
    let found = dataset.images.iter().filter_map(|image| {
        let label = of(&image.label)?;
        places[label] += 1;
        Some((dataset.file(image), label, places[label] - 1))
    });
    Ok(found.collect())
}
