//! An array that borrows its values from the bytes of a pickle.

use ndarray::{ArrayD, IxDyn, ShapeBuilder};

/// A `float32` array in a pickle. Its values stay in the bytes of the pickle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickledArray<'a> {
    shape: Vec<usize>,
    fortran: bool,
    bytes: &'a [u8],
}

impl<'a> PickledArray<'a> {
    /// Makes an array of little-endian values. If `fortran` is true, the first axis varies fastest in `bytes`.
    ///
    /// The caller has checked that `bytes` has 4 bytes per element of `shape`.
    pub(super) fn new(shape: Vec<usize>, fortran: bool, bytes: &'a [u8]) -> Self {
        Self { shape, fortran, bytes }
    }

    /// Returns the length of each axis, the outermost first. A single number has the shape `[]`.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Copies the values into an array of [`shape`](Self::shape).
    pub fn to_array(&self) -> ArrayD<f32> {
        let values = self.bytes.as_chunks::<4>().0.iter().copied();
        let values: Vec<f32> = values.map(f32::from_le_bytes).collect();
        let shape = IxDyn(&self.shape).set_f(self.fortran);
        ArrayD::from_shape_vec(shape, values)
            .unwrap_or_else(|error| unreachable!("the number of bytes matches the shape: {error}"))
    }
}
