//! Where pictures are put: `images/<class>/<hash>.<ext>`, streamed, named by content, whole or not at all.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::view::Run;
use anyhow::{Context, Result};
use pipeline::HintExt;

use crate::content::Content;

/// Bytes read at a time: memory does not grow with the size of a file.
const BLOCK: usize = 1 << 16;
/// Bytes that tell the format; more than [`imaging::sniff`] looks at.
const HEAD: usize = 64;

/// Takes in pictures, from several threads at a time.
#[derive(Debug)]
pub struct Store {
    images: PathBuf,
    scratch: tempfile::TempDir,
    count: AtomicU64,
}

impl Store {
    /// The store of a run.
    pub fn new(run: &Run) -> Result<Self> {
        Ok(Self { images: run.folder().join("images"), scratch: run.scratch()?, count: AtomicU64::new(0) })
    }

    /// Copies everything that `from` gives into `class`. The inner error is that of reading.
    pub fn put(&self, class: &str, from: impl Read) -> Result<io::Result<Content>> {
        let part = self.scratch.path().join(self.count.fetch_add(1, Ordering::Relaxed).to_string());
        let written = fs_err::File::create(&part).map_err(anyhow::Error::from).and_then(|file| copy(from, file));
        let content = match written.hint("is the disk full, or the folder read-only?")? {
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

/// Where the file of a content of `class` is, below the stage's folder.
pub fn path_of(class: &str, content: &Content) -> String {
    format!("images/{class}/{}", content.file_name())
}

/// Copies, and tells what was copied; it is not decoded.
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
        to.write_all(bytes).context("cannot copy a picture")?;
    }
    let extension = imaging::sniff(&head).map_or("bin", imaging::Format::extension).to_owned();
    let hash = hasher.finalize().to_hex()[..16].to_owned();
    Ok(Ok(Content { hash, extension, bytes: hasher.count(), ..Content::default() }))
}
