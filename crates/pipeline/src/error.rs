//! Errors for a person at a terminal: what failed, why, and a `hint:` that says what to do.
//!
//! A [`Hint`] is a context of an [`anyhow::Error`]. Every layer can add one.

use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::io::{self, ErrorKind};

use crate::Exit;
use crate::stop::Stopped;

/// A mistake in the command line or in the configuration. The exit code is 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// An error together with advice on what to do about it.
#[derive(Debug)]
pub struct Hint {
    advice: String,
    about: anyhow::Error,
}

impl Hint {
    /// Returns the advice without the word `hint`.
    pub fn advice(&self) -> &str {
        &self.advice
    }
}

impl Display for Hint {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "hint: {}", self.advice)
    }
}

impl StdError for Hint {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self.about.as_ref())
    }
}

/// Attaches advice to an error.
pub trait HintExt<T> {
    /// Attaches `advice`. [`render`] shows it after the error and its causes, as `hint: …`.
    fn hint<D: Display>(self, advice: D) -> anyhow::Result<T>;

    /// Attaches advice about a file or folder that could not be written. The advice fits the error of the system.
    fn hint_write(self) -> anyhow::Result<T>;

    /// Attaches advice about a file that could not be read: what fits the error of the system, or else `otherwise`.
    fn hint_read<D: Display>(self, otherwise: D) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> HintExt<T> for Result<T, E> {
    fn hint<D: Display>(self, advice: D) -> anyhow::Result<T> {
        self.map_err(|error| with_hint(error, advice))
    }

    fn hint_write(self) -> anyhow::Result<T> {
        self.map_err(|error| {
            let error = error.into();
            let advice = writing_advice(io_kind(&error));
            with_hint(error, advice)
        })
    }

    fn hint_read<D: Display>(self, otherwise: D) -> anyhow::Result<T> {
        self.map_err(|error| {
            let error = error.into();
            match reading_advice(&error) {
                Some(advice) => with_hint(error, advice),
                None => with_hint(error, otherwise),
            }
        })
    }
}

/// Attaches the advice that an error has itself.
pub trait HintFrom<T, E> {
    /// Attaches what `advice` returns for the error.
    fn hint_from<D: Display>(self, advice: impl FnOnce(&E) -> D) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> HintFrom<T, E> for Result<T, E> {
    fn hint_from<D: Display>(self, advice: impl FnOnce(&E) -> D) -> anyhow::Result<T> {
        self.map_err(|error| {
            let advice = advice(&error);
            with_hint(error, advice)
        })
    }
}

/// Returns the advice to let `stage` write its outputs again.
pub fn run_again(stage: &str) -> String {
    format!("run `just {stage} --force`")
}

/// Returns `error` with `advice` attached.
pub fn with_hint(error: impl Into<anyhow::Error>, advice: impl Display) -> anyhow::Error {
    anyhow::Error::new(Hint { advice: advice.to_string(), about: error.into() })
}

/// Returns the kind of the first error of the system among `error` and its causes.
pub(crate) fn io_kind(error: &anyhow::Error) -> Option<ErrorKind> {
    error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind)
}

/// Returns whether `error` says that this user cannot write to a path.
pub(crate) fn is_read_only(error: &anyhow::Error) -> bool {
    matches!(io_kind(error), Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem))
}

/// Returns what to do about an error of reading, where the cause is known.
fn reading_advice(error: &anyhow::Error) -> Option<&'static str> {
    /// `EMFILE` and `ENFILE` of Unix. [`ErrorKind`] has no name for them.
    const TOO_MANY_FILES: [i32; 2] = [24, 23];
    let mut systems = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error());
    if cfg!(unix) && systems.any(|code| TOO_MANY_FILES.contains(&code)) {
        return Some("too many files are open: raise the limit (`ulimit -n`), or use fewer `threads`");
    }
    match io_kind(error)? {
        ErrorKind::PermissionDenied => {
            Some("change the permissions of the file or of its folder so that this user can read it")
        }
        ErrorKind::OutOfMemory => Some("close other programs, or use fewer `threads`"),
        _ => None,
    }
}

/// Returns what to do about an error of writing.
fn writing_advice(kind: Option<ErrorKind>) -> &'static str {
    match kind {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => "the disk is full: free some space and run again",
        Some(ErrorKind::FileTooLarge) => "the file is larger than the system allows (`ulimit -f`)",
        Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            "the folder is read-only: change its permissions, or choose another one with --set artifacts=FOLDER"
        }
        Some(ErrorKind::InvalidFilename) => {
            "a name is too long for the file system: shorten the name of the folder or of the file"
        }
        Some(ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::IsADirectory) => {
            "a file is where a folder belongs, or a folder where a file belongs: move it elsewhere"
        }
        _ => "is the disk working, and may this user write there?",
    }
}

/// Returns the text to show for `error`: the message, each cause on a line of its own, then the hints.
pub fn render(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for (depth, cause) in causes(error).iter().enumerate() {
        let lead = if depth == 0 { "error: " } else { "  caused by: " };
        text += &format!("{lead}{}\n", cause.trim_end());
    }
    for hint in error.chain().filter(|error| error.is::<Hint>()) {
        text += &format!("{}\n", hint.to_string().trim_end());
    }
    text
}

/// Returns the message of `error` and its causes on one line, without the hints.
pub fn one_line(error: &anyhow::Error) -> String {
    causes(error).join(": ")
}

/// Returns the message of `error` and of each cause, without the hints.
fn causes(error: &anyhow::Error) -> Vec<String> {
    let mut causes: Vec<String> = error.chain().filter(|error| !error.is::<Hint>()).map(ToString::to_string).collect();
    // Many libraries repeat the text of their source in their own message.
    let mut at = 1;
    while at < causes.len() {
        if causes[at - 1].contains(&causes[at]) {
            causes.remove(at);
        } else {
            at += 1;
        }
    }
    causes
}

/// Returns the exit code for `error`.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if contains::<Stopped>(error) {
        Exit::Stopped
    } else if contains::<UsageError>(error) {
        Exit::Usage
    } else {
        Exit::Failed
    }
}

/// Returns whether `error` or one of its causes is an `E`.
fn contains<E: StdError + Send + Sync + 'static>(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.is::<E>() || cause.downcast_ref::<Hint>().is_some_and(|hint| contains::<E>(&hint.about)))
        || error.downcast_ref::<E>().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn hints_come_last_and_repeated_causes_are_dropped() {
        let error = Err::<(), _>(std::io::Error::other("disk is full"))
            .hint("free some space")
            .context("cannot write a.csv")
            .unwrap_err();
        assert_eq!(render(&error), "error: cannot write a.csv\n  caused by: disk is full\nhint: free some space\n");
        assert_eq!(exit_of(&error), Exit::Failed);
        assert_eq!(one_line(&error), "cannot write a.csv: disk is full");
        let repeated = std::io::Error::other(regular_error());
        assert_eq!(one_line(&repeated.into()), "cannot read a.csv: permission denied");
    }

    /// Returns an error whose message contains that of its cause.
    fn regular_error() -> io::Error {
        crate::regular::named(std::path::Path::new("a.csv"), ErrorKind::PermissionDenied.into())
    }

    #[test]
    fn the_advice_about_a_failed_read_fits_the_error() {
        let refused = Err::<(), _>(regular_error()).hint_read("run again").unwrap_err();
        assert!(render(&refused).contains("hint: change the permissions"), "{}", render(&refused));
        let other = Err::<(), _>(io::Error::other("damaged")).hint_read("run again").unwrap_err();
        assert!(render(&other).contains("hint: run again"), "{}", render(&other));
    }

    #[cfg(unix)]
    #[test]
    fn too_many_open_files_are_recognized_behind_the_name_of_the_file() {
        let many = crate::regular::named(std::path::Path::new("a.csv"), io::Error::from_raw_os_error(24));
        let text = render(&Err::<(), _>(many).context("stage").hint_read("run again").unwrap_err());
        assert!(text.contains("cannot read a.csv: Too many open files") && text.contains("`ulimit -n`"), "{text}");
    }

    #[test]
    fn an_error_can_give_its_own_hint() {
        let error = Err::<(), _>(std::fmt::Error).hint_from(|error| format!("about {error:?}")).unwrap_err();
        assert!(render(&error).ends_with("\nhint: about Error\n"), "{}", render(&error));
    }

    #[test]
    fn the_advice_about_a_failed_write_fits_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(300));
        std::fs::write(folder.path().join("file"), "").unwrap();
        let below = folder.path().join("file/below");
        let full = Err::<(), _>(io::Error::from(ErrorKind::StorageFull)).context("cannot write a.csv");
        for (result, advice) in [
            (crate::write_atomic(long, b""), "a name is too long"),
            (crate::write_atomic(below, b""), "a file is where a folder belongs"),
            (full.hint_write(), "the disk is full"),
        ] {
            let text = render(&result.unwrap_err());
            assert!(text.contains(&format!("hint: {advice}")), "{text}");
        }
    }

    #[test]
    fn a_usage_error_is_found_below_contexts_and_hints() {
        let error = Err::<(), _>(UsageError("no key `x`".into())).hint("look at pipeline.toml").unwrap_err();
        assert_eq!(exit_of(&error), Exit::Usage);
    }
}
