//! Memory-mapped files. They are in this crate because they need `unsafe`.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// The bytes of a file that does not change. The system reads them from the disk when they are used.
#[derive(Debug)]
pub struct Mapped(memmap2::Mmap);

impl Mapped {
    /// Maps the file at `path`. The file must not be changed or truncated while the map exists. It can be removed, or
    /// replaced by renaming another file.
    ///
    /// # Errors
    /// Returns the error of the system.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: a mapped file must not change under the map. The files that this project maps are published by a
        // rename and never written to again, and one process at a time writes in an artifacts folder. Bytes have no
        // invalid values, so whatever another program does to the file, the worst is that the system ends the process.
        let map = unsafe { memmap2::Mmap::map(&file) }?;
        Ok(Self(map))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
