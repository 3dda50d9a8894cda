//! An array that borrows its values from a file of weights.

use ndarray::{ArrayD, Dimension, IxDyn};

/// The maximum number of axes of an array. It is also NumPy's own limit before version 2.
const MAX_AXES: usize = 32;

/// A `float32` array in a file of weights. Its values stay in the bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightArray<'a> {
    shape: Vec<usize>,
    /// The distance in values between neighbours along each axis.
    strides: Vec<usize>,
    bytes: &'a [u8],
}

impl<'a> WeightArray<'a> {
    /// Makes an array of the little-endian values in `bytes`. If `fortran` is true, the first axis varies fastest.
    ///
    /// # Errors
    /// Returns what does not fit, for example when `bytes` has not exactly 4 bytes per element of `shape`.
    pub(super) fn whole(shape: Vec<usize>, fortran: bool, bytes: &'a [u8]) -> Result<Self, String> {
        let size = size(&shape)?;
        if size != bytes.len() {
            return Err(format!("shape {shape:?} needs {size} bytes, but there are {}", bytes.len()));
        }
        let strides = if fortran { strides(shape.iter()) } else { rows(&shape) };
        Ok(Self { shape, strides, bytes })
    }

    /// Makes an array of the little-endian values in `storage`, whose first value is the one at `offset`. Offset and `strides` count
    /// values.
    ///
    /// # Errors
    /// Returns what does not fit, for example when the last value lies outside `storage`.
    pub(super) fn part(
        shape: Vec<usize>,
        strides: Vec<usize>,
        offset: usize,
        storage: &'a [u8],
    ) -> Result<Self, String> {
        let size = size(&shape)?;
        if strides.len() != shape.len() {
            return Err(format!("shape {shape:?} does not fit the strides {strides:?}"));
        }
        let span = shape
            .iter()
            .zip(&strides)
            .try_fold(0_usize, |span, (axis, stride)| span.checked_add((axis - 1).checked_mul(*stride)?));
        let end = span.and_then(|span| span.checked_add(offset)?.checked_add(1)?.checked_mul(4));
        // The second condition excludes a large array whose elements share few values.
        let fits = |end: &usize| *end <= storage.len() && size <= storage.len();
        let end = end.filter(fits).ok_or_else(|| {
            let held = storage.len() / 4;
            format!("shape {shape:?} with the strides {strides:?} at {offset} is outside of a storage of {held} values")
        })?;
        Ok(Self { shape, strides, bytes: &storage[offset * 4..end] })
    }

    /// Returns the length of each axis, the outermost first. A single number has the shape `[]`.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Copies the values into an array of [`shape`](Self::shape).
    pub fn to_array(&self) -> ArrayD<f32> {
        let stored: Vec<f32> = self.bytes.as_chunks::<4>().0.iter().copied().map(f32::from_le_bytes).collect();
        let shape = IxDyn(&self.shape);
        if self.strides == rows(&self.shape) {
            return ArrayD::from_shape_vec(shape, stored)
                .unwrap_or_else(|error| unreachable!("the number of bytes matches the shape: {error}"));
        }
        ArrayD::from_shape_fn(shape, |index| {
            stored[index.as_array_view().iter().zip(&self.strides).map(|(at, stride)| at * stride).sum::<usize>()]
        })
    }
}

/// Returns the number of bytes of an array.
fn size(shape: &[usize]) -> Result<usize, String> {
    if shape.len() > MAX_AXES {
        return Err(format!("an array of {} axes", shape.len()));
    }
    if shape.contains(&0) {
        return Err("an axis is not a positive length".to_owned());
    }
    let size = shape.iter().try_fold(4_usize, |size, axis| size.checked_mul(*axis));
    size.ok_or_else(|| "the array's size overflows".to_owned())
}

/// Returns the strides of an array whose last axis varies fastest.
fn rows(shape: &[usize]) -> Vec<usize> {
    let mut strides = strides(shape.iter().rev());
    strides.reverse();
    strides
}

/// Returns the strides of `axes`, the fastest first.
fn strides<'s>(axes: impl Iterator<Item = &'s usize>) -> Vec<usize> {
    axes.scan(1, |next, axis| Some(std::mem::replace(next, *next * axis))).collect()
}
