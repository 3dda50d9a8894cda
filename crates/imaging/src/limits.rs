//! The limits for decoding.

/// The limits for decoding an image. They are checked against the header before the pixels are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The maximum number of pixels, width times height.
    pub max_pixels: u64,
    /// The maximum memory for decoding one image, in bytes.
    pub max_bytes: u64,
}

impl Default for Limits {
    /// Returns limits of 100 megapixels and 512 MiB.
    fn default() -> Self {
        Self { max_pixels: 100_000_000, max_bytes: 512 << 20 }
    }
}

impl Limits {
    /// Returns the limits for the buffers of the crate `image`.
    pub(crate) fn for_decoder(self) -> image::Limits {
        let mut limits = image::Limits::no_limits();
        limits.max_alloc = Some(self.max_bytes);
        limits
    }
}
