//! Temporary folders in which tests run stages.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fs_err as fs;
use tempfile::TempDir;

/// A temporary folder with a `pipeline.toml`. Dropping the value deletes the folder.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// Creates a folder whose `pipeline.toml` contains `config`.
    pub fn new(config: &str) -> Self {
        let folder = TempDir::with_prefix("tunescope-test-").unwrap();
        fs::write(folder.path().join("pipeline.toml"), config).unwrap();
        Self { folder }
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of `relative` inside the folder.
    pub fn join(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Writes a file inside the folder and returns its path. Creates missing parent folders.
    pub fn write(&self, relative: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Returns the text of a file inside the folder.
    pub fn text(&self, relative: impl AsRef<Path>) -> String {
        fs::read_to_string(self.join(relative)).unwrap()
    }

    /// Returns a command that runs `binary` with the folder as its working directory.
    pub fn command(&self, binary: impl AsRef<Path>) -> Command {
        let mut command = Command::new(binary.as_ref());
        command.current_dir(self.path()).env("NO_COLOR", "1");
        command
    }

    /// Runs `binary` in the folder with `args` and waits until it exits.
    pub fn run(&self, binary: impl AsRef<Path>, args: &[&str]) -> Output {
        self.command(binary).args(args).output().unwrap()
    }
}
