//! Maps from gradients of the class's logit: saliency, guided backpropagation, the deconvnet's view and Grad-CAM.

use std::collections::BTreeMap;

use crate::view::Run;
use anyhow::Result;
use attribution::{ScoreGradients, enlarged, grad_cam, greatest_size, last_maps};
use contract::config::Method;
use contract::tables::maps::layer_values_file;
use graph::Rectifier;
use pipeline::HintExt;

use super::{Asked, Map, write_array};
use crate::tuned::Tuned;

/// One network for each way back that is asked for.
pub(super) struct Gradients {
    methods: Vec<Method>,
    /// By the way back; saliency and Grad-CAM share one.
    backward: BTreeMap<usize, ScoreGradients>,
}

/// How a method goes back; `None` for one that does not.
fn way(method: Method) -> Option<(usize, Rectifier)> {
    Some(match method {
        Method::Occlusion => return None,
        Method::Saliency | Method::Gradcam => (0, Rectifier::Slope),
        Method::Guided => (1, Rectifier::Guided),
        Method::Deconvnet => (2, Rectifier::Deconvolution),
    })
}

impl Gradients {
    /// What cannot be had of this network is told and left out.
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
                run.say("gradcam is left out: no convolution of this network has maps of more than one place");
                methods.retain(|method| *method != Method::Gradcam);
            }
        }
        let mut backward = BTreeMap::new();
        for method in &config.methods {
            let Some((place, rectifier)) = way(*method).filter(|_| methods.contains(method)) else { continue };
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
                    methods.retain(|other| way(*other).is_none_or(|(other, _)| other != place));
                }
                Err(error) => {
                    return Err(error).hint("`analyze.maps.layer` names a layer of maps; [] of methods turns maps off");
                }
            }
        }
        Ok(Self { methods, backward })
    }

    /// The maps of `class`, one of `classes`.
    pub(super) fn maps(
        &mut self,
        run: &Run,
        asked: &Asked,
        class: usize,
        classes: usize,
        folder: &str,
    ) -> Result<Vec<Map>> {
        let (_, height, width) = asked.input.dim();
        let mut maps = Vec::new();
        for (place, backward) in &mut self.backward {
            let gradients = backward.compute(asked.input.view(), class, classes)?;
            for method in
                self.methods.iter().copied().filter(|method| way(*method).is_some_and(|(own, _)| own == *place))
            {
                let (values, unit) = match (method, &gradients.layer) {
                    (Method::Gradcam, Some((activations, gradient))) => {
                        let own = grad_cam(activations.view(), gradient.view());
                        write_array(run, &layer_values_file(folder), &own)?;
                        (enlarged(&own, height, width), "evidence for the class, in logits")
                    }
                    (Method::Gradcam, None) => continue,
                    (Method::Saliency, _) => {
                        (greatest_size(gradients.image.view()), "change of the logit a step of input")
                    }
                    (_, _) => (greatest_size(gradients.image.view()), "what passes back, as the logit's change"),
                };
                maps.push(Map { method, values, unit, least: 0.0 });
            }
        }
        Ok(maps)
    }
}
