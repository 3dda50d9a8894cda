//! The images that the user names by their files (`analyze.images`).
//!
//! They are decoded within limits, oriented, cropped and resized as `preprocess` does it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use contract::{Artifact, ChosenRow, Dataset, ImageRow, Split, UnusableFile};
use imaging::{Limits, ReadError, RgbImage};
use inference::{BATCH, Error, argmax};
use ndarray::Axis;
use pipeline::{HintExt, regular, short_hash};

use crate::selection::{self, Selected};
use crate::tuned::Tuned;
use crate::view::Run;

/// The largest image file whose content is part of the cache key, in bytes. A larger file needs more memory than the default limit.
const MOST_BYTES: u64 = 1 << 30;

/// Returns the part of the cache key that depends on the files: the hash of the contents of each file.
pub(crate) fn inputs(files: &[PathBuf]) -> BTreeMap<String, String> {
    let hash = |path: &Path| match regular::read(path, MOST_BYTES) {
        Ok(bytes) => short_hash(&bytes),
        Err(error) => error.to_string(),
    };
    files.iter().map(|path| (format!("image {}", path.display()), hash(path))).collect()
}

/// Reads the files of `analyze.images`, in their order.
///
/// An image that is also in the data set is taken from the data set. The class of any other image is the class that the
/// network predicts, and `pictures/<id>.png` is the image as the network sees it. A file that cannot be used causes a
/// warning and a row in `rejects.csv`.
///
/// # Errors
/// Returns an error when no file can be used and `analyze.pictures` is empty.
pub(crate) fn read(run: &Run, tuned: &Tuned, dataset: &Dataset) -> Result<Vec<Selected>> {
    let files = &run.config.analyze.images;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let size = tuned.network.input.size;
    let settings = &run.config.preprocess;
    let limits = Limits { max_pixels: settings.max_pixels, max_bytes: settings.max_memory_mb.saturating_mul(1 << 20) };
    let progress = run.progress("reading images", files.len());
    // The files are read one after another, because each may take as much memory as all threads together are allowed.
    let (mut rejects, mut usable) = (Vec::new(), Vec::new());
    for path in files {
        pipeline::stop::check()?;
        match UserImage::read(path, size, &limits) {
            Ok(image) => usable.push(image),
            Err(error) => {
                let reason = pipeline::error::one_line(&error);
                run.warn(&format!("{reason}; left out"));
                rejects.push(UnusableFile { file: path.display().to_string(), reason });
            }
        }
        progress.inc(1);
    }
    rejects.write(run)?;
    if usable.is_empty() && run.config.analyze.pictures.is_empty() {
        return Err(anyhow!("none of the {} given images can be used", files.len()))
            .hint("`analyze.images` (or --image) names image files: JPEG, PNG, WebP, GIF, BMP or TIFF");
    }
    let classes = predicted_classes(tuned, &usable, &dataset.classes)?;
    usable.iter().zip(classes).map(|(image, class)| image.select(run, dataset, class)).collect()
}

/// An image that the user named by its file.
struct UserImage<'a> {
    /// The name of the file in the configuration.
    path: &'a Path,
    /// The first 16 hex digits of the hash of the file.
    id: String,
    /// The image as the network sees it.
    square: RgbImage,
    /// Width of the original, upright, in pixels.
    width: u32,
    /// Height of the original, upright, in pixels.
    height: u32,
}

impl<'a> UserImage<'a> {
    fn read(path: &'a Path, size: u32, limits: &Limits) -> Result<Self> {
        let bytes = regular::read(path, limits.max_bytes)?;
        let content = |source| ReadError::Content { path: path.to_owned(), source };
        let image = imaging::decode(&bytes, limits).map_err(content)?;
        let id = short_hash(&bytes);
        let (width, height) = image.dimensions();
        Ok(Self { path, id, square: imaging::square(&image, size), width, height })
    }

    /// Selects the image. Writes its pixels if it is not in the data set.
    fn select(&self, run: &Run, dataset: &Dataset, class: String) -> Result<Selected> {
        if dataset.images.iter().any(|image| image.id == self.id) {
            return Ok(selection::by_id(std::slice::from_ref(&self.id), dataset)?.remove(0));
        }
        let file = ChosenRow::image_file(&self.id);
        run.write(&file, &imaging::png(&self.square))?;
        let path = std::path::absolute(run.folder())?.join(file);
        Ok(Selected::from_file(ImageRow {
            id: self.id.clone(),
            path: path.to_str().context("the path of the artifacts is not valid UTF-8")?.to_owned(),
            label: class,
            split: Split::Test,
            width: self.width,
            height: self.height,
            group: 0,
            source: self.path.display().to_string(),
        }))
    }
}

/// Returns the name of the most probable class of each image.
fn predicted_classes(tuned: &Tuned, images: &[UserImage], names: &[String]) -> Result<Vec<String>> {
    let mut layers = tuned.layers(&[tuned.probabilities()?])?;
    let mut classes = Vec::new();
    for batch in images.chunks(BATCH) {
        let pixels: Vec<&RgbImage> = batch.iter().map(|image| &image.square).collect();
        let outputs = layers.run(&pixels)?;
        let rows = outputs.first().context("the network has no output")?;
        for (row, image) in rows.axis_iter(Axis(0)).zip(batch) {
            let class = argmax(row.iter().copied());
            let class = class.ok_or_else(|| Error::NotANumber { image: image.path.display().to_string() })?;
            classes.push(names.get(class).context("the network has more classes than the data set")?.clone());
        }
    }
    Ok(classes)
}

/// Returns how many files of `analyze.images` could not be used in the run whose outputs are in `folder`.
pub(crate) fn rejected(folder: &Path) -> Result<usize> {
    Ok(Vec::<UnusableFile>::find_in(folder)?.map_or(0, |files| files.len()))
}
