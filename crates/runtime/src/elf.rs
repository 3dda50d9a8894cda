//! A look at the headers of an ELF library before the system loads it.

const CLASS_64_LITTLE_ENDIAN: [u8; 2] = [2, 1];
const X86_64: u16 = 62;
const PT_LOAD: u32 = 1;
/// Size of a program header, in bytes.
const PROGRAM_HEADER: usize = 56;

/// Checks that a file of `length` bytes, of which `start` are the first, is a library for 64-bit x86 and contains all
/// segments that the loader maps. The loader does not check this: the process dies when it loads a truncated library.
///
/// # Errors
/// Returns the reason why the file cannot be loaded.
pub(crate) fn check_complete(start: &[u8], length: u64) -> Result<(), String> {
    if !start.starts_with(b"\x7fELF") {
        return Err("it is not an ELF file".to_owned());
    }
    if start.get(4..6) != Some(&CLASS_64_LITTLE_ENDIAN) || number(start, 18).map(u16::from_le_bytes)? != X86_64 {
        return Err("it is an ELF file, but not a 64-bit x86 one".to_owned());
    }
    let table = usize::try_from(number(start, 32).map(u64::from_le_bytes)?).unwrap_or(usize::MAX);
    let count = number(start, 56).map(u16::from_le_bytes)?;
    for header in 0..usize::from(count) {
        let at = table.saturating_add(header * PROGRAM_HEADER);
        let field = |offset: usize| number(start, at.saturating_add(offset)).map(u64::from_le_bytes);
        if number(start, at).map(u32::from_le_bytes)? == PT_LOAD {
            let end = field(8)?.saturating_add(field(32)?);
            if end > length {
                return Err(format!("it ends before the end of a segment at byte {end}"));
            }
        }
    }
    Ok(())
}

/// Returns the `N` bytes at `at`.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], String> {
    let part = bytes.get(at..).and_then(|rest| rest.first_chunk());
    part.copied().ok_or_else(|| format!("it ends before a number at byte {}", at.saturating_add(N)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_give_an_error_and_no_panic(tail in proptest::collection::vec(any::<u8>(), 0..400), length: u64) {
            let mut bytes = b"\x7fELF\x02\x01".to_vec();
            bytes.extend(tail);
            if bytes.len() > 20 {
                bytes[18..20].copy_from_slice(&[62, 0]);
            }
            // The test passes when no call panics: no index is out of bounds, and no sum overflows.
            check_complete(&bytes, length).ok();
        }
    }
}
