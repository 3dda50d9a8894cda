//! The files that ONNX Runtime trains from, written without the vendor's Python generator: a model that computes the loss
//! and the gradients and updates the weights, one that computes loss and probabilities, and the weights to start from.
//!
//! The vendor has a model of its own for the update. Its operator there is a good part of a step's time (one thread,
//! four passes over every weight), and it wants each gradient copied to a buffer first. Ours, which crate `runtime` brings along,
//! stands in the training model right behind each gradient.
//!
//! Dropout: each `Dropout` node becomes a multiplication by a mask that is fed in, `mask0`, `mask1`, … in the order of
//! the nodes. A mask holds 0 for what is dropped and `1 / keep` for the rest. The operator's own random numbers live in
//! the runtime's session, where no checkpoint can reach them: with masks from outside, a run that is taken up again ends
//! with the same bytes. The eval model has no dropout.

mod checkpoint;
mod faster;
mod graphs;
mod loss;
mod masks;
mod optimizer;

use std::collections::BTreeMap;

use ndarray::ArrayViewD;

use crate::{Convolutions, Error, Model};
pub use optimizer::AdamW;

/// The name of the training and eval models' loss, a scalar: the mean cross-entropy in nats.
pub const LOSS: &str = "loss";
/// The name of the training and eval models' input of true classes, `int64` `[n]`.
pub const LABELS: &str = "labels";

/// What is to be trained, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The tensor `[n, classes]` whose softmax is the probabilities.
    pub logits: String,
    /// The weights to train; the others stay as they are. `None` for all, without statistics of normalization layers
    /// and settings of operators, which are never trained.
    pub trained: Option<Vec<String>>,
    /// The share of each sample's target that is spread evenly over all classes, in `[0, 1)` (Szegedy et al. 2016,
    /// section 7). 0 for none. The eval model's loss has none.
    pub label_smoothing: f32,
    /// How much the samples of each class count, above 0: the loss is the weighted mean. `None` for all the same. The
    /// eval model's loss is the plain mean.
    pub class_weights: Option<Vec<f32>>,
    /// The optimizer.
    pub optimizer: AdamW,
    /// What share of the learning rate a trained weight has, by its name, at least 0: discriminative fine-tuning (Howard
    /// and Ruder 2018, section 3.2). 1 for those that are not here.
    pub rates: BTreeMap<String, f32>,
    /// Who computes the convolutions of both models, and their gradients.
    pub convolutions: Convolutions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            logits: crate::head::LOGITS.to_owned(),
            trained: None,
            label_smoothing: 0.0,
            class_weights: None,
            optimizer: AdamW::default(),
            rates: BTreeMap::new(),
            convolutions: Convolutions::default(),
        }
    }
}

/// A named tensor and its sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sized {
    /// Its name.
    pub name: String,
    /// Its shape; for what is fed in a batch at a time, the shape of one item.
    pub shape: Vec<usize>,
}

/// Everything that a trainer needs.
#[derive(Clone, Debug)]
pub struct TrainingArtifacts {
    /// Computes loss and gradients and updates the weights. Its inputs, as the trainer counts them:
    /// [`TrainingArtifacts::inputs`], then [`TrainingArtifacts::masks`], then the labels, then the optimizer's: learning
    /// rate, number of the step from 1, first moments and second moments of all [`TrainingArtifacts::parameters`] in a row.
    pub training_model: Vec<u8>,
    /// Computes loss and [`crate::head::PROBABILITIES`] without dropout. Its inputs: [`TrainingArtifacts::inputs`],
    /// then the labels.
    pub eval_model: Vec<u8>,
    /// The weights to start from.
    pub checkpoint: Vec<u8>,
    /// The data inputs, in order, with the shape of one item.
    pub inputs: Vec<Sized>,
    /// The dropout masks, in order, with the shape of one item.
    pub masks: Vec<Sized>,
    /// The trained weights, in the order in which the trainer hands them out as one flat list.
    pub parameters: Vec<Sized>,
}

impl TrainingArtifacts {
    /// Writes the trained weights, as one flat list in the order of [`TrainingArtifacts::parameters`], into a model.
    pub fn apply(&self, flat: &[f32], model: &mut Model) -> Result<(), Error> {
        let sizes: Vec<usize> = self.parameters.iter().map(|sized| sized.shape.iter().product()).collect();
        let total: usize = sizes.iter().sum();
        if flat.len() != total {
            let reason = format!("its trained weights are {total} values, not {}", flat.len());
            return Err(Error::Unsuitable { model: model.label().to_owned(), reason });
        }
        let mut rest = flat;
        for (parameter, size) in self.parameters.iter().zip(sizes) {
            let (values, left) = rest.split_at(size);
            rest = left;
            let values = ArrayViewD::from_shape(parameter.shape.as_slice(), values).map_err(|error| Error::Tensor {
                model: model.label().to_owned(),
                tensor: parameter.name.clone(),
                reason: error.to_string(),
            })?;
            model.set_weight(&parameter.name, &values)?;
        }
        Ok(())
    }
}

/// Makes the training artifacts of a model, usually a [`crate::head::Head`]'s or everything above a cut.
///
/// # Errors
/// An operator between the logits and a trained weight that has no gradient rule: the error names the node and the
/// deepest layer that could be trained.
pub fn artifacts(model: &Model, options: &Options) -> Result<TrainingArtifacts, Error> {
    let part = model.cut(&options.logits)?.modernized()?;
    let plan = graphs::Plan::new(&part, options)?;
    let (training, masks) = graphs::training(&part, &plan, options)?;
    Ok(TrainingArtifacts {
        training_model: training.to_bytes(),
        eval_model: graphs::eval(&part, &plan, options)?.to_bytes(),
        checkpoint: checkpoint::write(&plan.trained),
        inputs: graphs::inputs(&part)?,
        masks,
        parameters: plan.parameters(),
    })
}
