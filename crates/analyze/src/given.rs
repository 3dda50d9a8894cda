//! Images from anywhere: decoded with limits, oriented, and cut to the network's size as `preprocess` does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use contract::{Artifact, ChosenRow, Dataset, ImageRow, Split, UnusableFile};
use imaging::{Limits, RgbImage};
use inference::{BATCH, Error, argmax};
use ndarray::Axis;
use pipeline::{HintExt, short_hash};

use crate::choose::Chosen;
use crate::tuned::Tuned;
use crate::view::Run;

/// What the results depend on: the content of each file.
pub(crate) fn inputs(images: &[PathBuf]) -> BTreeMap<String, String> {
    let hash = |path: &Path| std::fs::read(path).map_or_else(|error| error.to_string(), |bytes| short_hash(&bytes));
    images.iter().map(|path| (format!("image {}", path.display()), hash(path))).collect()
}

/// The images of `analyze.images`, in their order. One that is in the data set is taken from there; of the others the
/// class is what the network says, and `pictures/<id>.png` what it sees. What cannot be used is told, and listed in
/// `rejects.csv`.
pub(crate) fn read(run: &Run, tuned: &Tuned, dataset: &Dataset) -> Result<Vec<Chosen>> {
    let files = &run.config.analyze.images;
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let size = tuned.network.input.size;
    let settings = &run.config.preprocess;
    let limits = Limits { max_pixels: settings.max_pixels, max_bytes: settings.max_memory_mb.saturating_mul(1 << 20) };
    let progress = run.progress("reading images", files.len());
    // One at a time: each may take as much memory as all threads together are allowed.
    let (mut rejects, mut found) = (Vec::new(), Vec::new());
    for path in files {
        pipeline::stop::check()?;
        match open(path, size, &limits) {
            Ok((id, image)) => found.push((id, path, image)),
            Err(error) => {
                let reason = format!("{error:#}");
                run.warn(&format!("{reason}; left out"));
                rejects.push(UnusableFile { file: path.display().to_string(), reason });
            }
        }
        progress.inc(1);
    }
    rejects.write(run)?;
    if found.is_empty() && run.config.analyze.pictures.is_empty() {
        return Err(anyhow!("none of the {} given images can be used", files.len()))
            .hint("`analyze.images` (or --image) names files of images: JPEG, PNG, WebP, GIF, BMP or TIFF");
    }
    let classes = classes(tuned, &found, &dataset.classes)?;
    let folder = std::path::absolute(run.folder())?;
    found
        .iter()
        .zip(classes)
        .map(|((id, path, given), label)| {
            if dataset.images.iter().any(|image| image.id == *id) {
                return Ok(crate::choose::asked(std::slice::from_ref(id), dataset)?.remove(0));
            }
            let file = ChosenRow::image_file(id);
            run.write(&file, &imaging::png(&given.square))?;
            Ok(Chosen::given(ImageRow {
                id: id.clone(),
                path: folder
                    .join(file)
                    .to_str()
                    .context("the artifacts' folder has a name that is no text")?
                    .to_owned(),
                label,
                split: Split::Test,
                width: given.width,
                height: given.height,
                group: 0,
                source: path.display().to_string(),
            }))
        })
        .collect()
}

/// An image that was given.
struct Given {
    /// As the network sees it.
    square: RgbImage,
    /// Its own width and height, upright.
    width: u32,
    height: u32,
}

fn open(path: &Path, size: u32, limits: &Limits) -> Result<(String, Given)> {
    let image = imaging::read(path, limits)?;
    let id = short_hash(&fs_err::read(path)?);
    let (width, height) = image.dimensions();
    Ok((id, Given { square: imaging::square(&image, size), width, height }))
}

/// Returns the name of the most probable class of each image.
fn classes(tuned: &Tuned, found: &[(String, &PathBuf, Given)], names: &[String]) -> Result<Vec<String>> {
    let mut layers = tuned.layers(&[tuned.probabilities()?])?;
    let mut classes = Vec::new();
    for some in found.chunks(BATCH) {
        let images: Vec<&RgbImage> = some.iter().map(|(_, _, given)| &given.square).collect();
        let outputs = layers.run(&images)?;
        let rows = outputs.first().context("the network has no output")?;
        for (row, (_, path, _)) in rows.axis_iter(Axis(0)).zip(some) {
            let class = argmax(row.iter().copied());
            let class = class.ok_or_else(|| Error::NotANumber { image: path.display().to_string() })?;
            classes.push(names.get(class).context("the network has more classes than the data set")?.clone());
        }
    }
    Ok(classes)
}

/// Returns how many files of `analyze.images` could not be used in the run whose outputs are in `folder`.
pub(crate) fn rejected(folder: &Path) -> Result<usize> {
    Ok(Vec::<UnusableFile>::find_in(folder)?.map_or(0, |files| files.len()))
}
