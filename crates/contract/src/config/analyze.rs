//! `[analyze]`.

use std::path::PathBuf;

use pipeline::config::Violation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

/// What is analyzed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Analyze {
    /// Number of images of each class that are analyzed: the best, the worst and the least certain ones first.
    #[default = 3]
    pub pictures_per_class: usize,
    /// Ids of images in `artifacts/preprocess/dataset.csv` to analyze instead.
    pub pictures: Vec<String>,
    /// Image files to analyze instead. They need not belong to the data set.
    pub images: Vec<PathBuf>,
    /// Layers whose feature maps are shown. `[]` selects up to five convolutions from first to last.
    pub layers: Vec<String>,
    /// Statistics of the layers' channels over the data set, and the images with the highest activations.
    pub activations: Activations,
    /// Occlusion sensitivity (Zeiler & Fergus 2013, section 4.2).
    pub occlusion: Occlusion,
    /// Saliency maps for the predicted class and for the label.
    pub maps: Maps,
    /// Two-dimensional embedding of the data set by t-SNE (van der Maaten & Hinton 2008).
    pub tsne: Tsne,
}

/// Statistics of the layers' channels over the data set, and the images with the highest activations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Activations {
    /// Number of images that are listed for each channel: those with the highest activations.
    #[default = 9]
    #[schemars(range(min = 1, max = 100))]
    pub top: usize,
    /// Number of channels of a layer whose images are drawn: those with the highest activations.
    #[default = 12]
    #[schemars(range(min = 1, max = 100))]
    pub shown: usize,
    /// Channels that are drawn instead, by number from 0.
    pub channels: Vec<usize>,
}

/// Occlusion sensitivity (Zeiler & Fergus 2013, section 4.2).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Occlusion {
    /// Side of the square window, in pixels of the network's input.
    #[default = 50]
    #[schemars(range(min = 1))]
    pub patch: usize,
    /// Distance between two windows, in pixels. At most `patch`, so that every pixel is covered.
    #[default = 10]
    #[schemars(range(min = 1))]
    pub stride: usize,
    /// What fills the window.
    pub baseline: Baseline,
    /// Reuses what a window does not change. The results are the same except for rounding.
    #[default = true]
    pub reuse: bool,
}

impl Occlusion {
    pub(super) fn check(&self) -> Result<(), Violation> {
        if self.stride <= self.patch {
            return Ok(());
        }
        Err(Violation {
            key: "analyze.occlusion.stride".to_owned(),
            problem: format!("is {}, and the window has a side of only {} pixels", self.stride, self.patch),
            hint: Some(format!(
                "no window would cover the pixels in between: set a stride of at most {0}, or an analyze.occlusion.patch of \
                 at least {1}",
                self.patch, self.stride
            )),
        })
    }
}

/// What fills the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Baseline {
    /// The mean colour of the network's input transform.
    #[default]
    Mean,
    /// Middle gray.
    Gray,
    /// The blurred image.
    Blur,
    /// Random pixels, drawn once for each image.
    Noise,
}

/// Saliency maps for the predicted class and for the label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Maps {
    /// The methods, in this order. `[]` makes no maps.
    #[default(_code = "vec![Method::Occlusion, Method::Gradcam, Method::Saliency, Method::Guided, Method::Deconvnet]")]
    #[schemars(extend("uniqueItems" = true))]
    pub methods: Vec<Method>,
    /// The layer of Grad-CAM. `""` selects the last convolution.
    pub layer: String,
    /// Steps of the deletion and insertion curves, which measure how faithful a map is. 0 makes no curves.
    #[default = 20]
    #[schemars(range(max = 1000))]
    pub steps: usize,
}

/// A method that computes a saliency map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Occlusion sensitivity.
    Occlusion,
    /// The magnitude of the logit's gradient (Simonyan et al. 2013).
    Saliency,
    /// Guided backpropagation (Springenberg et al. 2014).
    Guided,
    /// The deconvnet (Zeiler & Fergus 2013).
    Deconvnet,
    /// Grad-CAM (Selvaraju et al. 2017).
    Gradcam,
}

impl Method {
    /// Returns the name in the configuration and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Occlusion => "occlusion",
            Self::Saliency => "saliency",
            Self::Guided => "guided",
            Self::Deconvnet => "deconvnet",
            Self::Gradcam => "gradcam",
        }
    }
}

/// Two-dimensional embedding of the data set by t-SNE (van der Maaten & Hinton 2008).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct Tsne {
    /// `"logits"`, or the name of a layer.
    #[default = "logits"]
    #[schemars(length(min = 1))]
    pub layer: String,
    /// Approximate number of neighbours of a point.
    #[default = 30.0]
    #[schemars(range(min = 1.0))]
    pub perplexity: f64,
    /// Steps of gradient descent.
    #[default = 1000]
    #[schemars(range(min = 1, max = 100_000))]
    pub iterations: usize,
    /// The implementation.
    pub engine: TsneEngine,
}

/// An implementation of t-SNE.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TsneEngine {
    /// "linfa" up to 400 images at 1000 iterations (fewer images at more iterations), "grid" for more.
    #[default]
    Auto,
    /// The exact t-SNE of crate `linfa-tsne`, for at most 10,000 images.
    Linfa,
    /// Our engine, which takes time about proportional to the number of images.
    Grid,
}
