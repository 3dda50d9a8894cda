//! The files of a training.

use graph::{Error, Model};
use ndarray::ArrayViewD;

use super::named_shape::NamedShape;
use super::options::Options;
use super::{checkpoint, graphs};

/// Everything that a trainer needs.
#[derive(Clone, Debug)]
pub struct TrainingArtifacts {
    /// Computes loss and gradients and updates the weights. Its inputs, as the trainer counts them:
    /// [`TrainingArtifacts::inputs`], then [`TrainingArtifacts::masks`], then the labels, then the optimizer's: learning
    /// rate, number of the step from 1, first moments and second moments of all [`TrainingArtifacts::parameters`] in a row.
    pub training_model: Vec<u8>,
    /// Computes loss and [`graph::head::PROBABILITIES`] without dropout. Its inputs: [`TrainingArtifacts::inputs`],
    /// then the labels.
    pub eval_model: Vec<u8>,
    /// The weights to start from.
    pub checkpoint: Vec<u8>,
    /// The data inputs, in order, with the shape of one item.
    pub inputs: Vec<NamedShape>,
    /// The dropout masks, in order, with the shape of one item.
    pub masks: Vec<NamedShape>,
    /// The trained weights, in the order in which the trainer hands them out as one flat list.
    pub parameters: Vec<NamedShape>,
}

/// The files that a [`crate::Trainer`] reads, as bytes.
#[derive(Debug, Clone, Copy)]
pub struct TrainingFiles<'a> {
    /// [`TrainingArtifacts::training_model`].
    pub training_model: &'a [u8],
    /// [`TrainingArtifacts::eval_model`].
    pub eval_model: &'a [u8],
    /// [`TrainingArtifacts::checkpoint`]: the weights to train and no others.
    pub checkpoint: &'a [u8],
    /// Number of classes. Labels are in `0..classes`.
    pub classes: usize,
}

impl TrainingArtifacts {
    /// Returns the files for a trainer of `classes` classes.
    pub fn files(&self, classes: usize) -> TrainingFiles<'_> {
        let Self { training_model, eval_model, checkpoint, .. } = self;
        TrainingFiles { training_model, eval_model, checkpoint, classes }
    }

    /// Writes the trained weights, as one flat list in the order of [`TrainingArtifacts::parameters`], into a model.
    pub fn apply(&self, flat: &[f32], model: &mut Model) -> Result<(), Error> {
        let sizes: Vec<usize> = self.parameters.iter().map(|parameter| parameter.shape.iter().product()).collect();
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

/// Makes the training artifacts of a model, usually a [`graph::head::Head`]'s or everything above a cut.
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
