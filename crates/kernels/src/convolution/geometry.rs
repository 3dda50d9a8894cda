//! The geometry of a convolution: everything but the values.

use crate::error::{Error, expect_length};

/// The geometry of a convolution: sizes, strides, padding, dilations and groups.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Channels of the input.
    pub channels: usize,
    /// Filters: the channels of the output.
    pub filters: usize,
    /// Height and width of a filter, in taps.
    pub kernel: [usize; 2],
    /// Pixels from one window to the next, down and right.
    pub strides: [usize; 2],
    /// Zeros around the image: top, left, bottom, right (the order of ONNX).
    pub pads: [usize; 4],
    /// Pixels from tap to tap, down and right. 1 means that taps are neighbours.
    pub dilations: [usize; 2],
    /// Groups of channels. Each group is read by `filters / groups` filters of its own.
    pub groups: usize,
    /// Height and width of the input, in pixels.
    pub size: [usize; 2],
}

/// The most values of the input, the filters or the output of one image.
const MOST_VALUES: usize = 1 << 31;

fn pairs_of(geometry: &Geometry) -> [[usize; 2]; 4] {
    [geometry.kernel, geometry.strides, geometry.dilations, geometry.size]
}

impl Geometry {
    /// Returns the height and the width of the output. An axis on which no window fits is zero.
    pub fn output_size(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            (self.padded(axis) + self.strides[axis]).saturating_sub(self.window(axis)) / self.strides[axis].max(1)
        })
    }

    /// Checks that the convolution exists, and that its sizes are not too large for the kernels.
    ///
    /// # Errors
    /// Returns an error if a size, a stride, a dilation or a count is zero, if the groups do not divide channels and filters, if the
    /// window does not fit into the padded input, or if the input, the filters or the output have more than 2^31 values.
    pub fn check(&self) -> Result<(), Error> {
        let counts = [("channels", self.channels), ("filters", self.filters), ("groups", self.groups)];
        let pairs =
            [("kernel", self.kernel), ("strides", self.strides), ("dilations", self.dilations), ("size", self.size)];
        let pairs = pairs.into_iter().flat_map(|(what, pair)| pair.map(|value| (what, value)));
        if let Some((what, _)) = counts.into_iter().chain(pairs).find(|&(_, value)| value == 0) {
            return Err(Error::Zero(what));
        }
        for (what, count) in [("channels", self.channels), ("filters", self.filters)] {
            if !count.is_multiple_of(self.groups) {
                return Err(Error::Groups { what, count, groups: self.groups });
            }
        }
        let single = pairs_of(self).into_iter().flatten().chain(self.pads).chain([self.channels, self.filters]);
        if let Some(value) = single.into_iter().find(|value| *value > MOST_VALUES) {
            return Err(Error::TooLarge { what: "size", values: value as u128 });
        }
        for (at, axis) in ["height", "width"].into_iter().enumerate() {
            let (window, padded) = (self.window(at), self.padded(at));
            if window > padded {
                return Err(Error::Window { axis, window, padded });
            }
        }
        let [height, width] = self.output_size();
        let values = |sizes: [usize; 4]| sizes.iter().map(|size| *size as u128).product::<u128>();
        for (what, values) in [
            ("input", values([self.channels, self.padded(0), self.padded(1), 1])),
            ("filters", values([self.filters, self.channels / self.groups, self.kernel[0], self.kernel[1]])),
            ("output", values([self.filters, height, width, 1])),
        ] {
            if values > MOST_VALUES as u128 {
                return Err(Error::TooLarge { what, values });
            }
        }
        Ok(())
    }

    /// Returns the number of pixels that a window spans along an axis.
    pub(crate) fn window(&self, axis: usize) -> usize {
        (self.kernel[axis].max(1) - 1) * self.dilations[axis] + 1
    }

    /// Returns the number of pixels of the input along an axis, padding included.
    pub(crate) fn padded(&self, axis: usize) -> usize {
        self.size[axis] + self.pads[axis] + self.pads[axis + 2]
    }

    /// Returns the number of values of one input image.
    pub(crate) fn input_len(&self) -> usize {
        self.channels * self.size[0] * self.size[1]
    }

    /// Returns the number of values of the output for one image.
    pub(crate) fn output_len(&self) -> usize {
        let [height, width] = self.output_size();
        self.filters * height * width
    }

    /// Returns the number of values of one filter.
    pub(crate) fn filter_len(&self) -> usize {
        self.channels / self.groups * self.kernel[0] * self.kernel[1]
    }

    pub(crate) fn expect_weight(&self, found: usize) -> Result<(), Error> {
        expect_length("weight", self.filters * self.filter_len(), found)
    }

    pub(crate) fn expect_bias(&self, found: Option<usize>) -> Result<(), Error> {
        found.map_or(Ok(()), |found| expect_length("bias", self.filters, found))
    }

    /// Returns the number of images in an input of `x` values. The output has `y` values, which must be `written` values for each image.
    pub(crate) fn expect_batch(&self, x: usize, y: usize, written: usize) -> Result<usize, Error> {
        let batch = x / self.input_len();
        expect_length("input", batch * self.input_len(), x)?;
        expect_length("output", batch * written, y)?;
        Ok(batch)
    }
}
