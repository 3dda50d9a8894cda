//! Reads of regular files. A pipe would wait forever for a writer, and a device such as `/dev/zero` never ends.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The system could not read a file.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {source}", path.display())]
struct Unreadable {
    path: PathBuf,
    source: io::Error,
}

/// Returns `error` with the path in its message. The error of the system stays among its causes.
pub(crate) fn named(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), Unreadable { path: path.to_owned(), source: error })
}

/// Opens the file at `path`. Follows links.
///
/// # Errors
/// Returns an error that names the path when it is not a regular file or cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    let name = |error| named(path, error);
    let other = || {
        let kind = if path.is_dir() { "a folder" } else { "a pipe, socket or device" };
        io::Error::new(io::ErrorKind::InvalidInput, format!("cannot read {}: it is {kind}, not a file", path.display()))
    };
    // Opening some devices has side effects, so this check comes first.
    if !std::fs::metadata(path).map_err(name)?.is_file() {
        return Err(other());
    }
    let file = without_waiting().open(path).map_err(name)?;
    if file.metadata().map_err(name)?.is_file() { Ok(file) } else { Err(other()) }
}

/// Reads the regular file at `path`.
///
/// # Errors
/// Returns the errors of [`open`], and an error that names the path when the file has more than `most` bytes.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(length.min(most) as usize);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| named(path, error))?;
    if length > most || bytes.len() as u64 > most {
        let text = format!("{} has more than {most} bytes", path.display());
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

/// Reads the regular file at `path` as UTF-8.
///
/// # Errors
/// Returns the errors of [`read`], and an error that names the path when the file is not UTF-8.
pub fn text(path: &Path, most: u64) -> io::Result<String> {
    let not_text = |_| io::Error::new(io::ErrorKind::InvalidData, format!("{} is not UTF-8 text", path.display()));
    String::from_utf8(read(path, most)?).map_err(not_text)
}

/// Options for reading that do not wait for the writer of a pipe.
#[cfg(unix)]
fn without_waiting() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    options
}

#[cfg(not(unix))]
fn without_waiting() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(text(&path, 5).unwrap(), "12345");
        assert!(text(&path, 4).unwrap_err().to_string().contains("a.txt has more than 4 bytes"));
        std::fs::write(&path, [0xff]).unwrap();
        assert!(text(&path, 4).unwrap_err().to_string().contains("a.txt is not UTF-8"));
        assert_eq!(open(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn pipes_devices_and_folders_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [pipe.as_path(), &link, Path::new("/dev/zero")] {
            let said = read(path, 9).unwrap_err().to_string();
            assert!(said.contains("is a pipe, socket or device") && said.contains(path.to_str().unwrap()), "{said}");
        }
        assert!(read(folder.path(), 9).unwrap_err().to_string().contains("it is a folder"));
    }
}
