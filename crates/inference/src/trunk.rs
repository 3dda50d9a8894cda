//! The part of a network below a cut, which runs once for each image.

use std::borrow::Borrow;

use graph::Model;
use imaging::RgbImage;
use ndarray::{ArrayD, ArrayViewD, Axis};
use runtime::{Convolutions, Layout, Session};
use zoo::InputTransform;

use crate::Error;
use crate::session::ImageSession;

/// A trunk, ready to run with the operators of crate `runtime`.
#[derive(Debug)]
pub struct Trunk {
    inner: ImageSession,
    /// Images in one run.
    batch: usize,
    /// Name of the output.
    output: String,
}

impl Trunk {
    /// Returns `trunk` with the operators that [`Trunk::open`] runs: convolutions of crate `runtime` wherever they are
    /// faster, and large dense layers.
    ///
    /// The bytes of this model, together with [`runtime::OPERATORS`] and [`Trunk::batch_of`], decide the bits of the
    /// features.
    ///
    /// # Errors
    /// The model cannot be rewritten.
    pub fn rewrite(trunk: &Model) -> Result<Model, Error> {
        Ok(runtime::with_own_operators(trunk, Convolutions::Fastest)?)
    }

    /// Returns how many images the trunk `rewritten` takes in one run.
    pub fn batch_of(rewritten: &Model) -> usize {
        runtime::images_per_run(rewritten)
    }

    /// Opens the trunk `rewritten`, a result of [`Trunk::rewrite`] with one output, for images that `transform`
    /// describes, with `threads` threads (0: all cores).
    ///
    /// # Errors
    /// ONNX Runtime refuses the model.
    pub fn open(rewritten: &Model, transform: &InputTransform, threads: usize) -> Result<Self, Error> {
        let session = Session::with_own_operators(rewritten, threads, Layout::of(rewritten))?;
        let batch = Self::batch_of(rewritten);
        let output = rewritten.outputs().first().copied().unwrap_or_default().to_owned();
        Ok(Self { inner: ImageSession::new(session, transform, batch), batch, output })
    }

    /// Returns how many images [`Trunk::run`] takes.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Computes the features `[n, ...]` of at most [`Trunk::batch`] images.
    ///
    /// The features of an image do not depend on the other images of the batch, nor on their number: the trunk always
    /// runs on [`Trunk::batch`] images and fills up with zeros. ONNX Runtime may choose another kernel for another
    /// number.
    ///
    /// # Errors
    /// An image has another size than the network takes, or the run fails.
    pub fn run(&mut self, images: &[impl Borrow<RgbImage> + Sync]) -> Result<ArrayD<f32>, Error> {
        let outputs = self.inner.run(images, self.batch)?;
        let mut features = self.first(outputs)?;
        features.slice_axis_inplace(Axis(0), (..images.len()).into());
        Ok(features)
    }

    /// Computes the features of tensors `[n, 3, side, side]` as they are, whatever their number.
    ///
    /// # Errors
    /// The run fails.
    pub fn run_tensors(&mut self, tensors: ArrayViewD<f32>) -> Result<ArrayD<f32>, Error> {
        let outputs = self.inner.run_tensors(tensors)?;
        self.first(outputs)
    }

    fn first(&self, outputs: Vec<(String, ArrayD<f32>)>) -> Result<ArrayD<f32>, Error> {
        let first = outputs.into_iter().next();
        first.map(|(_, values)| values).ok_or_else(|| Error::NoOutput { output: self.output.clone() })
    }
}
