//! Polyglot files: images that are also an archive, a document, a page or a program.
//!
//! A decoder stops at the end of the image. It ignores data behind the image and in comments. The data stays in the file,
//! and another program may run or unpack it. A data set that users pass on must not contain such data.

use memchr::{memchr_iter, memmem};

/// Returns the second format of the image file `bytes`: an archive, a document, a page or a program.
pub fn second_format(bytes: &[u8]) -> Option<&'static str> {
    const SIGNED: [(&[u8], &str); 3] =
        [(b"Rar!\x1a\x07", "a RAR archive"), (b"7z\xbc\xaf\x27\x1c\x00", "a 7z archive"), (b"<?php", "a PHP program")];
    if is_zip(bytes) {
        return Some("a ZIP archive");
    }
    // PDF readers search the first kibibyte for the header (ISO 32000-1, annex H.3, note 13).
    if memmem::find(&bytes[..bytes.len().min(1024)], b"%PDF-").is_some() {
        return Some("a PDF document");
    }
    if let Some((_, what)) = SIGNED.iter().find(|(mark, _)| memmem::find(bytes, mark).is_some()) {
        return Some(what);
    }
    is_page(bytes).then_some("an HTML page")
}

/// Returns whether a ZIP archive ends near the end of the file, where ZIP readers begin (APPNOTE 4.3.16).
fn is_zip(bytes: &[u8]) -> bool {
    const RECORD: usize = 22;
    let tail = &bytes[bytes.len().saturating_sub(RECORD + usize::from(u16::MAX))..];
    // The search from the end is slower, so it comes second.
    memmem::find(bytes, b"PK\x01\x02").is_some()
        && memmem::rfind(tail, b"PK\x05\x06").is_some_and(|at| tail.len() - at >= RECORD)
}

/// Returns whether the file contains an HTML tag that makes a browser run or show something.
fn is_page(bytes: &[u8]) -> bool {
    let tags: [&[u8]; 3] = [b"html", b"script", b"iframe"];
    memchr_iter(b'<', bytes).any(|at| {
        let rest = &bytes[at + 1..];
        tags.iter().any(|tag| {
            let ends =
                rest.get(tag.len()).is_some_and(|next| matches!(next, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'));
            ends && rest[..tag.len()].eq_ignore_ascii_case(tag)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::{files, images};

    #[test]
    fn an_ordinary_image_has_no_second_format() {
        for index in 0..20 {
            let image = images::draw("disc", index, 200);
            for bytes in [files::jpeg(&image), files::png(&image), files::progressive_jpeg(&image)] {
                assert_eq!(second_format(&bytes), None);
            }
        }
        assert_eq!(second_format(b""), None);
        assert_eq!(second_format(b"<"), None);
        // Words that are not tags, a truncated record, and one half of an archive.
        for harmless in
            ["<htmlx>", "< script>", "<scripture>", "PK\x05\x06", "PK\x01\x02", "PK\x05\x06aaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            assert_eq!(second_format(harmless.as_bytes()), None, "{harmless}");
        }
    }

    #[test]
    fn the_second_format_is_named() {
        let image = files::jpeg(&images::draw("disc", 1, 64));
        let with = |rest: &[u8]| second_format(&[&image, rest].concat());
        assert_eq!(with(b"PK\x01\x02PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), Some("a ZIP archive"));
        assert_eq!(with(b"Rar!\x1a\x07\x01\0"), Some("a RAR archive"));
        assert_eq!(with(b"<?php ?>"), Some("a PHP program"));
        assert_eq!(with(b"<ScRiPt src=x>"), Some("an HTML page"));
        assert_eq!(second_format(&[b"\xff\xd8\xff\xfe\0\x10%PDF-1.7\n", &image[2..]].concat()), Some("a PDF document"));
    }
}
