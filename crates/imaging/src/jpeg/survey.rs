//! Reads the markers of a JPEG file without decoding it (ITU-T T.81, annex B).

use memchr::memchr;

/// The information in the markers of a JPEG file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survey<'a> {
    /// Whether the file has an end-of-image marker.
    pub complete: bool,
    /// Whether the decoder keeps all coefficients in memory until the last scan. It does so for progressive files, and for baseline
    /// files with several scans.
    pub buffered: bool,
    /// Whether the first scan lacks a component of the frame.
    pub several_scans: bool,
    /// The frame header. It is absent when the file ends before it.
    pub frame: Option<Frame>,
    /// What makes the file a kind of JPEG that no decoder here reads.
    pub unsupported: Option<String>,
    /// The EXIF data without their prefix.
    pub exif: Option<&'a [u8]>,
    /// The parts of the colour profile in the order of the file: number from 1, count, data.
    profile: Vec<(u8, u8, &'a [u8])>,
    /// The number of bytes in segments with EXIF data and XMP.
    texts: u64,
    /// The colour transform of the Adobe segment: 0 for none, 1 for YCbCr, 2 for YCCK.
    adobe: Option<u8>,
    /// The JFIF segment.
    jfif: Option<&'a [u8]>,
}

/// A frame header.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Whether the coefficients come in several scans (spectral selection and successive approximation).
    pub progressive: bool,
    /// The height in pixels.
    pub height: u16,
    /// The width in pixels.
    pub width: u16,
    /// The components in the order of the header.
    pub components: Vec<Component>,
}

/// A component of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Component {
    /// The identifier, to which scans refer.
    pub id: u8,
    /// The horizontal sampling factor, 1 to 4.
    pub h: u8,
    /// The vertical sampling factor, 1 to 4.
    pub v: u8,
}

impl Frame {
    /// Reads a start-of-frame segment. The result is `None` when it is too short or has a sampling factor outside 1 to 4.
    pub fn read(marker: u8, segment: &[u8]) -> Option<Self> {
        let [_, h1, h0, w1, w0, count, rest @ ..] = segment else { return None };
        let described = rest.get(..usize::from(*count) * 3)?;
        let components: Vec<Component> =
            described.chunks_exact(3).map(|c| Component { id: c[0], h: c[1] >> 4, v: c[1] & 15 }).collect();
        let valid = components.iter().all(|c| (1..=4).contains(&c.h) && (1..=4).contains(&c.v));
        valid.then(|| Self {
            progressive: marker == 0xc2,
            height: u16::from_be_bytes([*h1, *h0]),
            width: u16::from_be_bytes([*w1, *w0]),
            components,
        })
    }

    /// Returns the largest horizontal and vertical sampling factors, at least 1.
    pub fn largest_factors(&self) -> [u8; 2] {
        let largest = |factor: fn(&Component) -> u8| self.components.iter().map(factor).max().unwrap_or(1);
        [largest(|c| c.h), largest(|c| c.v)]
    }
}

impl<'a> Survey<'a> {
    /// Returns the number of components, or 0 for a file without a frame.
    pub fn components(&self) -> usize {
        self.frame.as_ref().map_or(0, |frame| frame.components.len())
    }

    /// Returns the number of samples of all components per pixel, in 1/256: 256 for gray, 384 for colour at half the horizontal and
    /// vertical resolution, 768 for colour at full resolution, 1024 for CMYK.
    pub fn samples(&self) -> u64 {
        let Some(frame) = &self.frame else { return 0 };
        let [widest, tallest] = frame.largest_factors().map(u64::from);
        frame.components.iter().map(|c| (256 * u64::from(c.h) * u64::from(c.v)).div_ceil(widest * tallest)).sum()
    }

    /// Returns whether a file with three components stores RGB, by the rules of libjpeg (`default_decompress_parms`).
    pub fn stores_rgb(&self) -> bool {
        let Some(frame) = &self.frame else { return false };
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        ids.len() == 3
            && self.jfif.is_none()
            && match self.adobe {
                Some(transform) => transform == 0,
                None => ids == *b"RGB",
            }
    }

    /// Returns whether `zune-jpeg` takes a file with three components for RGB.
    pub fn zune_sees_rgb(&self) -> bool {
        let Some(frame) = &self.frame else { return false };
        self.adobe == Some(0) || frame.components.iter().map(|c| c.id).eq(*b"RGB")
    }

    /// Returns the parts of the colour profile in order (ICC.1:2022, B.4), or `None` when the file has none or a part is missing.
    pub fn profile(&self) -> Option<Vec<&'a [u8]>> {
        let count = self.profile.first()?.1;
        let part = |number| self.profile.iter().find(|part| part.0 == number).map(|part| part.2);
        (1..=count).map(part).collect()
    }

    /// Returns the memory for the metadata that `zune-jpeg` copies, in bytes. It copies the parts of XMP, and joins them.
    pub fn copied(&self) -> u64 {
        self.profile_size() + 2 * self.texts
    }

    /// Returns the number of bytes in all parts of the colour profile, also of a profile that is not complete.
    pub fn profile_size(&self) -> u64 {
        self.profile.iter().map(|part| part.2.len() as u64).sum()
    }
}

/// Reads the markers of `bytes`, which start with the start-of-image marker.
pub(crate) fn survey(bytes: &[u8]) -> Survey<'_> {
    let mut survey = Survey::default();
    let mut scans = 0;
    let mut at = 2;
    while let Some((marker, after)) = next_marker(bytes, at) {
        at = after;
        match marker {
            EOI => {
                survey.complete = true;
                break;
            }
            // Markers without a segment: restarts, SOI, TEM.
            0xd0..=0xd8 | 0x01 => continue,
            _ => {}
        }
        let Some(segment) = segment(bytes, at) else {
            break;
        };
        match marker {
            // Start of frame; C4, C8 and CC are tables and an extension.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf if survey.frame.is_none() => {
                survey.buffered |= matches!(marker, 0xc2 | 0xc6 | 0xca | 0xce);
                survey.frame = Frame::read(marker, segment);
                survey.unsupported = unsupported_kind(marker, segment);
            }
            SOS => {
                scans += 1;
                let partial = segment.first().is_some_and(|n| usize::from(*n) < survey.components());
                survey.buffered |= partial;
                survey.several_scans |= partial && scans == 1;
            }
            DNL if survey.frame.as_ref().is_some_and(|frame| frame.height == 0) => {
                survey.unsupported = Some("the height is stored after the data (DNL)".into());
            }
            _ => survey.read_application_segment(marker, segment),
        }
        at += 2 + segment.len();
        if marker == SOS {
            at = skip_entropy_coded(bytes, at);
        }
    }
    survey
}

impl<'a> Survey<'a> {
    fn read_application_segment(&mut self, marker: u8, segment: &'a [u8]) {
        match marker {
            0xe0 if segment.starts_with(b"JFIF\0") => self.jfif = Some(segment),
            0xe1 => {
                self.texts += segment.len() as u64;
                if let Some(exif) = segment.strip_prefix(b"Exif\0\0") {
                    self.exif = Some(exif);
                }
            }
            0xe2 => {
                if let Some([number, count, data @ ..]) = segment.strip_prefix(b"ICC_PROFILE\0") {
                    self.profile.push((*number, *count, data));
                }
            }
            0xee if segment.starts_with(b"Adobe") => self.adobe = segment.get(11).copied(),
            _ => {}
        }
    }
}

/// Returns what is not supported about a frame (T.81, table B.1), or `None`.
fn unsupported_kind(marker: u8, segment: &[u8]) -> Option<String> {
    let kind = match marker {
        0xc3 => "lossless coding",
        0xc5..=0xc7 => "hierarchical coding",
        0xc9 | 0xca => "arithmetic coding",
        0xcb => "lossless arithmetic coding",
        0xcd..=0xcf => "hierarchical arithmetic coding",
        _ => {
            let (bits, components) = (segment.first()?, segment.get(5)?);
            return match (bits, components) {
                (8, 2) => Some("2 components".into()),
                (8, _) => None,
                _ => Some(format!("{bits} bits per sample")),
            };
        }
    };
    Some(kind.into())
}

pub(super) const EOI: u8 = 0xd9;
pub(super) const SOS: u8 = 0xda;
const DNL: u8 = 0xdc;

/// Returns the next marker at or after `at`, and the offset of its segment.
pub(super) fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let mut at = at + memchr(0xff, bytes.get(at..)?)?;
    // Any number of 0xff bytes may precede the code of a marker.
    while *bytes.get(at)? == 0xff {
        at += 1;
    }
    Some((bytes[at], at + 1))
}

/// Returns the segment at `at` without its length field, or `None` when the data ends inside it.
pub(super) fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    bytes.get(at + 2..at + length.max(2))
}

/// Returns the offset of the first marker after the entropy-coded data at `at`.
pub(super) fn skip_entropy_coded(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(0xff, rest)) {
        at += found;
        match bytes.get(at + 1) {
            // Stuffed 0xff bytes, restart markers and fill bytes are part of the data.
            Some(0x00 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => return at,
            None => break,
        }
    }
    bytes.len()
}
