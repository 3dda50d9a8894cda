//! The files of a training.

use graph::{Error, Model};
use ndarray::ArrayViewD;

use super::named_shape::NamedShape;
use super::options::Options;
use super::{checkpoint, graphs};

/// Everything that a training needs.
#[derive(Clone, Debug)]
pub struct TrainingArtifacts {
    /// The model that computes loss and gradients and updates the weights. Its inputs are [`TrainingArtifacts::inputs`],
    /// [`TrainingArtifacts::masks`], the labels, the learning rate, the number of the step from 1, and the first moments and
    /// second moments of all [`TrainingArtifacts::parameters`] in a row.
    pub training_model: Vec<u8>,
    /// The model that computes the loss and [`graph::head::PROBABILITIES`] without dropout. Its inputs are
    /// [`TrainingArtifacts::inputs`] and the labels.
    pub eval_model: Vec<u8>,
    /// The checkpoint of ONNX Runtime with the weights to start from.
    pub checkpoint: Vec<u8>,
    /// The inputs for data, in order, with the shape of one item.
    pub inputs: Vec<NamedShape>,
    /// The dropout masks, in order, with the shape of one item.
    pub masks: Vec<NamedShape>,
    /// The trained weights, in the order of [`crate::Trainer::parameters`].
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

    /// Writes the trained weights into a model. `flat` is the list of [`crate::Trainer::parameters`].
    ///
    /// # Errors
    /// Returns an error when the number of values is wrong, and when the model lacks one of the weights.
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

/// Makes the files for the training of a model: of a [`graph::head::Head`], or of everything above a cut.
///
/// # Errors
/// Returns an error when
/// - the logits do not have the shape `[n, classes]`,
/// - there is no weight to train, or a listed weight is unknown or a setting of an operator,
/// - label smoothing or a class weight is out of range, or the number of class weights is not that of the classes,
/// - an operator between the logits and a trained weight has no gradient rule. The error names the node and the deepest layer
///   that can be tuned.
pub fn artifacts(model: &Model, options: &Options) -> Result<TrainingArtifacts, Error> {
    let part = model.cut(&options.logits)?.modernized()?;
    let target = graphs::Target::new(&part, options)?;
    let (training, masks) = graphs::training(&part, &target, options)?;
    Ok(TrainingArtifacts {
        training_model: training.to_bytes(),
        eval_model: graphs::eval(&part, &target, options)?.to_bytes(),
        checkpoint: checkpoint::write(&target.trained),
        inputs: graphs::inputs(&part)?,
        masks,
        parameters: target.parameters(),
    })
}
