//! The text of a file that a user wrote with any program.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The number of bytes at the start of a file that are searched for UTF-16 without a byte order mark.
const HEAD: usize = 4096;

/// A decoded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// What the user should know about the decoding, if the encoding is a guess.
    pub note: Option<String>,
}

/// Decodes a text file: UTF-8 or UTF-16 with or without a byte order mark, or else Windows-1252, which contains Latin-1.
///
/// # Errors
/// Returns the reason why the file is not text.
pub fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return whole(encoding, &bytes[mark..]);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return whole(encoding, bytes);
    }
    if bytes.contains(&0) {
        return Err("the file is not text, because it contains zero bytes".to_owned());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Decoded { text: text.to_owned(), note: None }),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
            let note = format!(
                "line {line} is not UTF-8, so the file is read as Windows-1252; save it as UTF-8 if its accents look wrong"
            );
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
            Ok(Decoded { text: text.into_owned(), note: Some(note) })
        }
    }
}

/// Decodes bytes of a known encoding.
fn whole(encoding: &'static Encoding, bytes: &[u8]) -> Result<Decoded, String> {
    let (text, is_damaged) = encoding.decode_without_bom_handling(bytes);
    if is_damaged {
        return Err(format!("the file is damaged: its encoding is {}, and some of its bytes are not", encoding.name()));
    }
    Ok(Decoded { text: text.into_owned(), note: None })
}

/// Recognizes UTF-16 by its zero bytes: one byte of most letters of an address is zero.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(HEAD)];
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if half == 0 {
        None
    } else if even == 0 && odd * 2 > half {
        Some(UTF_16LE)
    } else if odd == 0 && even * 2 > half {
        Some(UTF_16BE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str = "url,class\nhttps://x.org/1.jpg,café\n";

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn the_encodings_of_spreadsheets_are_read() {
        let mark = "\u{feff}".to_owned() + TEXT;
        for bytes in [
            TEXT.as_bytes().to_vec(),
            mark.as_bytes().to_vec(),
            utf16(&mark, u16::to_le_bytes),
            utf16(&mark, u16::to_be_bytes),
            utf16(TEXT, u16::to_le_bytes),
            utf16(TEXT, u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes), Ok(Decoded { text: TEXT.to_owned(), note: None }));
        }
        let latin = TEXT.chars().map(|c| c as u8).collect::<Vec<_>>();
        let decoded = decode(&latin).unwrap();
        assert_eq!(decoded.text, TEXT);
        assert!(decoded.note.unwrap().starts_with("line 2 is not UTF-8, so the file is read as Windows-1252"));
        assert_eq!(decode(b"10\x80 \x93x\x94").unwrap().text, "10€ “x”");
        assert_eq!(decode(b"").unwrap().text, "");
    }

    #[test]
    fn other_files_are_refused() {
        assert!(decode(b"PK\x03\x04\0\0\x08\0").unwrap_err().contains("not text"));
        assert!(decode(b"\xff\xfea\0\x00\xd8b\0").unwrap_err().contains("damaged"));
        assert!(decode(b"\xef\xbb\xbfcaf\xe9").unwrap_err().contains("its encoding is UTF-8"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_text_or_refused(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }

        #[test]
        fn every_text_survives_utf16_with_a_mark(text in "\\PC*") {
            let marked = "\u{feff}".to_owned() + &text;
            proptest::prop_assert_eq!(decode(&utf16(&marked, u16::to_le_bytes)).unwrap().text, text);
        }
    }
}
