//! What a convolution is, apart from its numbers.

/// Why a convolution cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What is named (sizes, strides, dilations or a count) is zero.
    #[error("{0} of a convolution is zero")]
    Zero(&'static str),
    /// Channels or filters are not a multiple of the groups.
    #[error("{count} {what} of a convolution cannot be dealt into {groups} groups")]
    Groups {
        /// Channels or filters.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// What does not divide them.
        groups: usize,
    },
    /// The window does not fit into what is read.
    #[error("a convolution's window of {window} is larger than the padded {axis} of {padded}")]
    Window {
        /// Height or width.
        axis: &'static str,
        /// Pixels from the first tap to the last, both counted.
        window: usize,
        /// Pixels of the picture with its padding.
        padded: usize,
    },
    /// A slice's length does not fit the geometry or the other slices.
    #[error("the {what} of a convolution has {found} values, not {expected}")]
    Length {
        /// Weight, bias, input or output.
        what: &'static str,
        /// The values that it must have.
        expected: usize,
        /// Those that it has.
        found: usize,
    },
}

/// What a convolution is, apart from its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Channels that are read.
    pub channels: usize,
    /// Filters: the channels that are written.
    pub filters: usize,
    /// Height and width of a filter, in taps.
    pub kernel: [usize; 2],
    /// Steps down and right between windows, in pixels.
    pub strides: [usize; 2],
    /// Zeros around the picture: top, left, bottom, right (ONNX's order).
    pub pads: [usize; 4],
    /// Pixels from tap to tap, down and right; 1 where taps are neighbours.
    pub dilations: [usize; 2],
    /// Groups of channels, each read by as many filters of its own.
    pub groups: usize,
    /// Height and width of what is read.
    pub size: [usize; 2],
}

impl Geometry {
    /// Height and width of what is written; zero along an axis where no window fits.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            (self.padded(axis) + self.strides[axis]).saturating_sub(self.window(axis)) / self.strides[axis].max(1)
        })
    }

    /// Whether there is such a convolution: nothing is zero, groups divide channels and filters, and a window fits.
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
        for (at, axis) in ["height", "width"].into_iter().enumerate() {
            let (window, padded) = (self.window(at), self.padded(at));
            if window > padded {
                return Err(Error::Window { axis, window, padded });
            }
        }
        Ok(())
    }

    /// Pixels that a window spans along an axis.
    pub(crate) fn window(&self, axis: usize) -> usize {
        (self.kernel[axis].max(1) - 1) * self.dilations[axis] + 1
    }

    /// Pixels with the padding along an axis.
    pub(crate) fn padded(&self, axis: usize) -> usize {
        self.size[axis] + self.pads[axis] + self.pads[axis + 2]
    }

    /// Values of one picture.
    pub(crate) fn read(&self) -> usize {
        self.channels * self.size[0] * self.size[1]
    }

    /// Values written for one picture.
    pub(crate) fn written(&self) -> usize {
        let [height, width] = self.output();
        self.filters * height * width
    }

    /// Values of one filter.
    pub(crate) fn taps(&self) -> usize {
        self.channels / self.groups * self.kernel[0] * self.kernel[1]
    }

    pub(crate) fn expect_weight(&self, found: usize) -> Result<(), Error> {
        expect("weight", self.filters * self.taps(), found)
    }

    pub(crate) fn expect_bias(&self, found: Option<usize>) -> Result<(), Error> {
        found.map_or(Ok(()), |found| expect("bias", self.filters, found))
    }

    /// The number of pictures, where `x` values are read and `y` written, of each picture `written`.
    pub(crate) fn expect_batch(&self, x: usize, y: usize, written: usize) -> Result<usize, Error> {
        let batch = x / self.read();
        expect("input", batch * self.read(), x)?;
        expect("output", batch * written, y)?;
        Ok(batch)
    }
}

pub(crate) fn expect(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Length { what, expected, found }) }
}
