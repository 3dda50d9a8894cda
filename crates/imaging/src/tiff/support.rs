//! The features of TIFF files that are not supported.

use super::directory::{Directory, tag};
use super::reason::unsupported;
use super::samples::Samples;
use crate::DecodeError;

/// The values of the tags that decide whether a file is supported.
pub(super) struct Features<'a> {
    pub directory: &'a Directory<'a>,
    /// `None` for the decoder of the crate `image`.
    pub samples: Option<Samples>,
    pub bits: u32,
    /// The number of samples per pixel.
    pub count: u32,
    pub photometric: u32,
    pub compression: u32,
    pub sample_format: u32,
    /// Whether the samples of a pixel are in separate planes.
    pub planar: bool,
}

impl Features<'_> {
    /// Says which feature of the file is not supported.
    pub fn check(&self) -> Result<(), DecodeError> {
        let kind = match self.photometric {
            0..=3 | 5 | 6 => None,
            4 => Some("a transparency mask".to_owned()),
            8..=10 => Some("colours in CIELAB".to_owned()),
            32844 | 32845 => Some("colours in LogLuv".to_owned()),
            32803 | 34892 => Some("raw data of a camera".to_owned()),
            other => Some(format!("photometric interpretation {other}")),
        };
        if let Some(kind) = kind {
            return Err(unsupported(&kind));
        }
        let compression_name = match self.compression {
            1 | 4 | 5 | 7 | 8 | 32773 | 32946 => None,
            2 | 3 => Some("compression for fax (group 3)"),
            6 => Some("JPEG compression of the old kind"),
            34712 | 33003 | 33005 => Some("JPEG 2000 compression"),
            50000 => Some("Zstandard compression"),
            50001 => Some("WebP compression"),
            34925 => Some("LZMA compression"),
            50002 | 52546 => Some("JPEG XL compression"),
            34887 => Some("LERC compression"),
            _ => Some("an unknown compression"),
        };
        if let Some(name) = compression_name {
            return Err(unsupported(name));
        }
        let Some(samples) = self.samples else {
            return self.check_plain();
        };
        let bits = self.bits;
        let depth = || Err(unsupported(&format!("{bits} bits per sample of this kind of pixels")));
        if self.sample_format != 1 {
            return Err(unsupported("samples that are not unsigned integers"));
        }
        match samples {
            Samples::Palette if self.count != 1 => return Err(unsupported("a palette with further samples")),
            Samples::Palette if !matches!(bits, 1 | 2 | 4 | 8) => return depth(),
            Samples::YCbCr if bits != 8 || self.count != 3 => return depth(),
            Samples::Premultiplied | Samples::RgbWithUnused | Samples::GrayWith { .. } if !matches!(bits, 8 | 16) => {
                return depth();
            }
            _ => {}
        }
        if self.planar {
            return Err(unsupported("separate planes of this kind of pixels"));
        }
        if bits < 8 && self.directory.number(tag::PREDICTOR).is_some_and(|predictor| predictor != 1) {
            return Err(unsupported("a predictor for samples with less than 8 bits"));
        }
        if samples == Samples::YCbCr {
            self.check_ycbcr()?;
        }
        Ok(())
    }

    /// Checks the features of the files that the crate `image` decodes.
    fn check_plain(&self) -> Result<(), DecodeError> {
        let Self { bits, count, photometric, sample_format, .. } = *self;
        let known = match sample_format {
            1 => matches!(bits, 8 | 16) || (photometric < 2 && bits == 1),
            3 => bits == 32 && photometric == 2,
            _ => return Err(unsupported("samples that are not unsigned integers")),
        };
        if !known {
            let kind = if sample_format == 3 { "floating-point numbers with " } else { "" };
            return Err(unsupported(&format!("{kind}{bits} bits per sample")));
        }
        if photometric == 5 && count != 4 {
            return Err(unsupported("CMYK with further samples"));
        }
        Ok(())
    }

    fn check_ycbcr(&self) -> Result<(), DecodeError> {
        let differs = |tag, usual: &[f64]| {
            let found = self.directory.rationals(tag);
            !found.is_empty()
                && (found.len() != usual.len()
                    || found.iter().zip(usual).any(|(found, usual)| (found - usual).abs() > 1.5e-3 * usual.max(1.0)))
        };
        if differs(tag::YCBCR_COEFFICIENTS, &[0.299, 0.587, 0.114])
            || differs(tag::REFERENCE_BLACK_WHITE, &[0.0, 255.0, 128.0, 255.0, 128.0, 255.0])
        {
            return Err(unsupported("YCbCr with other coefficients than those of BT.601"));
        }
        let subsampling = self.directory.numbers(tag::YCBCR_SUBSAMPLING);
        // The streams of JPEG compression have sampling factors of their own.
        if self.compression != 7 && subsampling != [1, 1] {
            return Err(unsupported("YCbCr with subsampling and without JPEG compression"));
        }
        Ok(())
    }
}
