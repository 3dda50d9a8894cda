//! What a file is, told from its first bytes and never from its name.

use std::fmt;

use image::ImageFormat;

use crate::DecodeError;

/// A picture format that [`crate::decode`] reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// JPEG: baseline and progressive; gray, YCbCr, RGB, CMYK and YCCK.
    Jpeg,
    /// PNG and the default image of an animated PNG.
    Png,
    /// GIF, its first frame.
    Gif,
    /// WebP, lossy and lossless, its first frame.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// TIFF, its first page.
    Tiff,
}

impl Format {
    /// The usual file extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::WebP => "webp",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
        }
    }

    pub(crate) fn decoder(self) -> ImageFormat {
        match self {
            Self::Jpeg => ImageFormat::Jpeg,
            Self::Png => ImageFormat::Png,
            Self::Gif => ImageFormat::Gif,
            Self::WebP => ImageFormat::WebP,
            Self::Bmp => ImageFormat::Bmp,
            Self::Tiff => ImageFormat::Tiff,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
        })
    }
}

/// The picture format of `bytes` by their signature, or `None` when it is none that is supported.
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(&[0xff, 0xd8, 0xff]) {
        Some(Format::Jpeg)
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        Some(Format::Png)
    } else if starts(b"GIF87a") || starts(b"GIF89a") {
        Some(Format::Gif)
    } else if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(Format::WebP)
    } else if is_bmp(bytes) {
        Some(Format::Bmp)
    } else if starts(b"II*\0") || starts(b"MM\0*") {
        Some(Format::Tiff)
    } else {
        None
    }
}

/// Two letters are too few to tell a bitmap from text, so the header's size field has to fit too.
fn is_bmp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM")
        && bytes.get(14..18).is_some_and(|size| matches!(size, [12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

/// What `bytes` are, given that [`sniff`] knows no picture in them.
pub(crate) fn why_not_a_picture(bytes: &[u8]) -> DecodeError {
    if bytes.is_empty() {
        return DecodeError::Empty;
    }
    if let Some(kind) = unsupported_picture(bytes) {
        return DecodeError::UnsupportedFormat { kind };
    }
    let looks_like = other_content(bytes).unwrap_or_else(|| {
        if looks_like_text(bytes) {
            "it looks like text"
        } else if bytes.len() < 12 {
            "it is only a few bytes"
        } else {
            "its first bytes belong to no known picture format"
        }
    });
    DecodeError::NotAPicture { looks_like }
}

fn unsupported_picture(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 14] = [
        (b"8BPS", "a Photoshop document"),
        (b"\xff\x0a", "a JPEG XL picture"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
        (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
        (b"\0\0\x01\0", "an icon (ICO)"),
        (b"II+\0", "a BigTIFF picture"),
        (b"MM\0+", "a BigTIFF picture"),
        (b"qoif", "a QOI picture"),
        (b"DDS ", "a DDS texture"),
        (b"v/1\x01", "an OpenEXR picture"),
        (b"#?RADIANCE", "a Radiance HDR picture"),
        (b"farbfeld", "a farbfeld picture"),
        (b"gimp xcf", "a GIMP document"),
    ];
    for (magic, kind) in MAGIC {
        if bytes.starts_with(magic) {
            return Some(kind);
        }
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return match bytes.get(8..12)? {
            b"avif" | b"avis" => Some("an AVIF picture"),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Some("a HEIC picture"),
            b"crx " => Some("a raw camera picture"),
            _ => None,
        };
    }
    if let [b'P', b'1'..=b'7', next, ..] = bytes
        && next.is_ascii_whitespace()
    {
        return Some("a Netpbm picture");
    }
    has_tag(bytes, "svg").then_some("an SVG drawing")
}

fn other_content(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 10] = [
        (b"%PDF", "it is a PDF document"),
        (b"%!PS", "it is a PostScript document"),
        (b"PK\x03\x04", "it is a ZIP archive or an office document"),
        (b"\x1f\x8b", "it is gzip data"),
        (b"7z\xbc\xaf\x27\x1c", "it is a 7z archive"),
        (b"\x7fELF", "it is a program"),
        (b"\x1a\x45\xdf\xa3", "it is a video (Matroska or WebM)"),
        (b"ID3", "it is an MP3 sound"),
        (b"OggS", "it is Ogg sound or video"),
        (b"SQLite format 3", "it is an SQLite database"),
    ];
    for (magic, looks_like) in MAGIC {
        if bytes.starts_with(magic) {
            return Some(looks_like);
        }
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some("it is a video (MP4 or QuickTime)");
    }
    if bytes.starts_with(b"RIFF") {
        return Some("it is sound or video (RIFF)");
    }
    if has_tag(bytes, "html") || has_tag(bytes, "!doctype html") || has_tag(bytes, "head") {
        return Some("it looks like an HTML page");
    }
    let trimmed = text_start(bytes).trim_ascii_start();
    if trimmed.starts_with(b"<?xml") {
        return Some("it looks like XML");
    }
    if matches!(trimmed, [b'{' | b'[', ..]) && looks_like_text(bytes) {
        return Some("it looks like JSON");
    }
    None
}

/// The part of a possible text that is looked at, without its byte order mark.
fn text_start(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    &bytes[..bytes.len().min(1024)]
}

/// Whether the first kibibyte opens the tag `<name`, in either case, in what looks like markup.
fn has_tag(bytes: &[u8], name: &str) -> bool {
    let start = text_start(bytes);
    if !start.trim_ascii_start().starts_with(b"<") {
        return false;
    }
    start
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'<')
        .filter_map(|(at, _)| start.get(at + 1..at + 1 + name.len()))
        .any(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
}

fn looks_like_text(bytes: &[u8]) -> bool {
    let start = text_start(bytes);
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // The cut at 1024 bytes may fall inside a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\x0c'))
}
