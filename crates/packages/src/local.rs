//! Files on the disk: those that the user has downloaded before, and the partial file.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use url::Url;

use crate::wanted::Wanted;

/// Returns the path of a source that is a folder or a file on the disk, or `None` for a web address.
pub(crate) fn path_of(link: &str) -> Option<PathBuf> {
    match Url::parse(link) {
        Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
        Ok(url) if matches!(url.scheme(), "http" | "https") => None,
        _ => Some(PathBuf::from(link)),
    }
}

/// Copies the file `wanted` from `source`, which is the file or its folder, to `part`. Returns whether it was there.
///
/// A file with another hash is not the wanted one.
pub(crate) fn copy(source: &Path, wanted: &Wanted, part: &Path) -> io::Result<bool> {
    let file = if source.is_dir() { source.join(wanted.file) } else { source.to_owned() };
    let named = file.file_name().is_some_and(|name| name == wanted.file);
    // A file that cannot be read counts as missing. A pipe would block the process.
    let regular = fs_err::metadata(&file).is_ok_and(|file| file.is_file() && file.len() == wanted.bytes);
    if !named || !regular {
        return Ok(false);
    }
    let mut hasher = Sha256::new();
    if hash_into(&mut hasher, &file, wanted.bytes).is_err() || text(hasher) != wanted.sha256 {
        return Ok(false);
    }
    let mut from = fs_err::File::open(&file)?;
    let mut to = fs_err::File::create(part)?;
    io::copy(&mut from, &mut to)?;
    to.flush()?;
    to.sync_all()?;
    // The file can have changed since it was hashed.
    let mut hasher = Sha256::new();
    hash_into(&mut hasher, part, wanted.bytes)?;
    Ok(text(hasher) == wanted.sha256)
}

/// Returns the length of the partial file, 0 if there is none. A partial file is a regular file: anything else is removed.
pub(crate) fn length(part: &Path) -> u64 {
    match fs_err::symlink_metadata(part) {
        Ok(file) if file.is_file() => file.len(),
        Ok(_) => {
            fs_err::remove_file(part).ok();
            0
        }
        Err(_) => 0,
    }
}

/// Hashes the first `bytes` bytes of a file.
pub(crate) fn hash_into(hasher: &mut Sha256, path: &Path, bytes: u64) -> io::Result<()> {
    if bytes == 0 {
        return Ok(());
    }
    let mut file = fs_err::File::open(path)?.take(bytes);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Returns the SHA-256 as 64 hex digits.
pub(crate) fn text(hasher: Sha256) -> String {
    hasher.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
