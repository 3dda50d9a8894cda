//! Atomic file writes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use crate::HintExt;

/// A temporary file in the folder of its target. [`commit`] renames it to the target.
///
/// A file that is dropped without a commit leaves nothing behind.
///
/// [`commit`]: AtomicFile::commit
#[derive(Debug)]
pub struct AtomicFile {
    temporary: BufWriter<NamedTempFile>,
    target: PathBuf,
}

impl AtomicFile {
    /// Creates the temporary file for `target`, and the folders above it.
    pub fn create(target: impl Into<PathBuf>) -> Result<Self> {
        let target = target.into();
        let folder = target.parent().unwrap_or(Path::new("."));
        fs_err::create_dir_all(folder).hint_write()?;
        let temporary = tempfile::Builder::new()
            .prefix(".tmp-")
            .tempfile_in(folder)
            .with_context(|| format!("cannot write in {}", folder.display()))
            .hint_write()?;
        Ok(Self { temporary: BufWriter::new(temporary), target })
    }

    /// Renames the file to its target. Everything written so far appears there at once.
    pub fn commit(self) -> Result<()> {
        let target = self.target;
        let wrote = self.temporary.into_inner().map_err(io::IntoInnerError::into_error);
        wrote
            .and_then(|temporary| {
                make_readable(temporary.as_file())?;
                temporary.persist(&target).map_err(|failed| failed.error)?;
                Ok(())
            })
            .with_context(|| format!("cannot write {}", target.display()))
            .hint_write()
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

/// Makes the file readable for everybody. Temporary files are readable only for their owner.
#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> io::Result<()> {
    Ok(())
}

/// Writes `bytes` to `path` atomically, and creates the folders above it.
pub fn write_atomic(path: impl Into<PathBuf>, bytes: &[u8]) -> Result<()> {
    let path = path.into();
    let mut file = AtomicFile::create(&path)?;
    file.write_all(bytes).with_context(|| format!("cannot write {}", path.display())).hint_write()?;
    file.commit()
}

/// Removes a file, a link, or a folder with its content, if it exists.
pub fn remove(path: &Path) -> Result<()> {
    match path.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(found) if found.is_dir() => fs_err::remove_dir_all(path).hint_write(),
        Ok(_) => fs_err::remove_file(path).hint_write(),
    }
}

/// Syncs the file or folder at `path` to the disk, so that it survives a loss of power.
pub(crate) fn sync(path: &Path) -> Result<()> {
    let file = fs_err::File::open(path)?;
    file.sync_all().with_context(|| format!("cannot write {} to the disk", path.display())).hint_write()
}

/// Syncs `folder` and every folder below it to the disk, so that the names of their files survive a loss of power.
pub(crate) fn sync_folders(folder: &Path) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_appears_before_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/a.txt");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
        write_atomic(&path, b"whole").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn an_error_names_the_folder_and_hints() {
        let error = write_atomic("/proc/nowhere/a.txt", b"").unwrap_err();
        let text = crate::error::render(&error);
        assert!(text.contains("/proc/nowhere") && text.contains("hint: "), "{text}");
    }
}
