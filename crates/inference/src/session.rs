//! A session whose only input is a batch of images.

use std::borrow::Borrow;

use imaging::RgbImage;
use ndarray::{Array4, ArrayD, ArrayViewD, Axis, s};
use rayon::prelude::*;
use runtime::Session;
use zoo::InputTransform;

use crate::Error;

#[derive(Debug)]
pub(crate) struct ImageSession {
    session: Session,
    transform: InputTransform,
    /// The input of the last run, `[n, 3, side, side]`. It is reused, because the first write to new memory is slow.
    input: Array4<f32>,
}

impl ImageSession {
    /// Wraps `session`, whose input `transform` describes. `capacity` is the usual number of images in a run.
    pub(crate) fn new(session: Session, transform: &InputTransform, capacity: usize) -> Self {
        let side = transform.size as usize;
        Self { session, transform: transform.clone(), input: Array4::zeros((capacity, 3, side, side)) }
    }

    /// Computes all outputs, in the model's order, for `images` followed by black ones up to `count` images.
    ///
    /// "Black" is a tensor of zeros, which is the mean colour of the network's own training images.
    pub(crate) fn run(
        &mut self,
        images: &[impl Borrow<RgbImage> + Sync],
        count: usize,
    ) -> Result<Vec<(String, ArrayD<f32>)>, Error> {
        let side = self.transform.size;
        for (place, image) in images.iter().enumerate() {
            let (width, height) = image.borrow().dimensions();
            if (width, height) != (side, side) {
                return Err(Error::Size { image: format!("image {place} of the batch"), width, height, side });
            }
        }
        let count = count.max(images.len());
        if self.input.len_of(Axis(0)) < count {
            self.input = Array4::zeros((count, 3, side as usize, side as usize));
        }
        let mut places: Vec<_> = self.input.axis_iter_mut(Axis(0)).take(count).collect();
        places.par_iter_mut().enumerate().for_each(|(place, tensor)| match images.get(place) {
            Some(image) => tensor.assign(&self.transform.tensor(image.borrow())),
            None => tensor.fill(0.0),
        });
        let input = self.input.slice(s![..count, .., .., ..]);
        Ok(self.session.run(&[(&self.transform.tensor, input.into_dyn())])?)
    }

    /// Computes all outputs, in the model's order, for tensors `[n, 3, side, side]`.
    pub(crate) fn run_tensors(&mut self, tensors: ArrayViewD<f32>) -> Result<Vec<(String, ArrayD<f32>)>, Error> {
        Ok(self.session.run(&[(&self.transform.tensor, tensors)])?)
    }
}
