//! The windows of an occlusion run, and the saliency map of their values.

use kernels::patch::Rect;
use ndarray::{Array2, s};

use crate::Error;

/// Square windows on a square image, one every `stride` pixels along each axis, from the top left corner on.
///
/// They lie as in Captum's `Occlusion`, and every pixel is covered. The last window of a row or column may reach over the edge, and
/// covers only the pixels inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Side of the image, in pixels.
    pub size: usize,
    /// Side of a window, in pixels.
    pub patch: usize,
    /// Pixels from one window to the next.
    pub stride: usize,
    /// Number of windows along each axis.
    pub count: usize,
}

impl Windows {
    /// Returns the windows in an image of `size` x `size` pixels.
    ///
    /// # Errors
    /// Returns an error if the window or the stride is 0 or larger than the image, or if the stride is larger than the window,
    /// which would leave pixels that no window covers.
    pub fn new(size: usize, patch: usize, stride: usize) -> Result<Self, Error> {
        let possible = 1..=size;
        if !possible.contains(&patch) || !possible.contains(&stride) {
            return Err(Error::Windows { size, patch, stride });
        }
        if stride > patch {
            return Err(Error::Gaps { patch, stride });
        }
        let count = (size - patch).div_ceil(stride) + 1;
        Ok(Self { size, patch, stride, count })
    }

    /// Returns the rectangles of all windows, row by row, cut off at the edge of the image.
    pub fn rects(self) -> Vec<Rect> {
        let start = |place: usize| place * self.stride;
        let length = |start: usize| self.patch.min(self.size - start);
        let places = (0..self.count).flat_map(|row| (0..self.count).map(move |column| (row, column)));
        places
            .map(|(row, column)| {
                let (top, left) = (start(row), start(column));
                Rect { top, left, height: length(top), width: length(left) }
            })
            .collect()
    }

    /// Returns the map `[size, size]` of the mean value of the windows that cover each pixel.
    ///
    /// # Panics
    /// Panics if there are not as many values as windows.
    pub fn accumulate(self, values: &[f32]) -> Array2<f32> {
        assert_eq!(values.len(), self.count * self.count, "there is one value for each window");
        let mut sums = Array2::<f64>::zeros((self.size, self.size));
        let mut counts = Array2::<f64>::zeros((self.size, self.size));
        for (rect, value) in self.rects().into_iter().zip(values) {
            let place = s![rect.top..rect.bottom(), rect.left..rect.right()];
            sums.slice_mut(place).mapv_inplace(|sum| sum + f64::from(*value));
            counts.slice_mut(place).mapv_inplace(|count| count + 1.0);
        }
        sums.zip_mut_with(&counts, |sum, count| *sum /= count);
        sums.mapv(|mean| mean as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_agree_with_captum() {
        let windows = Windows::new(224, 50, 10).unwrap();
        assert_eq!(windows.count, 19, "ceil(174 / 10) + 1");
        let rects = windows.rects();
        assert_eq!(rects[18], Rect { top: 0, left: 180, height: 50, width: 44 }, "the last hangs over the edge");
        assert_eq!(Windows::new(224, 32, 8).unwrap().count, 25);
        assert_eq!(Windows::new(50, 50, 10).unwrap().count, 1);
        for (patch, stride) in [(225, 10), (0, 10), (10, 0), (10, 225)] {
            assert!(Windows::new(224, patch, stride).unwrap_err().to_string().contains("from 1 to 224"));
        }
        let error = Windows::new(224, 10, 11).unwrap_err().to_string();
        assert_eq!(error, "windows of 10 pixels every 11 pixels leave gaps");
    }

    #[test]
    fn a_pixel_has_the_mean_of_the_windows_over_it() {
        let windows = Windows::new(5, 3, 2).unwrap();
        let map = windows.accumulate(&[1.0, 2.0, 3.0, 6.0]);
        let near = |found: f32, expected: f32| (found - expected).abs() < 1e-6;
        let places = [([0, 0], 1.0), ([0, 2], 1.5), ([2, 2], 3.0), ([4, 1], 3.0), ([4, 4], 6.0)];
        assert!(places.iter().all(|&(at, expected)| near(map[at], expected)), "{map}");
        let apart = Windows::new(4, 2, 2).unwrap().accumulate(&[1.0, 2.0, 3.0, 4.0]);
        assert!(near(apart.sum(), 40.0), "every window has four pixels of its own");
    }
}
