//! Errors as a person reads them: what failed, why, and a `hint:` that says what to do.
//!
//! A hint travels inside an [`anyhow::Error`] as one more context whose text begins with `hint: `,
//! so that any layer can add one without a type of its own.

use std::fmt::Display;
use std::process::ExitCode;

use crate::stop::Stopped;

/// Where a stage ends. See the table of exit codes in README.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or already up to date: 0.
    Done,
    /// Failed: 1.
    Failed,
    /// The command line or the configuration is wrong: 2.
    Usage,
    /// The outputs are there, but a gate was not met: 3.
    Gate,
    /// Done with some inputs rejected, under `--strict`: 4.
    Rejected,
    /// Stopped by Ctrl-C: 130, as shells have it.
    Stopped,
}

impl Exit {
    /// The number that the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Gate => 3,
            Self::Rejected => 4,
            Self::Stopped => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A mistake in the command line or in the configuration: ends a stage with exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

const HINT: &str = "hint: ";

/// Adds a line that says what to do about an error.
pub trait HintExt<T> {
    /// Attaches `hint`, shown after the error and its causes as `hint: …`.
    fn hint<D: Display>(self, hint: D) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> HintExt<T> for Result<T, E> {
    fn hint<D: Display>(self, hint: D) -> anyhow::Result<T> {
        self.map_err(|error| error.into().context(format!("{HINT}{hint}")))
    }
}

/// The text shown for `error`: the message, its causes one a line, its hints last.
pub fn render(error: &anyhow::Error) -> String {
    let (hints, mut causes): (Vec<String>, Vec<String>) =
        error.chain().map(ToString::to_string).partition(|text| text.starts_with(HINT));
    // Many libraries print their source inside their own message: say each thing once.
    let mut at = 1;
    while at < causes.len() {
        if causes[at - 1].contains(&causes[at]) {
            causes.remove(at);
        } else {
            at += 1;
        }
    }
    let mut text = String::new();
    for (depth, cause) in causes.iter().enumerate() {
        let lead = if depth == 0 { "error: " } else { "  caused by: " };
        text += &format!("{lead}{}\n", cause.trim_end());
    }
    for hint in hints {
        text += &format!("{}\n", hint.trim_end());
    }
    text
}

/// The exit code that `error` ends a stage with.
pub fn exit_of(error: &anyhow::Error) -> Exit {
    if error.downcast_ref::<Stopped>().is_some() {
        Exit::Stopped
    } else if error.downcast_ref::<UsageError>().is_some() {
        Exit::Usage
    } else {
        Exit::Failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn hints_come_last_and_causes_once() {
        let error = Err::<(), _>(std::io::Error::other("disk is full"))
            .hint("free some space")
            .context("cannot write a.csv")
            .unwrap_err();
        assert_eq!(render(&error), "error: cannot write a.csv\n  caused by: disk is full\nhint: free some space\n");
        assert_eq!(exit_of(&error), Exit::Failed);
    }

    #[test]
    fn a_usage_error_is_known_below_its_contexts() {
        let error = Err::<(), _>(UsageError("no key `x`".into())).hint("look at pipeline.toml").unwrap_err();
        assert_eq!(exit_of(&error), Exit::Usage);
    }
}
