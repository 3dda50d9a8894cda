//! SHA-256 as text.

use std::fmt::Write;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Returns the SHA-256 of `bytes` as 64 hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    text(Sha256::digest(bytes))
}

/// Returns the SHA-256 of a file as 64 hex digits.
///
/// # Errors
/// Returns an error when the file cannot be read, and when it is not a regular file. A pipe would block the process.
pub fn sha256_file(path: &Path) -> io::Result<String> {
    let mut file = open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(text(hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// Opens a regular file.
fn open(path: &Path) -> io::Result<fs_err::File> {
    if !fs_err::metadata(path)?.is_file() {
        return Err(io::Error::other(format!("{} is not a regular file", path.display())));
    }
    fs_err::File::open(path)
}

fn text(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_file_has_the_hash_of_its_bytes() {
        // The example of FIPS 180-2.
        const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        fs_err::write(&path, "abc").unwrap();
        assert_eq!(sha256(b"abc"), ABC);
        assert_eq!(sha256_file(&path).unwrap(), ABC);
    }

    #[test]
    fn a_folder_and_a_device_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(sha256_file(folder.path()).unwrap_err().to_string().ends_with(" is not a regular file"));
        #[cfg(unix)]
        assert_eq!(sha256_file(Path::new("/dev/zero")).unwrap_err().to_string(), "/dev/zero is not a regular file");
    }
}
