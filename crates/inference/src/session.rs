//! A session whose only input is a batch of images.

use std::borrow::Borrow;

use graph::Model;
use imaging::RgbImage;
use ndarray::{Array4, ArrayD, ArrayViewD, Axis, s};
use rayon::prelude::*;
use runtime::Session;
use zoo::InputTransform;

use crate::Error;

/// Returns how many images a session of `model` takes at once, at most `most`. The tensors of the images together take about
/// 1 GiB at most.
pub(crate) fn images_at_once(model: &Model, most: usize) -> usize {
    runtime::fitting(model, most)
}

#[derive(Debug)]
pub(crate) struct ImageSession {
    session: Session,
    transform: InputTransform,
    /// The input of the last run, `[n, 3, side, side]`. It is reused, because the first write to new memory is slow.
    input: Array4<f32>,
}

impl ImageSession {
    /// Wraps `session`, whose input `transform` describes. `capacity` is the most images in one run of it.
    pub(crate) fn new(session: Session, transform: &InputTransform, capacity: usize) -> Self {
        let side = transform.size as usize;
        Self { session, transform: transform.clone(), input: Array4::zeros((capacity.max(1), 3, side, side)) }
    }

    /// Computes all outputs, in the model's order, for `images`, filled up to `count` images with tensors of zeros.
    ///
    /// A tensor of zeros is an image in the mean colour of the images that the network was pre-trained on.
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
        let most = self.input.len_of(Axis(0));
        let mut whole = self.run_at_once(images.get(..most).unwrap_or(images), count.min(most))?;
        for first in (most..count).step_by(most) {
            let some = images.get(first..images.len().min(first + most)).unwrap_or_default();
            let more = self.run_at_once(some, most.min(count - first))?;
            for ((name, values), (_, more)) in whole.iter_mut().zip(more) {
                // Outputs without a batch axis are the same in every run.
                if values.ndim() > 0 {
                    let found = more.shape().to_vec();
                    let (tensor, expected) = (name.clone(), values.shape().to_vec());
                    values.append(Axis(0), more.view()).map_err(|_| Error::Shape { tensor, found, expected })?;
                }
            }
        }
        Ok(whole)
    }

    /// Computes all outputs for at most as many images as fit into one run.
    fn run_at_once(
        &mut self,
        images: &[impl Borrow<RgbImage> + Sync],
        count: usize,
    ) -> Result<Vec<(String, ArrayD<f32>)>, Error> {
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use graph::builder::{Builder, Node};
    use zoo::Channels;

    use super::*;

    #[test]
    fn several_small_runs_give_the_values_of_one_large_run() {
        runtime::load(&testkit::runtime_library()).unwrap();
        let mut net = Builder::new("halves");
        net.batch_input("input", &[3, 8, 8]);
        net.node(Node::new("Sigmoid", "output").inputs(["input"]));
        let model = net.finish(&["output"]).unwrap();
        let transform = InputTransform {
            tensor: "input".to_owned(),
            size: 8,
            channels: Channels::Rgb,
            scale: 1.0 / 255.0,
            mean: [0.0; 3],
            std: [1.0; 3],
        };
        let images: Vec<RgbImage> = (0..5).map(|at| testkit::images::draw("disc", at, 8)).collect();
        let run = |capacity: usize, count: usize| {
            let session = Session::new(&model, 1).unwrap();
            ImageSession::new(session, &transform, capacity).run(&images, count).unwrap().remove(0).1
        };
        let whole = run(16, 5);
        assert_eq!(whole.shape(), [5, 3, 8, 8]);
        for capacity in 1..=5 {
            assert_eq!(run(capacity, 5), whole, "{capacity} at once");
            // Three tensors of zeros follow the images.
            assert_eq!(run(capacity, 8), run(16, 8), "{capacity} at once");
        }
    }
}
