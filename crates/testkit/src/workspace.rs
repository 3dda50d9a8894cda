//! A folder to run stages in.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fs_err as fs;
use tempfile::TempDir;

/// A temporary folder with a `pipeline.toml`, gone when dropped.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// A new folder whose `pipeline.toml` holds `config`.
    pub fn new(config: &str) -> Self {
        let folder = TempDir::with_prefix("tunescope-test-").unwrap();
        fs::write(folder.path().join("pipeline.toml"), config).unwrap();
        Self { folder }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path inside the folder.
    pub fn join(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Writes a file inside the folder, making the folders above it.
    pub fn write(&self, relative: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The text of a file inside the folder.
    pub fn text(&self, relative: impl AsRef<Path>) -> String {
        fs::read_to_string(self.join(relative)).unwrap()
    }

    /// A command that starts `binary` in the folder, where it finds `pipeline.toml`.
    pub fn command(&self, binary: impl AsRef<Path>) -> Command {
        let mut command = Command::new(binary.as_ref());
        command.current_dir(self.path()).env("NO_COLOR", "1");
        command
    }

    /// Runs `binary` in the folder with `args` to its end.
    pub fn run(&self, binary: impl AsRef<Path>, args: &[&str]) -> Output {
        self.command(binary).args(args).output().unwrap()
    }
}
