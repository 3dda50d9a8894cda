//! Trains a model: forward, backward and `AdamW` update of the weights, a batch at a time.

use ndarray::{ArrayD, ArrayViewD, CowArray, IxDyn};
use ort::memory::Allocator;
use ort::session::{SessionInputValue, SessionOutputs};
use ort::training::Checkpoint;
use ort::value::{Tensor, TensorRef};

use crate::error::said;
use crate::{RuntimeError, load};

const MODEL: &str = "the training model";
const PROBABILITIES: &str = "probabilities";

/// The four files that ONNX Runtime trains from, as bytes, and what they do not say.
#[derive(Debug, Clone, Copy)]
pub struct TrainingFiles<'a> {
    /// Graph of loss and gradients.
    pub training_model: &'a [u8],
    /// Graph of loss and [`Evaluation::probabilities`].
    pub eval_model: &'a [u8],
    /// Graph of the weight update.
    pub optimizer_model: &'a [u8],
    /// Starting weights.
    pub checkpoint: &'a [u8],
    /// How many classes the model tells apart; labels are below.
    pub classes: usize,
}

/// What a model makes of a batch with its present weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy of the batch, in nats.
    pub loss: f32,
    /// Probability of each class, `[n, classes]`.
    pub probabilities: ArrayD<f32>,
}

/// A model in training. The same files, steps and number of threads give the same bits.
#[derive(Debug)]
pub struct Trainer {
    inner: ort::training::Trainer,
    classes: usize,
}

impl Trainer {
    /// Sets up training for `threads` threads; 0 means all cores.
    pub fn new(files: &TrainingFiles, threads: usize) -> Result<Self, RuntimeError> {
        let refused = |message: String| RuntimeError::BadModel { model: MODEL.to_owned(), message };
        let options = load::options(threads).map_err(|error| error.of(MODEL))?;
        let checkpoint = Checkpoint::load_from_buffer(files.checkpoint)
            .map_err(|error| refused(format!("the checkpoint: {}", said(&error))))?;
        let inner = ort::training::Trainer::new_from_memory(
            options,
            Allocator::default(),
            checkpoint,
            files.training_model,
            files.eval_model,
            files.optimizer_model,
        )
        .map_err(|error| refused(said(&error)))?;
        Ok(Self { inner, classes: files.classes })
    }

    /// One step of training on a batch. Returns its mean cross-entropy, in nats, before the step.
    ///
    /// `inputs` are the training model's inputs in order, labels left out; `labels` has one class
    /// index a sample.
    pub fn step(
        &mut self,
        inputs: &[ArrayViewD<f32>],
        labels: &[i64],
        learning_rate: f32,
    ) -> Result<f32, RuntimeError> {
        let arrays = contiguous(inputs);
        let (inputs, labels) = (tensors(&arrays)?, self.label_tensor(labels)?);
        let outputs = told(self.inner.step(inputs.as_slice(), labels))?;
        let loss = loss_of(&outputs)?;
        drop(outputs);
        let mut optimizer = self.inner.optimizer();
        told(optimizer.set_lr(learning_rate))?;
        told(optimizer.step())?;
        // Without this the next step would add its gradients to these.
        told(optimizer.reset_grad())?;
        Ok(loss)
    }

    /// Loss and probabilities of a batch, with nothing changed. `inputs` are the eval model's.
    pub fn evaluate(&mut self, inputs: &[ArrayViewD<f32>], labels: &[i64]) -> Result<Evaluation, RuntimeError> {
        let arrays = contiguous(inputs);
        let (inputs, labels) = (tensors(&arrays)?, self.label_tensor(labels)?);
        let outputs = told(self.inner.eval_step(inputs.as_slice(), labels))?;
        let probabilities = outputs.get(PROBABILITIES).ok_or_else(|| RuntimeError::BadModel {
            model: "the eval model".to_owned(),
            message: format!("it has no output `{PROBABILITIES}`"),
        })?;
        let probabilities = told(probabilities.try_extract_array::<f32>())?.to_owned();
        Ok(Evaluation { loss: loss_of(&outputs)?, probabilities })
    }

    /// The trained weights, one after another in the checkpoint's order.
    pub fn parameters(&self) -> Result<Vec<f32>, RuntimeError> {
        let mut flat = self.flat()?;
        told(self.inner.copy_parameters_to(&mut flat, true))?;
        Ok(flat.extract_tensor().1.to_vec())
    }

    /// Puts back weights that [`Trainer::parameters`] returned. The optimizer's moments stay.
    pub fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), RuntimeError> {
        let mut flat = self.flat()?;
        let (_, place) = flat.extract_tensor_mut();
        if place.len() != parameters.len() {
            let message = format!("it has {} trained parameters, not {}", place.len(), parameters.len());
            return Err(RuntimeError::Failed { model: MODEL.to_owned(), message });
        }
        place.copy_from_slice(parameters);
        told(self.inner.copy_parameters_from(&flat, true))
    }

    /// ONNX Runtime does not look whether a label is a class: it reads past the end of the row.
    fn label_tensor<'a>(&self, labels: &'a [i64]) -> Result<[SessionInputValue<'a>; 1], RuntimeError> {
        let known = |label: &i64| usize::try_from(*label).is_ok_and(|label| label < self.classes);
        if let Some(label) = labels.iter().find(|label| !known(label)) {
            let message = format!("label {label} is none of the {} classes", self.classes);
            return Err(RuntimeError::Failed { model: MODEL.to_owned(), message });
        }
        let tensor = told(TensorRef::from_array_view(([labels.len()], labels)))?;
        Ok([tensor.into()])
    }

    /// A tensor with room for all trained weights.
    fn flat(&self) -> Result<Tensor<f32>, RuntimeError> {
        let count = told(self.inner.num_params(true))?;
        told(Tensor::new(&Allocator::default(), [count]))
    }
}

/// Says of an error that it came up in training.
fn told<T>(result: ort::Result<T>) -> Result<T, RuntimeError> {
    result.map_err(|error| RuntimeError::Failed { model: MODEL.to_owned(), message: said(&error) })
}

fn contiguous<'a>(inputs: &'a [ArrayViewD<f32>]) -> Vec<CowArray<'a, f32, IxDyn>> {
    inputs.iter().map(|input| input.as_standard_layout()).collect()
}

fn tensors<'a>(arrays: &'a [CowArray<f32, IxDyn>]) -> Result<Vec<SessionInputValue<'a>>, RuntimeError> {
    arrays.iter().map(|array| Ok(told(TensorRef::from_array_view(array.view()))?.into())).collect()
}

/// The first output of both graphs is the loss.
fn loss_of(outputs: &SessionOutputs) -> Result<f32, RuntimeError> {
    match outputs.values().next() {
        Some(loss) => told(loss.try_extract_scalar::<f32>()),
        None => Err(RuntimeError::BadModel { model: MODEL.to_owned(), message: "it has no output".to_owned() }),
    }
}
