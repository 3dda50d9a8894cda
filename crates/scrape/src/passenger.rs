//! Files that are a picture and something else at once.
//!
//! A decoder reads its picture and stops; what stands behind it, or in its comments, is carried along, and runs or unpacks
//! wherever somebody opens the same file as what else it is. A data set that is handed on must not carry it.

use memchr::{memchr_iter, memmem};

/// What `bytes`, a picture, are beside that: an archive, a page or a program.
pub fn passenger(bytes: &[u8]) -> Option<&'static str> {
    const SIGNED: [(&[u8], &str); 3] =
        [(b"Rar!\x1a\x07", "a RAR archive"), (b"7z\xbc\xaf\x27\x1c\x00", "a 7z archive"), (b"<?php", "a PHP program")];
    if is_zip(bytes) {
        return Some("a ZIP archive");
    }
    // Readers of PDF look for it in the first kibibyte (ISO 32000-1, annex H.3, note 13).
    if memmem::find(&bytes[..bytes.len().min(1024)], b"%PDF-").is_some() {
        return Some("a PDF document");
    }
    if let Some((_, what)) = SIGNED.iter().find(|(mark, _)| memmem::find(bytes, mark).is_some()) {
        return Some(what);
    }
    is_page(bytes).then_some("an HTML page")
}

/// Whether an archive ends where the file ends: readers of ZIP begin at its end (APPNOTE 4.3.16).
fn is_zip(bytes: &[u8]) -> bool {
    const RECORD: usize = 22;
    let tail = &bytes[bytes.len().saturating_sub(RECORD + usize::from(u16::MAX))..];
    // In this order, since looking from the end is slow.
    memmem::find(bytes, b"PK\x01\x02").is_some()
        && memmem::rfind(tail, b"PK\x05\x06").is_some_and(|at| tail.len() - at >= RECORD)
}

/// Whether a browser would find something to run or to show in it.
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
    fn a_picture_is_no_more_than_one() {
        for index in 0..20 {
            let picture = images::draw("disc", index, 200);
            for bytes in [files::jpeg(&picture), files::png(&picture), files::progressive_jpeg(&picture)] {
                assert_eq!(passenger(&bytes), None);
            }
        }
        assert_eq!(passenger(b""), None);
        assert_eq!(passenger(b"<"), None);
        // Words that are no tags, a record that is cut short, and one half of an archive.
        for harmless in
            ["<htmlx>", "< script>", "<scripture>", "PK\x05\x06", "PK\x01\x02", "PK\x05\x06aaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            assert_eq!(passenger(harmless.as_bytes()), None, "{harmless}");
        }
    }

    #[test]
    fn what_it_carries_is_named() {
        let picture = files::jpeg(&images::draw("disc", 1, 64));
        let with = |rest: &[u8]| passenger(&[&picture, rest].concat());
        assert_eq!(with(b"PK\x01\x02PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), Some("a ZIP archive"));
        assert_eq!(with(b"Rar!\x1a\x07\x01\0"), Some("a RAR archive"));
        assert_eq!(with(b"<?php ?>"), Some("a PHP program"));
        assert_eq!(with(b"<ScRiPt src=x>"), Some("an HTML page"));
        assert_eq!(passenger(&[b"\xff\xd8\xff\xfe\0\x10%PDF-1.7\n", &picture[2..]].concat()), Some("a PDF document"));
    }
}
