//! Saliency maps from gradients of a logit: saliency, guided backpropagation, deconvnet and Grad-CAM.

use std::collections::BTreeMap;

use crate::view::Run;
use anyhow::Result;
use attribution::{ScoreGradients, enlarged, grad_cam, greatest_size, last_maps};
use contract::config::Method;
use contract::tables::maps::layer_values_file;
use graph::Rectifier;
use pipeline::HintExt;

use super::saliency_map::{SaliencyMap, Subject, write_array};
use crate::tuned::Tuned;

/// The networks that compute the gradients: one for each backward pass of the configured methods.
pub(super) struct Gradients {
    methods: Vec<Method>,
    /// The networks by the number of the backward pass ([`backward_pass`]).
    backward: BTreeMap<usize, ScoreGradients>,
}

/// Returns the number of the backward pass of a method and its rule for `Relu`, or `None` for a method without gradients.
///
/// Saliency and Grad-CAM share a backward pass.
fn backward_pass(method: Method) -> Option<(usize, Rectifier)> {
    Some(match method {
        Method::Occlusion => return None,
        Method::Saliency | Method::Gradcam => (0, Rectifier::Slope),
        Method::Guided => (1, Rectifier::Guided),
        Method::Deconvnet => (2, Rectifier::Deconvolution),
    })
}

impl Gradients {
    /// Opens the networks for the configured methods.
    ///
    /// A method that the network does not allow causes a message and is left out.
    pub(super) fn open(run: &Run, tuned: &Tuned) -> Result<Self> {
        let config = &run.config.analyze.maps;
        let logits = tuned.logits()?;
        let mut methods = config.methods.clone();
        let mut layer = None;
        if methods.contains(&Method::Gradcam) {
            layer = Some(config.layer.clone())
                .filter(|layer| !layer.is_empty())
                .or_else(|| last_maps(&tuned.model, logits));
            if layer.is_none() {
                run.say("gradcam is left out: no convolution of this network has feature maps of more than one pixel");
                methods.retain(|method| *method != Method::Gradcam);
            }
        }
        let mut backward = BTreeMap::new();
        for method in &config.methods {
            let Some((place, rectifier)) = backward_pass(*method).filter(|_| methods.contains(method)) else {
                continue;
            };
            if backward.contains_key(&place) {
                continue;
            }
            let layer = layer.as_deref().filter(|_| rectifier == Rectifier::Slope);
            match ScoreGradients::new(&tuned.model, logits, layer, rectifier, run.threads()) {
                Ok(ready) => {
                    backward.insert(place, ready);
                }
                Err(attribution::Error::Graph(error @ graph::Error::Gradient { .. })) => {
                    run.warn(&format!("{} is left out: {error}", method.name()));
                    methods.retain(|other| backward_pass(*other).is_none_or(|(other, _)| other != place));
                }
                Err(error) => {
                    let is_layer = matches!(
                        error,
                        attribution::Error::Graph(graph::Error::UnknownTensor { .. } | graph::Error::Tensor { .. })
                    );
                    return Err(error).hint(if is_layer {
                        "`analyze.maps.layer` names a layer with feature maps; `analyze.maps.methods = []` turns maps off"
                    } else {
                        "`analyze.maps.methods = []` turns maps off"
                    });
                }
            }
        }
        Ok(Self { methods, backward })
    }

    /// Computes the maps for `class`. The network has `classes` classes.
    pub(super) fn maps(
        &mut self,
        run: &Run,
        subject: &Subject,
        class: usize,
        classes: usize,
        folder: &str,
    ) -> Result<Vec<SaliencyMap>> {
        let (_, height, width) = subject.input.dim();
        let mut maps = Vec::new();
        for (place, backward) in &mut self.backward {
            let gradients = backward.compute(subject.input.view(), class, classes)?;
            for method in self
                .methods
                .iter()
                .copied()
                .filter(|method| backward_pass(*method).is_some_and(|(own, _)| own == *place))
            {
                let (values, quantity) = match (method, &gradients.layer) {
                    (Method::Gradcam, Some((activations, gradient))) => {
                        let own = grad_cam(activations.view(), gradient.view());
                        write_array(run, &layer_values_file(folder), &own)?;
                        (enlarged(&own, height, width), "contribution to the logit")
                    }
                    (Method::Gradcam, None) => continue,
                    (Method::Saliency, _) => {
                        (greatest_size(gradients.image.view()), "change of the logit per unit of input")
                    }
                    (_, _) => (
                        greatest_size(gradients.image.view()),
                        "size of the backward signal, in logits per unit of input",
                    ),
                };
                maps.push(SaliencyMap { method, values, quantity, full_colour: 0.0 });
            }
        }
        Ok(maps)
    }
}
