//! Artifacts: files that one stage writes and another stage reads. An artifact has a type, a stage that writes it, and a file name.

use std::path::Path;

use anyhow::{Result, anyhow};
use pipeline::{HintExt, Run, regular, run_again, write_atomic};

/// A file that one stage writes and another stage, or the report, reads.
pub trait Artifact: Sized {
    /// The stage that writes the file.
    const STAGE: &'static str;
    /// The file's name. A file that exists once for each image is in a folder of its own ([`Artifact::read_in`]).
    const FILE: &'static str;

    /// Returns the bytes of the file. Equal values give equal bytes.
    fn encode(&self) -> Result<Vec<u8>>;

    /// Reads the bytes of the file.
    ///
    /// # Errors
    /// Returns an error that says what is wrong in which line. The message does not name the file.
    fn decode(bytes: &[u8]) -> Result<Self>;

    /// Reads the file in the stage's folder below `artifacts`.
    ///
    /// # Errors
    /// Returns an error that names the file when it is missing or damaged. The hint is the command that writes the file again.
    fn read(artifacts: &Path) -> Result<Self> {
        Self::read_in(&artifacts.join(Self::STAGE))
    }

    /// Reads the file in `folder`, with the errors of [`Artifact::read`].
    fn read_in(folder: &Path) -> Result<Self> {
        let path = folder.join(Self::FILE);
        let bytes = regular::read(&path, u64::MAX).hint(run_again(Self::STAGE))?;
        Self::decode(&bytes)
            .map_err(|why| anyhow!("{} is damaged: {why:#}", path.display()))
            .hint(run_again(Self::STAGE))
    }

    /// Reads the file in `folder`. Returns `None` when there is no such file.
    fn find_in(folder: &Path) -> Result<Option<Self>> {
        folder.join(Self::FILE).is_file().then(|| Self::read_in(folder)).transpose()
    }

    /// Writes the file to the root of the stage's outputs.
    fn write(&self, to: &(impl Outputs + ?Sized)) -> Result<()> {
        to.put(Self::FILE, &self.encode()?)
    }

    /// Writes the file to `folder`, a path below the stage's outputs with `/` between its parts. An empty path is the root.
    fn write_in(&self, to: &(impl Outputs + ?Sized), folder: &str) -> Result<()> {
        to.put(&join(folder, Self::FILE), &self.encode()?)
    }
}

/// Joins two relative paths. `folder` can be empty.
pub(crate) fn join(folder: &str, file: &str) -> String {
    if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
}

/// A destination for the outputs of a stage.
pub trait Outputs {
    /// Writes `bytes` to `file`, a path below the stage's folder, as one atomic step.
    fn put(&self, file: &str, bytes: &[u8]) -> Result<()>;
}

impl<C> Outputs for Run<'_, C> {
    fn put(&self, file: &str, bytes: &[u8]) -> Result<()> {
        self.write(file, bytes)
    }
}

/// A stage's folder by its path.
impl Outputs for Path {
    fn put(&self, file: &str, bytes: &[u8]) -> Result<()> {
        write_atomic(self.join(file), bytes)
    }
}
