//! Running a model with named arrays.

use graph::Model;
use ndarray::{ArrayD, ArrayViewD, CowArray, IxDyn};
use ort::session::SessionInputValue;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::{Outlet, TensorElementType, TensorRef, ValueType};

use crate::error::message_of;
use crate::{RuntimeError, load, operators};

/// A model that is ready to run. The same model, inputs and number of threads give the same bits.
#[derive(Debug)]
pub struct Session {
    inner: ort::session::Session,
    model: String,
}

/// The memory layout of images between ONNX Runtime's operators, in a session with our own operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Blocks of channels where ONNX Runtime supports them. This is the fastest layout for its own convolutions.
    Blocked,
    /// `[n, c, h, w]`, the layout of our operators.
    Plain,
}

impl Layout {
    /// Returns the faster layout for `model`.
    ///
    /// The layout is plain when all convolutions are ours. With blocks, ONNX Runtime would then convert the layout before and
    /// after every pooling between them.
    pub fn of(model: &Model) -> Self {
        if model.has_operator("Conv") { Self::Blocked } else { Self::Plain }
    }
}

impl Session {
    /// Opens a model for `threads` threads. 0 stands for all cores.
    ///
    /// A session opens only a [`Model`] and never bytes or a file, because a model has passed the checks that ONNX Runtime relies on.
    ///
    /// # Errors
    /// Returns an error when ONNX Runtime does not accept the model, or when an input or output does not hold 32-bit floats.
    pub fn new(model: &Model, threads: usize) -> Result<Self, RuntimeError> {
        let mut options = load::options(threads).map_err(|error| error.of(model.label()))?;
        let inner = options.commit_from_memory(&model.to_bytes());
        Self::of(inner, model.label().to_owned())
    }

    /// Opens a model that contains our own operators ([`crate::with_own_operators`]), for `threads` threads.
    ///
    /// # Errors
    /// The same as those of [`Session::new`].
    pub fn with_own_operators(model: &Model, threads: usize, layout: Layout) -> Result<Self, RuntimeError> {
        let label = model.label().to_owned();
        let refused = |message: String| RuntimeError::load(label.clone(), message);
        let options = load::options(threads).map_err(|error| error.of(&label))?;
        // The session keeps the operators alive.
        let operators = operators::domain().map_err(|error| refused(message_of(&error)))?;
        let options = options.with_operators(operators).map_err(|error| refused(message_of(&error)))?;
        let level = match layout {
            Layout::Blocked => GraphOptimizationLevel::All,
            Layout::Plain => GraphOptimizationLevel::Level2,
        };
        let options = options.with_optimization_level(level);
        let mut options = options.map_err(|error| refused(message_of(&error)))?;
        let bytes = model.to_bytes();
        let lock = operators::setup_lock();
        let inner = options.commit_from_memory(&bytes);
        drop(lock);
        Self::of(inner, label)
    }

    fn of(inner: ort::Result<ort::session::Session>, model: String) -> Result<Self, RuntimeError> {
        let inner = inner.map_err(|error| RuntimeError::load(model.clone(), message_of(&error)))?;
        for outlet in inner.inputs().iter().chain(inner.outputs()) {
            match outlet.dtype() {
                ValueType::Tensor { ty: TensorElementType::Float32, .. } => {}
                other => {
                    let tensor = outlet.name().to_owned();
                    return Err(RuntimeError::OtherType { model, tensor, found: other.to_string() });
                }
            }
        }
        Ok(Self { inner, model })
    }

    /// Returns the names of the inputs, in the order of the model.
    pub fn input_names(&self) -> Vec<&str> {
        self.inner.inputs().iter().map(Outlet::name).collect()
    }

    /// Returns the names of the outputs, in the order of the model.
    pub fn output_names(&self) -> Vec<&str> {
        self.inner.outputs().iter().map(Outlet::name).collect()
    }

    /// Computes all outputs, in the order of the model. `inputs` contains every input of the model once, in any order.
    ///
    /// # Errors
    /// Returns an error when the inputs are not those of the model, and when the run fails.
    pub fn run(&mut self, inputs: &[(&str, ArrayViewD<f32>)]) -> Result<Vec<(String, ArrayD<f32>)>, RuntimeError> {
        self.run_with(inputs, |outputs| {
            outputs.iter().map(|(name, array)| ((*name).to_owned(), array.to_owned())).collect()
        })
    }

    /// Computes all outputs and passes them to `read` without a copy: names and arrays, in the order of the model.
    ///
    /// # Errors
    /// The same as those of [`Session::run`].
    pub fn run_with<R>(
        &mut self,
        inputs: &[(&str, ArrayViewD<f32>)],
        read: impl FnOnce(&[(&str, ArrayViewD<f32>)]) -> R,
    ) -> Result<R, RuntimeError> {
        self.check_names(inputs)?;
        let failed = |error: ort::Error| RuntimeError::run(self.model.clone(), message_of(&error));
        let arrays: Vec<CowArray<f32, IxDyn>> = inputs.iter().map(|(_, array)| array.as_standard_layout()).collect();
        let mut values: Vec<(&str, SessionInputValue)> = Vec::with_capacity(inputs.len());
        for ((name, _), array) in inputs.iter().zip(&arrays) {
            values.push((name, TensorRef::from_array_view(array.view()).map_err(failed)?.into()));
        }
        let outputs = self.inner.run(values).map_err(failed)?;
        let values: Vec<_> = outputs.iter().collect();
        let arrays: Result<Vec<_>, RuntimeError> =
            values.iter().map(|(name, value)| Ok((*name, value.try_extract_array::<f32>().map_err(failed)?))).collect();
        Ok(read(&arrays?))
    }

    fn check_names(&self, inputs: &[(&str, ArrayViewD<f32>)]) -> Result<(), RuntimeError> {
        let mut given: Vec<&str> = inputs.iter().map(|(name, _)| *name).collect();
        let mut expected = self.input_names();
        given.sort_unstable();
        expected.sort_unstable();
        if given == expected {
            return Ok(());
        }
        Err(RuntimeError::OtherInputs { model: self.model.clone(), expected: list(&expected), given: list(&given) })
    }
}

/// Returns names as text: "`a`, `b`".
fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
