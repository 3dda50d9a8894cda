//! The output folder of images: `images/<class>/<hash>.<ext>`. Writes are streamed and atomic.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use pipeline::HintExt;

use crate::content::Content;
use crate::view::Run;

/// The number of bytes to read at a time. Memory use does not depend on the size of a file.
const BLOCK: usize = 1 << 16;
/// The number of bytes that [`imaging::sniff`] gets, more than it needs.
const HEAD: usize = 64;

/// A writer of images that several threads can use.
#[derive(Debug)]
pub struct Store {
    images: PathBuf,
    scratch: tempfile::TempDir,
    count: AtomicU64,
}

impl Store {
    /// Creates the store of a run.
    pub fn new(run: &Run) -> Result<Self> {
        Ok(Self { images: run.folder().join("images"), scratch: run.scratch()?, count: AtomicU64::new(0) })
    }

    /// Copies all bytes of `from` into the folder of `class`.
    ///
    /// The outer error is an error of writing, the inner error an error of reading.
    pub fn put(&self, class: &str, from: impl Read) -> Result<io::Result<Content>> {
        let part = self.scratch.path().join(self.count.fetch_add(1, Ordering::Relaxed).to_string());
        let written = fs_err::File::create(&part).map_err(anyhow::Error::from).and_then(|file| copy(from, file));
        let content = match written.hint_write()? {
            Ok(content) => content,
            Err(unreadable) => {
                fs_err::remove_file(&part)?;
                return Ok(Err(unreadable));
            }
        };
        let folder = self.images.join(class);
        fs_err::create_dir_all(&folder)?;
        fs_err::rename(part, folder.join(content.file_name()))?;
        Ok(Ok(content))
    }
}

/// Returns the path of a file of `class`, relative to the stage's folder.
pub fn path_of(class: &str, content: &Content) -> String {
    format!("images/{class}/{}", content.file_name())
}

/// Copies the bytes without decoding them, and returns their properties.
fn copy(mut from: impl Read, mut to: fs_err::File) -> Result<io::Result<Content>> {
    let mut hasher = blake3::Hasher::new();
    let mut head = Vec::with_capacity(HEAD);
    let mut block = vec![0; BLOCK];
    loop {
        let bytes = match from.read(&mut block) {
            Ok(0) => break,
            Ok(read) => &block[..read],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err(error)),
        };
        hasher.update(bytes);
        head.extend(bytes.iter().take(HEAD - head.len()));
        to.write_all(bytes).context("cannot copy an image")?;
    }
    let extension = imaging::sniff(&head).map_or("bin", imaging::Format::extension).to_owned();
    let hash = hasher.finalize().to_hex()[..16].to_owned();
    Ok(Ok(Content { hash, extension, bytes: hasher.count(), ..Content::default() }))
}
