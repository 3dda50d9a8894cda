//! `manifest.csv`: the path, size and BLAKE3 hash of every output of a stage.

use std::fmt;
use std::io::{self, ErrorKind};
use std::panic::resume_unwind;
use std::path::{Component, Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::spreadsheet;

/// One output file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEntry {
    /// Path below the stage's folder, with `/` between its parts.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the content, 64 hex digits.
    pub blake3: String,
}

/// The outputs of a stage, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest(pub Vec<ManifestEntry>);

/// Number of threads that sync files while others are hashed. The disk handles many files at once, and a waiting thread
/// uses no processor time.
const WRITERS: usize = 16;

impl Manifest {
    /// The file name in the stage's folder.
    pub const FILE: &'static str = "manifest.csv";

    /// Hashes every output below `folder`. With `durable`, also syncs each output to the disk.
    ///
    /// Names in `skip` and names that begin with `.` are not outputs.
    pub fn of(folder: &Path, skip: &[&str], durable: bool) -> Result<Self> {
        let mut paths = Vec::new();
        collect(folder, "", skip, &mut paths)?;
        paths.sort();
        let entry = |path: &String| -> Result<ManifestEntry> {
            let (bytes, blake3) = hash(&folder.join(path))?;
            Ok(ManifestEntry { path: path.clone(), bytes, blake3 })
        };
        let entries: Result<Vec<ManifestEntry>> = thread::scope(|scope| {
            let writers = if durable { WRITERS.min(paths.len()) } else { 0 };
            let (paths, writers) = (&paths, 0..writers);
            let write = move |first| {
                paths.iter().skip(first).step_by(WRITERS).try_for_each(|path| crate::files::sync(&folder.join(path)))
            };
            let written: Vec<_> = writers.map(|first| scope.spawn(move || write(first))).collect();
            let entries = paths.par_iter().map(entry).collect();
            for part in written {
                part.join().unwrap_or_else(|panic| resume_unwind(panic))?;
            }
            entries
        });
        Ok(Self(entries?))
    }

    /// Adds the output `path`, whose content is in `file` now. Syncs the file to the disk.
    pub(crate) fn add(&mut self, file: &Path, path: String) -> Result<()> {
        crate::files::sync(file)?;
        let (bytes, blake3) = hash(file)?;
        self.0.push(ManifestEntry { path, bytes, blake3 });
        self.0.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(())
    }

    /// Returns the manifest as CSV text.
    pub fn to_csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if self.0.is_empty() {
            writer.write_record(["path", "bytes", "blake3"])?;
        }
        for entry in &self.0 {
            writer.serialize(entry)?;
        }
        Ok(String::from_utf8(spreadsheet::protect_csv(writer.into_inner()?)?)?)
    }

    /// Reads a manifest from CSV text. Errors name `path`.
    pub fn from_csv(text: &str, path: &Path) -> Result<Self> {
        let entries: Result<Vec<ManifestEntry>, _> = csv::Reader::from_reader(text.as_bytes()).deserialize().collect();
        let mut entries = entries.with_context(|| format!("{} is damaged", path.display()))?;
        for entry in &mut entries {
            entry.path = spreadsheet::restore(&entry.path).into_owned();
            let inside = is_inside(&entry.path);
            if !inside {
                bail!("{} is damaged: it names `{}`", path.display(), entry.path);
            }
        }
        Ok(Self(entries))
    }

    /// Returns the first output below `folder` that is missing, altered or cannot be read.
    pub fn first_fault(&self, folder: &Path) -> Option<Fault> {
        self.0.par_iter().find_map_first(|entry| {
            let path = locate(folder, &entry.path);
            let metadata = match std::fs::metadata(&path) {
                Ok(metadata) => metadata,
                Err(error) => return Some(Fault::of(path, error)),
            };
            if !metadata.is_file() || metadata.len() != entry.bytes {
                return Some(Fault::Altered(path));
            }
            match hash(&path) {
                Ok((_, blake3)) => (blake3 != entry.blake3).then_some(Fault::Altered(path)),
                Err(error) => Some(Fault::Unreadable(error)),
            }
        })
    }
}

/// What is wrong with an output.
#[derive(Debug)]
pub enum Fault {
    /// There is no such file.
    Missing(PathBuf),
    /// The content differs from the one that the stage wrote.
    Altered(PathBuf),
    /// The system refuses to read the file. The error names it.
    Unreadable(io::Error),
}

impl Fault {
    fn of(path: PathBuf, error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Missing(path),
            _ => Self::Unreadable(crate::regular::named(&path, error)),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(to, "{} is missing", path.display()),
            Self::Altered(path) => write!(to, "{} was altered", path.display()),
            Self::Unreadable(error) => error.fmt(to),
        }
    }
}

/// The prefix of the path of an output in the folder of another stage.
const ELSEWHERE: &str = "../";

/// Returns whether a path stays below the folder of all stages: `<file>`, or `../<stage>/<file>` for an output in the
/// folder of another stage.
fn is_inside(path: &str) -> bool {
    let inside = path.strip_prefix(ELSEWHERE).unwrap_or(path);
    let least = if inside.len() == path.len() { 1 } else { 2 };
    let mut parts = Path::new(inside).components();
    parts.clone().count() >= least && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Returns where the output `path` of the stage in `folder` is.
pub(crate) fn locate(folder: &Path, path: &str) -> PathBuf {
    match (path.strip_prefix(ELSEWHERE), folder.parent()) {
        (Some(rest), Some(above)) => above.join(rest),
        _ => folder.join(path),
    }
}

/// Returns the size and the hexadecimal BLAKE3 of one file. Reads the file in blocks.
fn hash(path: &Path) -> io::Result<(u64, String)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(crate::regular::open(path)?).map_err(|error| crate::regular::named(path, error))?;
    Ok((hasher.count(), hasher.finalize().to_hex().to_string()))
}

fn collect(folder: &Path, prefix: &str, skip: &[&str], paths: &mut Vec<String>) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            bail!("{} has a name that is not UTF-8", PathBuf::from(entry.file_name()).display());
        };
        if name.starts_with('.') || (prefix.is_empty() && skip.contains(&name.as_str())) {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), skip, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_missing_and_altered_outputs() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("b")).unwrap();
        std::fs::write(at("b/x.txt"), "one").unwrap();
        std::fs::write(at("a, \"quoted\".txt"), "two").unwrap();
        std::fs::write(at("=1+1"), "three").unwrap();
        std::fs::write(at("log.jsonl"), "not hashed").unwrap();
        std::fs::write(at(".tmp-1"), "not hashed").unwrap();
        let manifest = Manifest::of(folder.path(), &["log.jsonl"], true).unwrap();
        let paths: Vec<_> = manifest.0.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, ["=1+1", "a, \"quoted\".txt", "b/x.txt"]);
        let text = manifest.to_csv().unwrap();
        assert!(text.contains("\n'=1+1,5,"), "{text}");
        let read = Manifest::from_csv(&text, Path::new("m")).unwrap();
        assert_eq!(read, manifest);
        let fault = || read.first_fault(folder.path()).map(|fault| fault.to_string());
        assert_eq!(fault(), None);
        std::fs::write(at("b/x.txt"), "0ne").unwrap();
        assert!(fault().unwrap().contains("altered"));
        std::fs::remove_file(at("b/x.txt")).unwrap();
        assert!(fault().unwrap().contains("missing"));
    }

    #[test]
    fn a_manifest_cannot_point_outside() {
        for path in ["../x", "../../x/y", "/x", "a/../x", "../a/../x", ".."] {
            let text = format!("path,bytes,blake3\n{path},1,00\n");
            assert!(Manifest::from_csv(&text, Path::new("m.csv")).is_err(), "{path}");
        }
        for path in ["x", "a/x", "../third/page.html"] {
            let text = format!("path,bytes,blake3\n{path},1,00\n");
            assert!(Manifest::from_csv(&text, Path::new("m.csv")).is_ok(), "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC*") {
            let _ = Manifest::from_csv(&text, Path::new("m.csv"));
        }
    }
}
