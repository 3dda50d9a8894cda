//! The exit codes of a stage.

use std::process::ExitCode;

/// The result of a stage as an exit code. README.md has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The stage is done or up to date: 0.
    Done,
    /// The stage failed: 1.
    Failed,
    /// The command line or the configuration is wrong: 2.
    Usage,
    /// The outputs exist, but a gate was not met: 3.
    Gate,
    /// The stage is done, some inputs were rejected, and `--strict` is set: 4.
    Rejected,
    /// The user stopped the stage with Ctrl-C: 130, the convention of shells.
    Stopped,
}

impl Exit {
    /// Returns the exit code.
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

    /// Returns whether the outputs exist, so that a later stage can read them.
    pub const fn has_outputs(self) -> bool {
        matches!(self, Self::Done | Self::Gate | Self::Rejected)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
