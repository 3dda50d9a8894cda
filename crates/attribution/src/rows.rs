//! Outputs of a network as matrices.

use ndarray::{Array2, ArrayD, Ix2};

use crate::Error;

/// Returns the outputs of a batch as `[n, values]`.
pub(crate) fn rows(batch: &ArrayD<f32>) -> Result<Array2<f32>, Error> {
    let count = batch.shape().first().copied().unwrap_or_default();
    let flat = batch.to_owned().into_shape_with_order((count, batch.len() / count.max(1))).map_err(Error::shape)?;
    flat.into_dimensionality::<Ix2>().map_err(Error::shape)
}
