//! Finds the orientation and the colour profile of an image file, within bounds.
//!
//! Decoders inflate compressed metadata without need. A file of 400 kB can inflate to 400 MiB, so this module reads the metadata
//! itself, and the decoder of PNG files does not see them.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::ZlibDecoder;
use image::metadata::Orientation;

use crate::jpeg::Survey;
use crate::{DecodeError, Format, png};

/// The maximum size of a colour profile in bytes. `moxcms` reads no larger ones, and the profiles of printers have at most about 3 MiB.
const MAX_PROFILE: u64 = 10 << 20;

/// The metadata that change how an image looks.
#[derive(Default)]
pub(crate) struct Metadata<'a> {
    /// The orientation, if the file has a valid one.
    pub orientation: Option<Orientation>,
    /// The colour profile.
    pub profile: EmbeddedProfile<'a>,
}

/// A colour profile as the file stores it.
#[derive(Default)]
pub(crate) enum EmbeddedProfile<'a> {
    /// The file has no profile.
    #[default]
    None,
    /// The profile as it is.
    Stored(Cow<'a, [u8]>),
    /// The parts of the profile.
    Parts(Vec<&'a [u8]>),
    /// The profile in a zlib stream.
    Deflated(&'a [u8]),
}

impl<'a> EmbeddedProfile<'a> {
    /// Returns the size of the profile in bytes, without memory for the profile.
    ///
    /// # Errors
    /// Returns an error when the profile is larger than any useful profile.
    pub fn size(&self) -> Result<u64, DecodeError> {
        let size = match self {
            Self::None => 0,
            Self::Stored(bytes) => bytes.len() as u64,
            Self::Parts(parts) => parts.iter().map(|part| part.len() as u64).sum(),
            // A damaged stream has the size of the part before the damage.
            Self::Deflated(stream) => {
                let mut inflated = ZlibDecoder::new(*stream).take(MAX_PROFILE + 1);
                let mut block = [0; 16 << 10];
                let mut size = 0;
                while let Ok(count @ 1..) = inflated.read(&mut block) {
                    size += count as u64;
                }
                size
            }
        };
        check_profile_size(size).map(|()| size)
    }

    /// Returns the profile, or `None` when the file has none or its stream is damaged.
    pub fn bytes(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::None => None,
            Self::Stored(bytes) => Some(bytes),
            Self::Parts(parts) => Some(Cow::Owned(parts.concat())),
            Self::Deflated(stream) => {
                let mut bytes = Vec::new();
                ZlibDecoder::new(stream).take(MAX_PROFILE).read_to_end(&mut bytes).ok()?;
                Some(Cow::Owned(bytes))
            }
        }
    }
}

/// Checks that a colour profile has at most [`MAX_PROFILE`] bytes.
///
/// # Errors
/// Returns an error when the profile is larger than any useful profile.
pub(crate) fn check_profile_size(size: u64) -> Result<(), DecodeError> {
    if size > MAX_PROFILE { Err(DecodeError::ProfileTooLarge { limit: MAX_PROFILE }) } else { Ok(()) }
}

/// Returns the metadata of a JPEG file.
pub(crate) fn of_jpeg<'a>(survey: &Survey<'a>) -> Metadata<'a> {
    Metadata {
        orientation: survey.exif.and_then(orientation),
        profile: survey.profile().map_or(EmbeddedProfile::None, EmbeddedProfile::Parts),
    }
}

/// Returns the metadata of a PNG or WebP file. Other formats have none that this function reads.
pub(crate) fn of_chunks(format: Format, bytes: &[u8]) -> Metadata<'_> {
    let mut metadata = Metadata::default();
    match format {
        Format::Png => {
            for chunk in png::chunks(bytes) {
                match &chunk.kind {
                    b"eXIf" if metadata.orientation.is_none() => metadata.orientation = orientation(chunk.data),
                    b"iCCP" if matches!(metadata.profile, EmbeddedProfile::None) => {
                        // A name of 1 to 79 bytes, a zero byte, and the compression method 0.
                        let name = chunk.data.iter().take(80).position(|byte| *byte == 0);
                        if let Some([0, 0, stream @ ..]) = name.map(|end| &chunk.data[end..]) {
                            metadata.profile = EmbeddedProfile::Deflated(stream);
                        }
                    }
                    _ => {}
                }
            }
        }
        Format::WebP => {
            for (kind, data) in riff_chunks(bytes) {
                match &kind {
                    b"EXIF" if metadata.orientation.is_none() => metadata.orientation = orientation(data),
                    b"ICCP" if matches!(metadata.profile, EmbeddedProfile::None) => {
                        metadata.profile = EmbeddedProfile::Stored(Cow::Borrowed(data));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
    metadata
}

/// Returns the orientation in `exif`. Some programs write the prefix of JPEG files in other formats too.
fn orientation(exif: &[u8]) -> Option<Orientation> {
    Orientation::from_exif_chunk(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
}

/// Returns the chunks of a RIFF file with their data.
fn riff_chunks(bytes: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    let mut at = 12;
    std::iter::from_fn(move || {
        let header = bytes.get(at..at + 8)?;
        let kind = header[..4].try_into().ok()?;
        let length = u32::from_le_bytes(header[4..].try_into().ok()?) as usize;
        let data = bytes.get(at + 8..(at + 8).checked_add(length)?)?;
        // Chunks have an even length.
        at += 8 + length + length % 2;
        Some((kind, data))
    })
}
