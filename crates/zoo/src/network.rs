//! The description that lies beside every model: what goes in, what may be asked for, what comes out.
//!
//! `data/networks/<name>/network.json` and `artifacts/train/model.json` are the same format, so a
//! tuned network is used like an installed one.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use image::RgbImage;
use imaging::tensor::ChannelOrder;
use ndarray::{Array3, Array4, Axis};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ZooError;

/// File name of an installed network's description.
pub const DESCRIPTION: &str = "network.json";
/// File name of a tuned network's description.
pub const TUNED_DESCRIPTION: &str = "model.json";
/// File name of a model, beside its description.
pub const MODEL: &str = "model.onnx";

/// A network and all that is needed to use it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its name: of its folder below `data/networks/`, or what a tuned network was called.
    pub name: String,
    /// From a picture to the input tensor.
    pub input: InputTransform,
    /// Every tensor that may be asked for, from input to output.
    pub layers: Vec<Layer>,
    /// Where a new head is put.
    pub features: Features,
    /// Tensor `[n, classes]` before the softmax; none for a trunk without classifier.
    pub logits: Option<String>,
    /// Tensor `[n, classes]` whose rows add up to 1; none for a trunk without classifier.
    pub probabilities: Option<String>,
    /// Names of the classes in the order of the outputs; empty for a trunk without classifier.
    pub classes: Vec<String>,
    /// Where the weights come from, in words.
    pub origin: String,
    /// SHA-256 of `model.onnx`, 64 hex digits.
    pub sha256: String,
    /// The network that this one was tuned from.
    pub parent: Option<Parent>,
}

/// How a square picture becomes the input tensor: `(pixel * scale - mean) / std`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct InputTransform {
    /// Name of the input tensor, `[n, 3, size, size]` float32.
    pub tensor: String,
    /// Side of the picture in pixels.
    pub size: u32,
    /// Order of the tensor's channels.
    pub channels: Channels,
    /// What a pixel's value, 0 to 255, is multiplied with.
    pub scale: f32,
    /// Subtracted after scaling, in the tensor's channel order.
    pub mean: [f32; 3],
    /// Divided by at last, in the tensor's channel order.
    pub std: [f32; 3],
}

/// Order of the channels in the input tensor.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// Red first.
    #[serde(rename = "RGB")]
    Rgb,
    /// Blue first.
    #[serde(rename = "BGR")]
    Bgr,
}

/// A tensor by the name that people know it by; the model has a tensor of the same name.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Name, such as `conv1` or `fire2/squeeze1x1`.
    pub name: String,
    /// ONNX operator that computes it, such as `Conv`.
    pub operator: String,
    /// Shape for one picture, such as `[64, 55, 55]`.
    pub shape: Vec<usize>,
}

/// The tensor that a new head is put on.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Name of the layer.
    pub layer: String,
    /// What is done with its spatial axes.
    pub pool: Pool,
}

/// What is done with the spatial axes of the feature layer before the head.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// Nothing: `[n, c, h, w]` is flattened to `[n, c*h*w]`.
    None,
    /// The mean over them: `[n, c]`.
    Average,
}

/// The network that a tuned one started from.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// Its name.
    pub name: String,
    /// SHA-256 of its `model.onnx`, 64 hex digits.
    pub sha256: String,
}

impl Network {
    /// Reads a description: a JSON file, or the folder that holds `network.json` or `model.json`.
    pub fn read(path: &Path) -> Result<Self, ZooError> {
        let path = &description_in(path);
        let bytes = fs_err::read(path).map_err(|error| file(path, error))?;
        let network: Self = serde_json::from_slice(&bytes)
            .map_err(|error| ZooError::Description { path: path.clone(), reason: error.to_string() })?;
        network.check().map_err(|reason| ZooError::Description { path: path.clone(), reason })?;
        Ok(network)
    }

    /// The description as JSON text, ending in a new line; the same network gives the same bytes.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| unreachable!("a description holds nothing that JSON cannot: {error}"));
        text + "\n"
    }

    /// Writes the description to `path`.
    pub fn write(&self, path: &Path) -> Result<(), ZooError> {
        fs_err::write(path, self.to_json()).map_err(|error| file(path, error))
    }

    /// Opens the installed network `name` of the data folder: its description and the path of its
    /// model, whose sha256 is checked.
    pub fn open(data: &Path, name: &str) -> Result<(Self, PathBuf), ZooError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(allowed) {
            return Err(ZooError::Name(name.to_owned()));
        }
        let folder = data.join("networks").join(name);
        let path = folder.join(DESCRIPTION);
        if !path.exists() {
            return Err(ZooError::NotInstalled { name: name.to_owned(), path });
        }
        Self::open_folder(&folder)
    }

    /// Opens the network in `folder`, installed or tuned, as [`open`](Self::open) does.
    pub fn open_folder(folder: &Path) -> Result<(Self, PathBuf), ZooError> {
        let network = Self::read(folder)?;
        let model = folder.join(MODEL);
        let bytes = fs_err::read(&model).map_err(|error| file(&model, error))?;
        let found = sha256(&bytes);
        if found != network.sha256 {
            return Err(ZooError::Altered { path: model, expected: network.sha256, found });
        }
        Ok((network, model))
    }

    /// The layer of this name.
    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.name == name)
    }

    /// What must hold beyond the types for the other crates to rely on a description.
    fn check(&self) -> Result<(), String> {
        let input = &self.input;
        if !(1..=4096).contains(&input.size) {
            return Err(format!("input.size is {}, not 1 to 4096", input.size));
        }
        let numbers = [input.mean, input.std, [input.scale; 3]].concat();
        if !numbers.iter().all(|number| number.is_finite()) || input.std.contains(&0.0) {
            return Err("input: scale, mean and std must be finite, and std not 0".to_owned());
        }
        let wanted = [Some(&self.features.layer), self.logits.as_ref(), self.probabilities.as_ref()];
        if let Some(missing) = wanted.into_iter().flatten().find(|name| self.layer(name).is_none()) {
            return Err(format!("`{missing}` is not among the layers"));
        }
        for output in [&self.logits, &self.probabilities].into_iter().flatten() {
            let outputs = self.layer(output).map_or(0, |layer| layer.shape.iter().product());
            if outputs != self.classes.len() {
                return Err(format!("{} classes for the {outputs} outputs of `{output}`", self.classes.len()));
            }
        }
        Ok(())
    }
}

impl InputTransform {
    /// The input tensor `[3, size, size]` of one picture of `size` x `size` pixels.
    pub fn tensor(&self, picture: &RgbImage) -> Array3<f32> {
        let order = match self.channels {
            Channels::Rgb => ChannelOrder::Rgb,
            Channels::Bgr => ChannelOrder::Bgr,
        };
        imaging::tensor::nchw(picture, order, self.scale, self.mean, self.std)
    }

    /// The input tensor `[n, 3, size, size]` of `n` pictures of `size` x `size` pixels each.
    ///
    /// # Panics
    ///
    /// When a picture has another size.
    pub fn batch<'a>(&self, pictures: impl IntoIterator<Item = &'a RgbImage>) -> Array4<f32> {
        let side = self.size as usize;
        let mut batch = Array4::zeros((0, 3, side, side));
        for picture in pictures {
            batch.push(Axis(0), self.tensor(picture).view()).expect("pictures have the input's size");
        }
        batch
    }
}

/// SHA-256 as 64 hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn description_in(path: &Path) -> PathBuf {
    if !path.is_dir() {
        return path.to_owned();
    }
    let tuned = path.join(TUNED_DESCRIPTION);
    if tuned.exists() { tuned } else { path.join(DESCRIPTION) }
}

fn file(path: &Path, error: std::io::Error) -> ZooError {
    ZooError::File { path: path.to_owned(), error }
}
