//! Trains a model: forward, backward and `AdamW` update of the weights, a batch at a time.

use std::sync::Arc;

use graph::head::PROBABILITIES;
use ndarray::{ArrayD, ArrayViewD, CowArray, IxDyn};
use ort::memory::Allocator;
use ort::operator::OperatorDomain;
use ort::session::{SessionInputValue, SessionOutputs};
use ort::training::Checkpoint;
use ort::value::{TensorRef, TensorRefMut};

use crate::error::said;
use crate::training::TrainingFiles;
use crate::zeros::Zeros;
use crate::{RuntimeError, load, operators, state};

const MODEL: &str = "the training model";

/// What a model makes of a batch with its present weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy of the batch, in nats.
    pub loss: f32,
    /// Probability of each class, `[n, classes]`.
    pub probabilities: ArrayD<f32>,
}

/// A model in training. The same files, steps and number of threads give the same bits.
///
/// The weights live in ONNX Runtime, the optimizer's moments and the number of steps here: the training model updates
/// both where they lie (module `operators`).
pub struct Trainer {
    inner: ort::training::Trainer,
    /// The operators that `inner` calls: it must go first.
    _operators: Arc<OperatorDomain>,
    /// First, then second moments, each in the order of the weights.
    moments: [Zeros; 2],
    steps: i64,
    classes: usize,
    /// What tells the models trained apart from others.
    kind: blake3::Hash,
}

impl Trainer {
    /// Sets up training for `threads` threads; 0 means all cores.
    pub fn new(files: &TrainingFiles, threads: usize) -> Result<Self, RuntimeError> {
        let refused = |message: String| RuntimeError::BadModel { model: MODEL.to_owned(), message };
        let options = load::options(threads).map_err(|error| error.of(MODEL))?;
        let operators = operators::domain().map_err(|error| refused(said(&error)))?;
        let options = options.with_operators(Arc::clone(&operators)).map_err(|error| refused(said(&error)))?;
        let checkpoint = Checkpoint::load_from_buffer(files.checkpoint)
            .map_err(|error| refused(format!("the checkpoint: {}", said(&error))))?;
        let (training, eval) = (files.training_model, files.eval_model);
        let lock = operators::setup_lock();
        // The update of the weights is in the training model: there is no third one.
        let inner =
            ort::training::Trainer::new_from_memory(options, Allocator::default(), checkpoint, training, eval, &[])
                .map_err(|error| refused(said(&error)))?;
        drop(lock);
        let values = told(inner.num_params(false))?;
        let zeros = || Zeros::new(values).map_err(|error| refused(format!("memory for {values} moments: {error}")));
        let moments = [zeros()?, zeros()?];
        let (classes, kind) = (files.classes, state::kind(files));
        Ok(Self { inner, _operators: operators, moments, steps: 0, classes, kind })
    }

    /// Goes on where a trainer of the same files was when [`Trainer::state`] was taken: with the same batches and number
    /// of threads, every loss and weight from here on has the bits that it would have had there.
    ///
    /// # Errors
    /// [`RuntimeError::BadState`] for a state that is damaged, or that is of other files.
    pub fn resume(files: &TrainingFiles, state: &[u8], threads: usize) -> Result<Self, RuntimeError> {
        let mut trainer = Self::new(files, threads)?;
        let (steps, [weights, first, second]) = state::open(state, &trainer.kind, trainer.moments[0].len())?;
        trainer.steps = steps;
        for (moments, saved) in trainer.moments.iter_mut().zip([first, second]) {
            state::read(saved, moments);
        }
        let mut values = vec![0.0; trainer.moments[0].len()];
        state::read(weights, &mut values);
        trainer.set_parameters(&values)?;
        Ok(trainer)
    }

    /// Everything that the next step depends on, to be given to [`Trainer::resume`]: the weights, the optimizer's two
    /// moments of each one, and how many steps there were. Twelve bytes a weight and a short header.
    pub fn state(&self) -> Result<Vec<u8>, RuntimeError> {
        let [first, second] = &self.moments;
        Ok(state::seal(&self.kind, self.steps, [&self.parameters()?, first, second]))
    }

    /// One step of training on a batch. Returns its mean cross-entropy, in nats, before the step: a number that is not
    /// finite where training has diverged, which is for the caller to judge.
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
        let mut inputs = tensors(&arrays)?;
        inputs.extend(self.label_tensor(labels)?);
        let step = [self.steps + 1];
        let rate = [learning_rate];
        let total = self.moments[0].len();
        let [first, second] = self.moments.each_mut();
        let optimizer: [SessionInputValue; 4] = [
            told(TensorRef::from_array_view(([1], rate.as_slice())))?.into(),
            told(TensorRef::from_array_view(([1], step.as_slice())))?.into(),
            told(TensorRefMut::from_array_view_mut(([total], &mut first[..])))?.into(),
            told(TensorRefMut::from_array_view_mut(([total], &mut second[..])))?.into(),
        ];
        let loss = loss_of(&told(self.inner.step(inputs.as_slice(), optimizer))?)?;
        self.steps += 1;
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
        let mut flat = vec![0.0_f32; self.moments[0].len()];
        let mut place = told(TensorRefMut::from_array_view_mut(([flat.len()], flat.as_mut_slice())))?;
        told(self.inner.copy_parameters_to(&mut place, false))?;
        drop(place);
        Ok(flat)
    }

    /// Puts back weights that [`Trainer::parameters`] returned. The optimizer's moments stay.
    pub fn set_parameters(&mut self, parameters: &[f32]) -> Result<(), RuntimeError> {
        let values = self.moments[0].len();
        if values != parameters.len() {
            let message = format!("it has {values} trained parameters, not {}", parameters.len());
            return Err(RuntimeError::Failed { model: MODEL.to_owned(), message });
        }
        let flat = told(TensorRef::from_array_view(([values], parameters)))?;
        told(self.inner.copy_parameters_from(&flat, false))
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

impl std::fmt::Debug for Trainer {
    fn fmt(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
        let weights = self.moments[0].len();
        to.debug_struct("Trainer").field("weights", &weights).field("steps", &self.steps).finish_non_exhaustive()
    }
}
