//! Turns the library inside the training wheel into a plain `libonnxruntime.so`.
//!
//! The vendor publishes ONNX Runtime with training only as a Python extension. It holds the whole
//! C API, but exports nothing of it and wants symbols of a Python interpreter. Three edits of the
//! file undo that: symbols of Python become weak (they load as null; the C API never calls them),
//! and the one exported entry is renamed to `OrtGetApiBase` and pointed at that function.
//!
//! The addresses are those of one file, known by its SHA-256. Any other file is refused.

use sha2::{Digest, Sha256};

use crate::elf::{Elf, ElfError, SYMBOL, Section};

/// Name of the library inside the wheel.
pub const MEMBER: &str = "onnxruntime/capi/onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so";
/// SHA-256 of the library inside the wheel, in hexadecimal.
pub const INPUT_SHA256: &str = "637012bc7b9b9e8a00b006be918091d04d143ca5c57ee820584478a15298d0ee";
/// SHA-256 of the repackaged library, in hexadecimal.
pub const OUTPUT_SHA256: &str = "bab9119dda88cb6102937985be9adb38d15bf066dc2f6762e9de9abc6f590c3c";

const OLD_NAME: &[u8] = b"PyInit_onnxruntime_pybind11_state";
const NEW_NAME: &[u8] = b"OrtGetApiBase";
/// Address of the function `OrtGetApiBase`.
const FUNCTION: u64 = 0x0048_6510;
/// Address of the static struct that the function returns a pointer to.
const API_BASE: u64 = 0x0140_cdf0;
/// How many symbols the library wants from a Python interpreter.
const PYTHON_SYMBOLS: usize = 163;

/// Why a library was not repackaged.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RepackageError {
    /// The input is not the one file whose addresses are known.
    #[error("its SHA-256 is {found}, not {INPUT_SHA256}")]
    OtherInput {
        /// SHA-256 of the bytes given.
        found: String,
    },
    /// The file does not have the expected parts.
    #[error(transparent)]
    Elf(#[from] ElfError),
    /// The edits gave other bytes than they always did.
    #[error("the repackaged library has SHA-256 {found}, not {OUTPUT_SHA256}")]
    OtherOutput {
        /// SHA-256 of the bytes made.
        found: String,
    },
}

/// SHA-256 of `bytes`, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Makes the plain library from the bytes of [`MEMBER`]. Same input, same bytes.
pub fn repackage(mut library: Vec<u8>) -> Result<Vec<u8>, RepackageError> {
    let found = sha256(&library);
    if found != INPUT_SHA256 {
        return Err(RepackageError::OtherInput { found });
    }
    edit(&mut library)?;
    let found = sha256(&library);
    if found != OUTPUT_SHA256 {
        return Err(RepackageError::OtherOutput { found });
    }
    Ok(library)
}

/// The edits themselves, on the bytes of any library.
fn edit(library: &mut [u8]) -> Result<(), ElfError> {
    let mut elf = Elf::new(library)?;
    let symbols = elf.section(".dynsym")?;
    let names = elf.section(".dynstr")?;
    check_function(&elf)?;
    weaken_python_symbols(&mut elf, &symbols, &names)?;
    let entry = export_function(&mut elf, &symbols, &names)?;
    rebuild_hash_table(&mut elf, entry)
}

/// The symbols of a table: index, and where each lies in the file.
fn entries(symbols: &Section) -> impl Iterator<Item = (usize, usize)> {
    symbols.range.clone().step_by(SYMBOL).enumerate()
}

/// Checks that at [`FUNCTION`] stands `endbr64; lea rax, [rip -> API_BASE]; ret`.
fn check_function(elf: &Elf) -> Result<(), ElfError> {
    const START: [u8; 7] = [0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0x8d, 0x05];
    const RETURN: [u8; 1] = [0xc3];
    let at = elf.offset_of(FUNCTION)?;
    let distance = i64::from(elf.u32(at + START.len())?.cast_signed());
    let next = FUNCTION + START.len() as u64 + 4;
    if elf.bytes(at, START.len())? != START
        || elf.bytes(at + START.len() + 4, 1)? != RETURN
        || next.checked_add_signed(distance) != Some(API_BASE)
    {
        return Err(ElfError::Unexpected(format!("the function at address {FUNCTION:#x} is not OrtGetApiBase")));
    }
    Ok(())
}

/// Makes every undefined symbol of Python weak: the loader then takes null for it.
fn weaken_python_symbols(elf: &mut Elf, symbols: &Section, names: &Section) -> Result<(), ElfError> {
    const WEAK: u8 = 2;
    let mut weakened = 0;
    for (_, at) in entries(symbols) {
        let name = elf.string(&names.range, elf.u32(at)? as usize)?;
        let of_python = name.starts_with(b"Py") || name.starts_with(b"_Py");
        let undefined = elf.u16(at + 6)? == 0;
        if of_python && undefined {
            let kind = elf.bytes(at + 4, 1)?[0] & 0x0f;
            elf.write(at + 4, &[WEAK << 4 | kind])?;
            weakened += 1;
        }
    }
    if weakened == PYTHON_SYMBOLS {
        Ok(())
    } else {
        Err(ElfError::Unexpected(format!("it wants {weakened} symbols of Python, not {PYTHON_SYMBOLS}")))
    }
}

/// Renames the one exported entry and points it at the function. Returns its index.
fn export_function(elf: &mut Elf, symbols: &Section, names: &Section) -> Result<usize, ElfError> {
    for (entry, at) in entries(symbols) {
        let offset = elf.u32(at)? as usize;
        if elf.string(&names.range, offset)? == OLD_NAME {
            let mut name = NEW_NAME.to_vec();
            name.resize(OLD_NAME.len(), 0);
            elf.write(names.range.start + offset, &name)?;
            elf.write(at + 8, &FUNCTION.to_le_bytes())?;
            return Ok(entry);
        }
    }
    Err(ElfError::Missing(format!("symbol `{}`", String::from_utf8_lossy(OLD_NAME))))
}

/// The hash that `.gnu.hash` files symbol names under.
fn gnu_hash(name: &[u8]) -> u32 {
    name.iter().fold(5381, |hash: u32, &byte| hash.wrapping_mul(33).wrapping_add(u32::from(byte)))
}

/// Files the entry under its new name in the table that the loader looks names up in.
///
/// The table has two symbols: a version name and, behind it, our entry.
fn rebuild_hash_table(elf: &mut Elf, entry: usize) -> Result<(), ElfError> {
    const VERSION_NAME: &[u8] = b"VERS_1.0";
    const LAST: u32 = 1;
    let table = elf.section(".gnu.hash")?.range.start;
    let header = [elf.u32(table)?, elf.u32(table + 4)?, elf.u32(table + 8)?];
    let first = (entry as u32).saturating_sub(1);
    if header != [2, first, 1] {
        return Err(ElfError::Unexpected("its .gnu.hash table has another layout".to_owned()));
    }
    let (version, function) = (gnu_hash(VERSION_NAME), gnu_hash(NEW_NAME));
    let same_chain = version % 2 == function % 2;
    let mut buckets = [0_u32; 2];
    buckets[(function % 2) as usize] = first + 1;
    buckets[(version % 2) as usize] = first;
    let chain = [if same_chain { version & !LAST } else { version | LAST }, function | LAST];

    // A bloom filter of ones lets every name through to the buckets.
    elf.write(table + 16, &[0xff; 8])?;
    for (place, number) in buckets.into_iter().chain(chain).enumerate() {
        elf.write(table + 24 + 4 * place, &number.to_le_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "repackage_tests.rs"]
mod tests;
