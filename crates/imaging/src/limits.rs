//! How large a picture may be before it is refused unread.

/// Limits checked against what a picture's header claims, before anything is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels a picture may have, width times height.
    pub max_pixels: u64,
    /// The most memory, in bytes, that decoding one picture may take.
    pub max_bytes: u64,
}

impl Default for Limits {
    /// 100 megapixels and 512 MiB.
    fn default() -> Self {
        Self { max_pixels: 100_000_000, max_bytes: 512 << 20 }
    }
}

impl Limits {
    /// The same limits in the words of the `image` crate, which watches its own buffers by them.
    pub(crate) fn for_decoder(self) -> image::Limits {
        let mut limits = image::Limits::no_limits();
        limits.max_alloc = Some(self.max_bytes);
        limits
    }
}
