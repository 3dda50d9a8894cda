//! Images as `data:` URIs, so that a page needs no other file.

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ExtendedColorType, ImageEncoder, RgbImage, codecs::jpeg::JpegEncoder, codecs::png};
use std::fmt;

use crate::ReportError;

/// An image inside a `data:` URI, with its size in pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct DataUri {
    uri: String,
    width: u32,
    height: u32,
}

impl DataUri {
    /// Encodes `image` as JPEG with a `quality` in `1..=100`. JPEG is suitable for photographs.
    ///
    /// # Errors
    /// Returns an error when the image has no pixels or is too large for JPEG.
    pub fn jpeg(image: &RgbImage, quality: u8) -> Result<Self, ReportError> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image)?;
        Ok(Self::new("image/jpeg", &bytes, image.dimensions()))
    }

    /// Encodes `image` as PNG. PNG is suitable for filters and other images with hard edges.
    ///
    /// # Errors
    /// Returns an error when the image has no pixels.
    pub fn png(image: &RgbImage) -> Result<Self, ReportError> {
        let mut bytes = Vec::new();
        png::PngEncoder::new_with_quality(&mut bytes, png::CompressionType::Best, png::FilterType::Adaptive)
            .write_image(image, image.width(), image.height(), ExtendedColorType::Rgb8)?;
        Ok(Self::new("image/png", &bytes, image.dimensions()))
    }

    fn new(kind: &str, bytes: &[u8], (width, height): (u32, u32)) -> Self {
        Self { uri: format!("data:{kind};base64,{}", STANDARD.encode(bytes)), width, height }
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }
}

impl fmt::Display for DataUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

impl fmt::Debug for DataUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataUri({}x{}, {} bytes)", self.width, self.height, self.uri.len())
    }
}
