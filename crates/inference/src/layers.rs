//! The values of any tensors of a network.

use std::borrow::Borrow;

use graph::Model;
use imaging::RgbImage;
use ndarray::ArrayD;
use runtime::Session;
use zoo::InputTransform;

use crate::session::{ImageSession, images_at_once};
use crate::{BATCH, Error};

/// A network whose outputs are tensors of one's choice.
#[derive(Debug)]
pub struct Layers {
    inner: ImageSession,
}

impl Layers {
    /// Opens the part of `model` that computes `tensors`, for images that `transform` describes, with `threads` threads
    /// (0: all cores).
    ///
    /// # Errors
    /// The model has no tensor of a name (the message lists the nearest names), or ONNX Runtime refuses the model.
    pub fn open(model: &Model, transform: &InputTransform, tensors: &[&str], threads: usize) -> Result<Self, Error> {
        let part = model.cut_many(tensors)?;
        let session = Session::new(&part, threads)?;
        Ok(Self { inner: ImageSession::new(session, transform, images_at_once(&part, BATCH)) })
    }

    /// Computes the tensors for `images` in one run: an array `[n, ...]` for each, in the order of [`Layers::open`].
    ///
    /// The last bits depend on the number of images. Pass at most [`BATCH`], always in the same division into batches.
    ///
    /// # Errors
    /// An image has another size than the network takes, or the run fails.
    pub fn run(&mut self, images: &[impl Borrow<RgbImage> + Sync]) -> Result<Vec<ArrayD<f32>>, Error> {
        Ok(self.inner.run(images, images.len())?.into_iter().map(|(_, values)| values).collect())
    }
}
