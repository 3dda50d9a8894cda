//! Turns the library inside the training wheel into a plain `libonnxruntime.so`.
//!
//! The vendor publishes ONNX Runtime with training only as a Python extension. The extension contains the whole C API,
//! but exports nothing of it and needs symbols of a Python interpreter. A table of byte changes (module `table`) undoes that:
//! - The symbols of Python become weak. They load as null, and the C API never calls them.
//! - The one exported symbol gets the name `OrtGetApiBase` and the address of that function.
//! - The hash table of the exported names follows.
//!
//! The table belongs to one file, which its SHA-256 identifies. [`repackage`] rejects every other file.

mod table;

use installed::sha256;
use table::Patch;

/// Name of the library inside the wheel.
pub const MEMBER: &str = "onnxruntime/capi/onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so";
/// SHA-256 of the library inside the wheel, in hexadecimal.
pub const INPUT_SHA256: &str = "637012bc7b9b9e8a00b006be918091d04d143ca5c57ee820584478a15298d0ee";
/// SHA-256 of the repackaged library, in hexadecimal.
pub const OUTPUT_SHA256: &str = "bab9119dda88cb6102937985be9adb38d15bf066dc2f6762e9de9abc6f590c3c";

/// The reason why a library was not repackaged.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RepackageError {
    /// The input is not the file that the table belongs to.
    #[error("its SHA-256 is {found}, not {INPUT_SHA256}")]
    OtherInput {
        /// SHA-256 of the input.
        found: String,
    },
    /// The input does not have the expected bytes at an offset of the table. The table contains a mistake.
    #[error("the bytes at offset {offset:#x} are not the expected ones")]
    OtherBytes {
        /// Offset in the file.
        offset: usize,
    },
    /// The result is not the known one. The table contains a mistake.
    #[error("the repackaged library has the SHA-256 {found}, not {OUTPUT_SHA256}")]
    OtherOutput {
        /// SHA-256 of the result.
        found: String,
    },
}

/// Makes the plain library from the bytes of [`MEMBER`]. The same input gives the same bytes.
///
/// # Errors
/// Returns an error when the SHA-256 of the input or of the result is not the known one.
pub fn repackage(mut library: Vec<u8>) -> Result<Vec<u8>, RepackageError> {
    let found = sha256(&library);
    if found != INPUT_SHA256 {
        return Err(RepackageError::OtherInput { found });
    }
    for Patch { offset, before, after } in table::patches() {
        let place = library.get_mut(offset..offset + before.len()).filter(|place| *place == before);
        place.ok_or(RepackageError::OtherBytes { offset })?.copy_from_slice(after);
    }
    let found = sha256(&library);
    if found != OUTPUT_SHA256 {
        return Err(RepackageError::OtherOutput { found });
    }
    Ok(library)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;

    #[test]
    fn changes_do_not_overlap_and_keep_the_length() {
        let mut ranges: Vec<(usize, usize)> = table::patches()
            .map(|patch| {
                assert_eq!(patch.before.len(), patch.after.len(), "offset {:#x}", patch.offset);
                (patch.offset, patch.offset + patch.before.len())
            })
            .collect();
        ranges.sort_unstable();
        assert!(ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{ranges:?}");
    }

    /// The installed library gives the vendor's file when the changes are undone, and the changes make it again.
    #[test]
    fn the_table_leads_from_the_vendors_file_to_the_installed_one_and_back() {
        if crate::named().is_some() {
            println!("skipped: {} names another library", crate::LIBRARY_VARIABLE);
            return;
        }
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
        let installed = fs_err::read(crate::locate(&data)).unwrap();
        let mut vendors = installed.clone();
        for patch in table::patches() {
            let bytes = &mut vendors[patch.offset..][..patch.after.len()];
            assert_eq!(bytes, patch.after, "offset {:#x}", patch.offset);
            bytes.copy_from_slice(patch.before);
        }
        assert_eq!(sha256(&vendors), INPUT_SHA256);
        assert!(repackage(vendors).unwrap() == installed);
    }
}
