//! Says what a file contains when it is not an image that [`crate::decode`] reads.

use crate::DecodeError;

/// Returns the error for `bytes` in which [`crate::sniff`] finds no supported format.
pub(crate) fn why_not_an_image(bytes: &[u8]) -> DecodeError {
    if bytes.is_empty() {
        return DecodeError::Empty;
    }
    if let Some(kind) = unsupported_image(bytes) {
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
    DecodeError::NotAnImage { looks_like }
}

fn unsupported_image(bytes: &[u8]) -> Option<&'static str> {
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

/// Returns the first kibibyte of a possible text, without its byte order mark.
fn text_start(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    &bytes[..bytes.len().min(1024)]
}

/// Returns whether the first kibibyte looks like markup and contains the tag `<name` in either case.
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
        // The first kibibyte may end inside a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\x0c'))
}
