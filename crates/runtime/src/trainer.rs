//! Training of a model: forward pass, backward pass and `AdamW` update, one batch at a time.

use std::sync::Arc;

use graph::head::PROBABILITIES;
use ndarray::{ArrayD, ArrayViewD, CowArray, IxDyn};
use ort::memory::Allocator;
use ort::operator::OperatorDomain;
use ort::session::{SessionInputValue, SessionOutputs};
use ort::training::Checkpoint;
use ort::value::{TensorRef, TensorRefMut};

use crate::error::message_of;
use crate::state::{self, TrainingState};
use crate::training::TrainingFiles;
use crate::zeros::Zeros;
use crate::{RuntimeError, load, operators};

const MODEL: &str = "the training model";

/// The results of a model with its present weights on a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy of the batch, in nats.
    pub loss: f32,
    /// Probability of each class, `[n, classes]`.
    pub probabilities: ArrayD<f32>,
}

/// A model in training. The same files, steps and number of threads give the same bits.
///
/// ONNX Runtime holds the weights. The trainer holds the optimizer's moments and the number of steps. Our own operators in the
/// training model update weights and moments in place (module `operators`).
pub struct Trainer {
    inner: ort::training::Trainer,
    /// The operators that `inner` calls. They must outlive it.
    _operators: Arc<OperatorDomain>,
    /// First and second moments, in the order of the weights.
    moments: [Zeros; 2],
    steps: i64,
    classes: usize,
    /// Hash of the models that it trains.
    models: blake3::Hash,
}

impl Trainer {
    /// Sets up a training with `threads` threads. 0 stands for all cores.
    ///
    /// # Errors
    /// Returns an error when ONNX Runtime rejects a file, and when the memory is too small.
    pub fn new(files: &TrainingFiles, threads: usize) -> Result<Self, RuntimeError> {
        let refused = |message: String| RuntimeError::load(MODEL.to_owned(), message);
        let options = load::options(threads).map_err(|error| error.of(MODEL))?;
        let operators = operators::domain().map_err(|error| refused(message_of(&error)))?;
        let options = options.with_operators(Arc::clone(&operators)).map_err(|error| refused(message_of(&error)))?;
        let checkpoint = Checkpoint::load_from_buffer(files.checkpoint)
            .map_err(|error| refused(format!("the checkpoint: {}", message_of(&error))))?;
        let (training, eval) = (files.training_model, files.eval_model);
        let lock = operators::setup_lock();
        // The training model contains the update of the weights, so there is no optimizer model.
        let inner =
            ort::training::Trainer::new_from_memory(options, Allocator::default(), checkpoint, training, eval, &[])
                .map_err(|error| refused(message_of(&error)))?;
        drop(lock);
        let values = failed(inner.num_params(false))?;
        let zeros = || Zeros::new(values).map_err(|error| refused(format!("memory for {values} moments: {error}")));
        let moments = [zeros()?, zeros()?];
        let (classes, models) = (files.classes, state::models(files));
        Ok(Self { inner, _operators: operators, moments, steps: 0, classes, models })
    }

    /// Continues a training of the same files from a [`Trainer::state`]. With the same batches and number of threads, all
    /// further losses and weights have the bits of a training without interruption.
    ///
    /// # Errors
    /// Returns [`RuntimeError::BadState`] when the state belongs to other files.
    pub fn resume(files: &TrainingFiles, state: &TrainingState, threads: usize) -> Result<Self, RuntimeError> {
        let mut trainer = Self::new(files, threads)?;
        state.check(&trainer.models, trainer.moments[0].len())?;
        trainer.steps = state.steps;
        for (moments, saved) in trainer.moments.iter_mut().zip([&state.first_moments, &state.second_moments]) {
            moments.copy_from_slice(saved);
        }
        trainer.set_parameters(&state.weights)?;
        Ok(trainer)
    }

    /// Returns everything that the next step depends on: the weights, the optimizer's moments and the number of steps.
    ///
    /// # Errors
    /// Returns an error when ONNX Runtime cannot copy the weights.
    pub fn state(&self) -> Result<TrainingState<'_>, RuntimeError> {
        let moments = self.moments.each_ref().map(|moments| &moments[..]);
        Ok(TrainingState::new(self.models, self.steps, self.parameters()?, moments))
    }

    /// Takes a training step on a batch and returns the loss before the step, in nats. The loss is not finite when the training
    /// has diverged.
    ///
    /// `inputs` are the inputs of the training model in order, without the labels: the features, then the masks. `labels` has
    /// one class index for each item.
    ///
    /// # Errors
    /// Returns an error when a label is out of range, when the inputs do not fit the model, and when ONNX Runtime fails.
    pub fn step(
        &mut self,
        inputs: &[ArrayViewD<f32>],
        labels: &[i64],
        learning_rate: f32,
    ) -> Result<f32, RuntimeError> {
        let arrays = contiguous(inputs);
        let mut inputs = tensors(&arrays)?;
        inputs.extend(self.label_tensor(labels)?);
        let step = [self.steps + 1];
        let rate = [learning_rate];
        let total = self.moments[0].len();
        let [first, second] = self.moments.each_mut();
        let optimizer: [SessionInputValue; 4] = [
            failed(TensorRef::from_array_view(([1], rate.as_slice())))?.into(),
            failed(TensorRef::from_array_view(([1], step.as_slice())))?.into(),
            failed(TensorRefMut::from_array_view_mut(([total], &mut first[..])))?.into(),
            failed(TensorRefMut::from_array_view_mut(([total], &mut second[..])))?.into(),
        ];
        let loss = loss_of(&failed(self.inner.step(inputs.as_slice(), optimizer))?)?;
        self.steps += 1;
        Ok(loss)
    }

    /// Returns loss and probabilities of a batch and changes nothing. `inputs` are the inputs of the eval model, without the
    /// labels.
    ///
    /// # Errors
    /// The same as those of [`Trainer::step`].
    pub fn evaluate(&mut self, inputs: &[ArrayViewD<f32>], labels: &[i64]) -> Result<Evaluation, RuntimeError> {
        let arrays = contiguous(inputs);
        let (inputs, labels) = (tensors(&arrays)?, self.label_tensor(labels)?);
        let outputs = failed(self.inner.eval_step(inputs.as_slice(), labels))?;
        let probabilities = outputs.get(PROBABILITIES).ok_or_else(|| RuntimeError::BadModel {
            model: "the eval model".to_owned(),
            message: format!("it has no output `{PROBABILITIES}`"),
        })?;
        let probabilities = failed(probabilities.try_extract_array::<f32>())?.to_owned();
        Ok(Evaluation { loss: loss_of(&outputs)?, probabilities })
    }

    /// Returns the trained weights as one flat list, in the order of the checkpoint.
    ///
    /// # Errors
    /// Returns an error when ONNX Runtime cannot copy the weights.
    pub fn parameters(&self) -> Result<Vec<f32>, RuntimeError> {
        let mut flat = vec![0.0_f32; self.moments[0].len()];
        let mut place = failed(TensorRefMut::from_array_view_mut(([flat.len()], flat.as_mut_slice())))?;
        failed(self.inner.copy_parameters_to(&mut place, false))?;
        drop(place);
        Ok(flat)
    }

    /// Sets the trained weights, as [`Trainer::parameters`] returns them. The optimizer's moments stay.
    ///
    /// # Errors
    /// Returns an error when the number of values is not that of the trained weights.
    pub fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), RuntimeError> {
        let values = self.moments[0].len();
        if values != parameters.len() {
            let message = format!("it has {values} trained parameters, not {}", parameters.len());
            return Err(RuntimeError::Failed { model: MODEL.to_owned(), message });
        }
        let flat = failed(TensorRef::from_array_view(([values], parameters)))?;
        failed(self.inner.copy_parameters_from(&flat, false))
    }

    /// Checks labels and makes a tensor of them. ONNX Runtime does not check them, and would read past the end of a row.
    fn label_tensor<'a>(&self, labels: &'a [i64]) -> Result<[SessionInputValue<'a>; 1], RuntimeError> {
        let known = |label: &i64| usize::try_from(*label).is_ok_and(|label| label < self.classes);
        if let Some(label) = labels.iter().find(|label| !known(label)) {
            let message = format!("label {label} is not one of the {} classes", self.classes);
            return Err(RuntimeError::Failed { model: MODEL.to_owned(), message });
        }
        let tensor = failed(TensorRef::from_array_view(([labels.len()], labels)))?;
        Ok([tensor.into()])
    }
}

/// Makes an error of ONNX Runtime an error of the training.
fn failed<T>(result: ort::Result<T>) -> Result<T, RuntimeError> {
    result.map_err(|error| RuntimeError::run(MODEL.to_owned(), message_of(&error)))
}

fn contiguous<'a>(inputs: &'a [ArrayViewD<f32>]) -> Vec<CowArray<'a, f32, IxDyn>> {
    inputs.iter().map(|input| input.as_standard_layout()).collect()
}

fn tensors<'a>(arrays: &'a [CowArray<f32, IxDyn>]) -> Result<Vec<SessionInputValue<'a>>, RuntimeError> {
    arrays.iter().map(|array| Ok(failed(TensorRef::from_array_view(array.view()))?.into())).collect()
}

/// Returns the first output, which is the loss in both models.
fn loss_of(outputs: &SessionOutputs) -> Result<f32, RuntimeError> {
    match outputs.values().next() {
        Some(loss) => failed(loss.try_extract_scalar::<f32>()),
        None => Err(RuntimeError::BadModel { model: MODEL.to_owned(), message: "it has no output".to_owned() }),
    }
}

impl std::fmt::Debug for Trainer {
    fn fmt(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
        let weights = self.moments[0].len();
        to.debug_struct("Trainer").field("weights", &weights).field("steps", &self.steps).finish_non_exhaustive()
    }
}
