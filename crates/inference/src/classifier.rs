//! A network that names classes.

use std::borrow::Borrow;
use std::path::{Path, PathBuf};

use imaging::RgbImage;
use ndarray::{Array2, ArrayView1, Ix2};
use runtime::Session;
use zoo::Network;

use crate::session::{ImageSession, images_at_once};
use crate::{BATCH, Error};

/// A network with a classifier, ready to run.
#[derive(Debug)]
pub struct Classifier {
    network: Network,
    /// The file of the model, for messages.
    path: PathBuf,
    inner: ImageSession,
    /// Name of the output with the probabilities.
    output: String,
}

impl Classifier {
    /// Opens the model file `model`, which `network` describes, with `threads` threads (0: all cores).
    ///
    /// # Errors
    /// The network has no classifier, the model is not safe to run or does not fit its description, or ONNX Runtime refuses
    /// it.
    pub fn open(network: Network, model: &Path, threads: usize) -> Result<Self, Error> {
        let Some(output) = network.probabilities.clone() else {
            return Err(Error::NoClassifier { network: network.name });
        };
        let path = model.to_owned();
        let model = network.load(model)?.cut(&output)?;
        let inner = ImageSession::new(Session::new(&model, threads)?, &network.input, images_at_once(&model, BATCH));
        Ok(Self { network, path, inner, output })
    }

    /// Returns the description of the network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Computes the probabilities `[n, classes]` of `images` in one run.
    ///
    /// The last bits depend on the number of images. Pass at most [`BATCH`], always in the same division into batches.
    ///
    /// # Errors
    /// An image has another size than the network takes, the run fails, or the model contradicts its description, for example because
    /// the values are not probabilities.
    pub fn probabilities(&mut self, images: &[impl Borrow<RgbImage> + Sync]) -> Result<Array2<f32>, Error> {
        let outputs = self.inner.run(images, images.len())?;
        let found = outputs.into_iter().find(|(name, _)| *name == self.output);
        let (tensor, values) = found.ok_or_else(|| Error::NoOutput { output: self.output.clone() })?;
        let expected = vec![images.len(), self.network.classes.len()];
        if values.shape() != expected {
            return Err(Error::Shape { tensor, found: values.shape().to_vec(), expected });
        }
        let found = values.shape().to_vec();
        let values = values.into_dimensionality::<Ix2>();
        let values = values.map_err(|_| Error::Shape { tensor: tensor.clone(), found, expected })?;
        for row in values.rows() {
            self.check_probabilities(&row, &tensor)?;
        }
        Ok(values)
    }

    /// Checks the values of the output `tensor` for one image. A row with NaN is left to the caller, who knows the image.
    fn check_probabilities(&self, row: &ArrayView1<f32>, tensor: &str) -> Result<(), Error> {
        /// The largest difference that rounding causes, with a wide margin.
        const TOLERANCE: f32 = 1e-2;
        let sum = row.sum();
        let least = row.fold(f32::INFINITY, |least, value| least.min(*value));
        if sum.is_nan() || (least >= -TOLERANCE && (sum - 1.0).abs() <= TOLERANCE) {
            return Ok(());
        }
        Err(Error::NotProbabilities { model: self.path.clone(), tensor: tensor.to_owned(), sum, least })
    }
}
