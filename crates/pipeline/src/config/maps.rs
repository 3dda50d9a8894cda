//! `[analyze.occlusion]` and `[analyze.maps]`: which part of a picture carries the decision.

use serde::{Deserialize, Serialize};

/// `[analyze.occlusion]`: Zeiler & Fergus 2013, section 4.2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Occlusion {
    /// Side of the covering square, in pixels of the network's input.
    pub patch: usize,
    /// Step from one position to the next, in pixels.
    pub stride: usize,
    /// What covers.
    pub baseline: Baseline,
    /// Whether what a window does not touch is taken from the uncovered picture, where the network allows it. The answers
    /// are the same but for rounding.
    pub reuse: bool,
}

impl Default for Occlusion {
    fn default() -> Self {
        Self { patch: 50, stride: 10, baseline: Baseline::Mean, reuse: true }
    }
}

/// What covers a part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Baseline {
    /// The mean colour of the network's input transform.
    Mean,
    /// Middle gray.
    Gray,
    /// The picture itself, blurred.
    Blur,
    /// Random pixels, drawn once for each picture.
    Noise,
}

/// `[analyze.maps]`: why this class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Maps {
    /// The methods, none twice; none at all: no maps.
    pub methods: Vec<Method>,
    /// The layer that Grad-CAM looks at; empty: the last convolution's.
    pub layer: String,
    /// Steps of the deletion and insertion curves; 0: no curves.
    pub steps: usize,
}

impl Default for Maps {
    fn default() -> Self {
        let methods = vec![Method::Occlusion, Method::Gradcam, Method::Saliency, Method::Guided, Method::Deconvnet];
        Self { methods, layer: String::new(), steps: 20 }
    }
}

/// A way to ask which part of a picture carries the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Occlusion sensitivity.
    Occlusion,
    /// The size of the logit's gradient (Simonyan et al. 2013).
    Saliency,
    /// Guided backpropagation (Springenberg et al. 2014).
    Guided,
    /// The deconvnet's view (Zeiler & Fergus 2013).
    Deconvnet,
    /// Grad-CAM (Selvaraju et al. 2017).
    Gradcam,
}

impl Method {
    /// Its name in the configuration and in files.
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
