//! Extracts single files from downloaded packages.

use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;

/// The maximum size of an extracted file. It stops archives that expand without end.
const MAX_BYTES: u64 = 256 << 20;

/// Extracts the file `member` from a wheel, which is a zip archive.
pub fn from_wheel(wheel: &Path, member: &str) -> Result<Vec<u8>> {
    let broken = || format!("cannot read `{member}` in {}", wheel.display());
    let mut archive = zip::ZipArchive::new(BufReader::new(fs_err::File::open(wheel)?)).with_context(broken)?;
    let entry = archive.by_name(member).with_context(broken)?;
    read(entry).with_context(broken)
}

/// Extracts the file `member` from a source distribution, which is a `.tar.gz` archive with one folder at its top.
///
/// `member` is the path below that folder.
pub fn from_sdist(sdist: &Path, member: &str) -> Result<Vec<u8>> {
    let broken = || format!("cannot read `{member}` in {}", sdist.display());
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(fs_err::File::open(sdist)?)));
    for entry in archive.entries().with_context(broken)? {
        let entry = entry.with_context(broken)?;
        let path = entry.path().with_context(broken)?;
        if path.iter().skip(1).eq(Path::new(member).iter()) {
            return read(entry).with_context(broken);
        }
    }
    bail!("{} does not contain `{member}`", sdist.display())
}

fn read(entry: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    entry.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("the file is larger than {} MiB", MAX_BYTES >> 20);
    }
    Ok(bytes)
}
