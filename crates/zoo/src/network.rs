//! The description of a network: its input, its layers and its outputs.
//!
//! `data/networks/<name>/network.json` and `artifacts/train/model.json` have the same format. A tuned network can therefore be
//! used like an installed one.

use std::path::{Path, PathBuf};

pub use graph::head::Pooling;
use image::RgbImage;
use imaging::tensor::ChannelOrder;
use ndarray::{Array3, Array4, Axis};
use serde::{Deserialize, Serialize};

use crate::ZooError;

/// The most bytes of a description. A thousand classes and layers take about 100 KB.
const MOST_BYTES: u64 = 16 << 20;

/// The file name of an installed network's description.
pub const DESCRIPTION: &str = "network.json";
/// The file name of a tuned network's description.
pub const TUNED_DESCRIPTION: &str = "model.json";
/// The file name of a model. It lies in the folder of its description.
pub const MODEL: &str = "model.onnx";

/// The description of a network: everything that its users need to know.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The name. It is also the name of the folder below `data/networks/`.
    pub name: String,
    /// How an image becomes the input tensor.
    pub input: InputTransform,
    /// The named layers, from input to output.
    pub layers: Vec<Layer>,
    /// The layer below a new head.
    pub features: Features,
    /// The tensor `[n, classes]` before the softmax. A trunk without a classifier has none.
    pub logits: Option<String>,
    /// The tensor `[n, classes]` whose rows add up to 1. A trunk without a classifier has none.
    pub probabilities: Option<String>,
    /// The names of the classes in the order of the outputs. The list is empty for a trunk without a classifier.
    pub classes: Vec<String>,
    /// The origin of the weights, in words.
    pub origin: String,
    /// The SHA-256 of `model.onnx`, 64 hex digits.
    pub sha256: String,
    /// The network that this one was tuned from. An installed network has none.
    pub parent: Option<Parent>,
}

/// The transform from a square image to the input tensor: `(pixel * scale - mean) / std`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct InputTransform {
    /// The name of the input tensor, `[n, 3, size, size]` float32.
    pub tensor: String,
    /// The width and height of the image in pixels, 1 to 4096.
    pub size: u32,
    /// The order of the channels in the tensor.
    pub channels: Channels,
    /// The factor for a pixel's value, which is 0 to 255.
    pub scale: f32,
    /// The mean that is subtracted after scaling, in the tensor's order of channels.
    pub mean: [f32; 3],
    /// The standard deviation that divides the difference, in the tensor's order of channels. No value is 0.
    pub std: [f32; 3],
}

/// The order of the channels in the input tensor.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channels {
    /// Red first.
    #[serde(rename = "RGB")]
    Rgb,
    /// Blue first.
    #[serde(rename = "BGR")]
    Bgr,
}

/// A layer of a network. The model has a tensor of the same name.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// The name, such as `conv1` or `fire2/squeeze1x1`.
    pub name: String,
    /// The ONNX operator that computes the layer, such as `Conv`.
    pub operator: String,
    /// The shape for one image, such as `[64, 55, 55]`.
    pub shape: Vec<usize>,
}

/// The layer below a new head, and how the head reads it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// The name of the layer.
    pub layer: String,
    /// How its spatial axes are reduced.
    pub pool: Pooling,
}

/// The network that a tuned one started from.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// The name of the network.
    pub name: String,
    /// The SHA-256 of its `model.onnx`, 64 hex digits.
    pub sha256: String,
}

impl Network {
    /// Reads a description. `path` is a JSON file, or a folder with `model.json` or `network.json`.
    ///
    /// # Errors
    /// Returns an error when the file cannot be read or its contents are not valid.
    pub fn read(path: &Path) -> Result<Self, ZooError> {
        let path = description_in(path);
        Self::parse(&path, &read_description(&path)?)
    }

    /// Reads a description from the contents of the file `path`.
    pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ZooError> {
        let wrong = |reason| ZooError::Description { path: path.to_owned(), reason };
        let network: Self = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        network.check().map_err(wrong)?;
        Ok(network)
    }

    /// Returns the description as JSON with a newline at the end. The same network gives the same bytes.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self)
            .unwrap_or_else(|error| unreachable!("a description has only values that JSON can represent: {error}"));
        text + "\n"
    }

    /// Writes the description to the file `path`.
    pub fn write(&self, path: &Path) -> Result<(), ZooError> {
        fs_err::write(path, self.to_json()).map_err(|error| file(path, error))
    }

    /// Returns the layer `name`.
    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.name == name)
    }

    /// Checks the conditions that the types do not express. Other crates rely on them.
    fn check(&self) -> Result<(), String> {
        let input = &self.input;
        if !(1..=4096).contains(&input.size) {
            return Err(format!("`input.size` is {}, but must be 1 to 4096", input.size));
        }
        let numbers = [input.mean, input.std, [input.scale; 3]].concat();
        if !numbers.iter().all(|number| number.is_finite()) || input.std.contains(&0.0) {
            return Err("`scale`, `mean` and `std` of `input` must be finite, and `std` must not be 0".to_owned());
        }
        let wanted = [Some(&self.features.layer), self.logits.as_ref(), self.probabilities.as_ref()];
        if let Some(missing) = wanted.into_iter().flatten().find(|name| self.layer(name).is_none()) {
            return Err(format!("`{missing}` is not one of the layers"));
        }
        for output in [&self.logits, &self.probabilities].into_iter().flatten() {
            let shape = self.layer(output).map(|layer| layer.shape.as_slice()).unwrap_or_default();
            let outputs = graph::tensor::count(shape)?;
            if outputs != self.classes.len() {
                return Err(format!(
                    "there are {} classes for the {outputs} outputs of `{output}`",
                    self.classes.len()
                ));
            }
        }
        Ok(())
    }
}

impl InputTransform {
    /// Returns the input tensor `[3, size, size]` of an image of `size` x `size` pixels.
    pub fn tensor(&self, image: &RgbImage) -> Array3<f32> {
        let order = match self.channels {
            Channels::Rgb => ChannelOrder::Rgb,
            Channels::Bgr => ChannelOrder::Bgr,
        };
        imaging::tensor::nchw(image, order, self.scale, self.mean, self.std)
    }

    /// Returns the input tensor `[n, 3, size, size]` of `n` images of `size` x `size` pixels.
    ///
    /// # Panics
    /// Panics when an image has another size.
    pub fn batch<'a>(&self, images: impl IntoIterator<Item = &'a RgbImage>) -> Array4<f32> {
        let side = self.size as usize;
        let mut batch = Array4::zeros((0, 3, side, side));
        for image in images {
            batch.push(Axis(0), self.tensor(image).view()).expect("every image has the size of the input");
        }
        batch
    }
}

/// Reads the file of a description. A pipe at this path would block the process.
pub(crate) fn read_description(path: &Path) -> Result<Vec<u8>, ZooError> {
    let metadata = fs_err::metadata(path).map_err(|error| file(path, error))?;
    if !metadata.is_file() {
        return Err(file(path, std::io::Error::other("not a regular file")));
    }
    if metadata.len() > MOST_BYTES {
        return Err(file(path, std::io::Error::other(format!("it has more than {MOST_BYTES} bytes"))));
    }
    fs_err::read(path).map_err(|error| file(path, error))
}

fn description_in(path: &Path) -> PathBuf {
    if !path.is_dir() {
        return path.to_owned();
    }
    let tuned = path.join(TUNED_DESCRIPTION);
    if tuned.exists() { tuned } else { path.join(DESCRIPTION) }
}

pub(crate) fn file(path: &Path, error: std::io::Error) -> ZooError {
    ZooError::File { path: path.to_owned(), error }
}
