//! The files of `analyze` that exist once for each layer or image.
//!
//! The report shows the files that are there. The configuration decides which images, layers and methods `analyze`
//! writes, so the report does not need to know it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use contract::tables::layer_files::file_name;
use contract::{Artifact, LayerRow, stages};
use image::RgbImage;
use imaging::Limits;
use ndarray::ArrayD;
use ndarray_npy::ReadNpyExt;
use pipeline::{HintExt, run_again};

/// The folder of `analyze`.
pub(crate) struct Analyses {
    folder: PathBuf,
}

impl Analyses {
    /// Returns the folder below `artifacts`.
    pub(crate) fn of(artifacts: &Path) -> Self {
        Self { folder: artifacts.join(Vec::<LayerRow>::STAGE) }
    }

    /// Returns the path of the folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns whether the folder has the file.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.folder.join(file).is_file()
    }

    /// Reads an image. Returns `None` when there is no such file.
    pub(crate) fn image(&self, file: &str) -> Result<Option<RgbImage>> {
        let read = || imaging::read(&self.folder.join(file), &Limits::default()).hint(run_again(stages::ANALYZE));
        self.has(file).then(read).transpose()
    }

    /// Reads an array of any shape from an `.npy` file.
    pub(crate) fn array(&self, file: &str) -> Result<ArrayD<f32>> {
        let path = self.folder.join(file);
        let read = ArrayD::<f32>::read_npy(fs_err::File::open(&path).hint(run_again(stages::ANALYZE))?);
        read.with_context(|| format!("{} is damaged", path.display())).hint(run_again(stages::ANALYZE))
    }

    /// Returns the names of the files in `folder` with this extension, without it and sorted.
    pub(crate) fn names(&self, folder: &str, extension: &str) -> Result<Vec<String>> {
        let path = self.folder.join(folder);
        let mut names = Vec::new();
        if path.is_dir() {
            for entry in fs_err::read_dir(path)? {
                let path = entry?.path();
                if path.is_file()
                    && path.extension().is_some_and(|own| own == extension)
                    && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
                {
                    names.push(stem.to_owned());
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Sorts the names of files by the order of `layers`. Returns each name with the name of its layer. Names that belong to
/// no layer come last.
pub(crate) fn by_layer<'a>(stems: Vec<String>, layers: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let named: Vec<(String, &str)> = layers.map(|layer| (file_name(layer), layer)).collect();
    let place = |stem: &str| named.iter().position(|(file, _)| file == stem);
    let mut sorted: Vec<(usize, String)> =
        stems.into_iter().map(|stem| (place(&stem).unwrap_or(usize::MAX), stem)).collect();
    sorted.sort();
    sorted
        .into_iter()
        .map(|(at, stem)| {
            let name = named.get(at).map_or(stem.clone(), |(_, layer)| (*layer).to_owned());
            (stem, name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_and_named_as_their_layers() {
        let stems = ["unknown", "fire2-squeeze", "conv1"].map(str::to_owned).to_vec();
        let sorted = by_layer(stems, ["conv1", "relu1", "fire2/squeeze"].into_iter());
        let names: Vec<&str> = sorted.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["conv1", "fire2/squeeze", "unknown"]);
        assert_eq!(sorted[1].0, "fire2-squeeze");
    }

    #[test]
    fn a_missing_file_is_none_and_a_damaged_file_is_an_error() {
        let artifacts = tempfile::tempdir().unwrap();
        let analyses = Analyses::of(artifacts.path());
        let folder = analyses.folder().join("maps/a");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("gradcam.npy"), "x").unwrap();
        std::fs::write(folder.join("gradcam.png"), "x").unwrap();
        assert!(analyses.image("weights/conv1.png").unwrap().is_none());
        let said = |error: anyhow::Error| pipeline::error::render(&error);
        let array = said(analyses.array("maps/a/gradcam.npy").unwrap_err());
        assert!(array.contains("gradcam.npy is damaged") && array.contains(&run_again(stages::ANALYZE)), "{array}");
        let image = said(analyses.image("maps/a/gradcam.png").unwrap_err());
        assert!(image.contains("gradcam.png") && image.contains(&run_again(stages::ANALYZE)), "{image}");
        assert_eq!(analyses.names("maps/a", "npy").unwrap(), ["gradcam"]);
        assert!(analyses.names("activations/a", "npy").unwrap().is_empty());
    }
}
