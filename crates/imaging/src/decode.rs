//! Decodes untrusted bytes to an image.

use std::io;
use std::path::Path;

use image::{DynamicImage, GrayImage, RgbImage};

use crate::color::Profile;
use crate::guard::guarded;
use crate::header::{self, Header, Opened};
use crate::{DecodeError, Format, Limits, ReadError, convert, jpeg};

/// Decodes the image in `bytes` to 8-bit sRGB and applies its EXIF orientation.
///
/// The content determines the format. The header is checked against the limits before the pixels are decoded. Gray, palette, 16-bit, CMYK
/// and YCCK images are converted. An ICC profile is applied with the perceptual intent. Samples count as sRGB when there is no profile,
/// when it is damaged, or when it is for another kind of samples. Transparent pixels are blended with white. The first frame of an
/// animation is used.
///
/// # Errors
/// Returns an error when `bytes` are not a supported image, exceed a limit, or are damaged or incomplete.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<RgbImage, DecodeError> {
    let format = header::format_of(bytes)?;
    guarded(format, || {
        let Opened { header, profile, decoder } = header::open(bytes, format, limits)?;
        let profile = profile.bytes().and_then(|bytes| Profile::read(&bytes, format));
        let inks = profile.as_ref().is_some_and(Profile::is_cmyk);
        let mut pixels = decoder.pixels(format, limits, inks)?;
        if let Some(profile) = profile {
            pixels = profile.apply(pixels)?;
        }
        let mut upright = DynamicImage::ImageRgb8(convert::to_rgb(pixels));
        upright.apply_orientation(header.orientation);
        Ok(upright.into_rgb8())
    })
}

/// Decodes only the luma (ITU-R BT.601, 0 to 255) of the JPEG image in `bytes` and applies the orientation.
///
/// `header` is the result of [`crate::inspect`] for `bytes`. The result is `None` for other formats, for JPEG files that do not store the
/// luma as a component, and for files with a colour profile other than sRGB. The function decodes no colours, which saves most of the time.
///
/// # Errors
/// Returns the same errors as [`decode`].
pub(crate) fn decode_luma(bytes: &[u8], header: &Header) -> Result<Option<GrayImage>, DecodeError> {
    if header.format != Format::Jpeg {
        return Ok(None);
    }
    guarded(header.format, || {
        let survey = jpeg::survey(bytes);
        if survey.profile().and_then(|parts| Profile::read(&parts.concat(), Format::Jpeg)).is_some() {
            return Ok(None);
        }
        let Some(image) = jpeg::luma(bytes, &survey)? else { return Ok(None) };
        let mut upright = DynamicImage::ImageLuma8(image);
        upright.apply_orientation(header.orientation);
        Ok(Some(upright.into_luma8()))
    })
}

/// Reads the file `path` and decodes it like [`decode`].
///
/// # Errors
/// Returns an error that names the file. A file that is larger than the memory limit is not read.
pub fn read(path: &Path, limits: &Limits) -> Result<RgbImage, ReadError> {
    let file = |source| ReadError::File { path: path.to_owned(), source };
    let content = |source| ReadError::Content { path: path.to_owned(), source };
    let found = std::fs::metadata(path).map_err(file)?;
    if !found.is_file() {
        // A pipe would wait forever, and a device such as /dev/zero never ends.
        return Err(file(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a folder, pipe, socket or device, not a file",
        )));
    }
    let size = found.len();
    if size > limits.max_bytes {
        return Err(content(DecodeError::TooMuchMemory { needed: Some(size), limit: limits.max_bytes }));
    }
    let bytes = std::fs::read(path).map_err(file)?;
    decode(&bytes, limits).map_err(content)
}
