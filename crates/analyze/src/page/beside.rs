//! The files that this stage has written so far, read back for the report.
//!
//! The report shows what lies beside it and nothing else: what a reader sees and what the linked file holds is the
//! same, and a view that was not asked for is left out without the page knowing why.

use std::path::Path;

use anyhow::{Context, Result};
use image::RgbImage;
use imaging::Limits;
use ndarray::ArrayD;
use ndarray_npy::ReadNpyExt;
use pipeline::HintExt;

use crate::upstream::Sheet;
use contract::tables::layer_files::file_name;

const AGAIN: &str = "run `just analyze --force`";

/// This stage's folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<'a> {
    folder: &'a Path,
}

impl<'a> Beside<'a> {
    /// The files in `folder`.
    pub fn new(folder: &'a Path) -> Self {
        Self { folder }
    }

    /// Whether there is such a file.
    pub fn has(self, file: &str) -> bool {
        self.folder.join(file).is_file()
    }

    /// Those of `files` that are there.
    pub fn present<'f>(self, files: &[&'f str]) -> Vec<&'f str> {
        files.iter().copied().filter(|file| self.has(file)).collect()
    }

    /// A table; `None` where there is no such file.
    pub fn sheet(self, file: &str) -> Result<Option<Sheet>> {
        self.has(file).then(|| Sheet::read(self.folder, file)).transpose()
    }

    /// A picture; `None` where there is no such file.
    pub fn picture(self, file: &str) -> Result<Option<RgbImage>> {
        let read = || imaging::read(&self.folder.join(file), &Limits::default()).hint(AGAIN);
        self.has(file).then(read).transpose()
    }

    /// A JSON file; `None` where there is no such file.
    pub fn json(self, file: &str) -> Result<Option<serde_json::Value>> {
        let path = self.folder.join(file);
        if !path.is_file() {
            return Ok(None);
        }
        let damaged = || format!("{} is damaged", path.display());
        Ok(Some(serde_json::from_slice(&fs_err::read(&path)?).with_context(damaged).hint(AGAIN)?))
    }

    /// An array of any shape in a `.npy` file.
    pub fn array(self, file: &str) -> Result<ArrayD<f32>> {
        let path = self.folder.join(file);
        let read = ArrayD::<f32>::read_npy(fs_err::File::open(&path)?);
        read.with_context(|| format!("{} is damaged", path.display())).hint(AGAIN)
    }

    /// Names without the ending of the files in `folder` that end in `.extension`; sorted.
    pub fn names(self, folder: &str, extension: &str) -> Result<Vec<String>> {
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

/// `stems` in the order of `layers`, each with the layer's own name; those of no layer last.
pub(super) fn by_layer<'a>(stems: Vec<String>, layers: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
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
    fn files_are_named_and_sorted_as_their_layers() {
        let stems = ["unknown", "fire2-squeeze", "conv1"].map(str::to_owned).to_vec();
        let sorted = by_layer(stems, ["conv1", "relu1", "fire2/squeeze"].into_iter());
        let names: Vec<&str> = sorted.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["conv1", "fire2/squeeze", "unknown"]);
        assert_eq!(sorted[1].0, "fire2-squeeze");
    }

    #[test]
    fn what_is_not_there_is_left_out_and_what_is_damaged_is_told() {
        let workspace = testkit::Workspace::new("");
        workspace.write("tsne.json", "{\"points\": 3}");
        workspace.write("bad.json", "{");
        workspace.write("maps/a/gradcam.npy", "x");
        let root = workspace.join("");
        let beside = Beside::new(&root);
        assert!(
            beside.sheet("layers.csv").unwrap().is_none() && beside.picture("weights/conv1.png").unwrap().is_none()
        );
        assert_eq!(beside.json("tsne.json").unwrap().unwrap()["points"], 3);
        let told = |error: anyhow::Error| pipeline::error::render(&error);
        assert!(told(beside.json("bad.json").unwrap_err()).contains("bad.json is damaged"));
        assert!(told(beside.array("maps/a/gradcam.npy").unwrap_err()).contains("gradcam.npy is damaged"));
        assert_eq!(beside.names("maps/a", "npy").unwrap(), ["gradcam"]);
        assert!(beside.names("activations/a", "npy").unwrap().is_empty());
        assert_eq!(beside.present(&["tsne.csv", "tsne.json"]), ["tsne.json"]);
    }
}
