//! Who takes part, and one measurement of each in a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::Work;
use crate::depth::Depth;
use crate::environment::{PEERS, python};
use crate::pictures;
use crate::result::Measured;

/// One side of the benchmark.
pub(crate) struct Side {
    /// Its name in tables.
    pub(crate) name: &'static str,
    /// What to start: ours, or a Python with its script.
    program: PathBuf,
    script: Option<PathBuf>,
    /// Settings of the framework to choose from; each is what the script's `--variant` takes.
    pub(crate) variants: &'static [&'static str],
}

/// Ours, PyTorch and TensorFlow, ready to measure.
pub(crate) fn sides(work: &Work) -> Result<Vec<Side>> {
    let peer = |name, list: &str, variants| {
        let script = Some(Path::new(PEERS).join(format!("{list}_side.py")));
        Ok::<_, anyhow::Error>(Side { name, program: python(&work.scratch, list)?, script, variants })
    };
    Ok(vec![
        Side { name: "Tunescope", program: std::env::current_exe()?, script: None, variants: &[""] },
        peer("PyTorch", "pytorch", &["channels-last", "channels-first"])?,
        peer("TensorFlow", "tensorflow", &["plain", "inter-op", "xla"])?,
    ])
}

impl Side {
    /// Trains once and returns what it measured.
    pub(crate) fn measure(&self, depth: Depth, variant: &str, work: &Work) -> Result<Measured> {
        pictures::fetch(&work.scratch)?;
        let mut command = Command::new(&self.program);
        match &self.script {
            Some(script) => command.arg(script).args(["--variant", variant]),
            None => command.arg("ours"),
        };
        command.args(["--depth", depth.name()]);
        let numbers =
            [("--epochs", work.epochs), ("--batch", work.batch), ("--threads", work.threads), ("--count", work.count)];
        for (name, value) in numbers {
            command.args([name, &value.to_string()]);
        }
        command.arg("--scratch").arg(&work.scratch);
        if self.script.is_none() {
            command.arg("--data").arg(&work.data);
        }
        let output = command.stderr(Stdio::piped()).output()?;
        let (said, text) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        ensure!(output.status.success(), "{} ended with {}:\n{said}", self.name, output.status);
        let line = text.lines().last().with_context(|| format!("{} said nothing:\n{said}", self.name))?;
        serde_json::from_str(line).with_context(|| format!("{} said {line}", self.name))
    }
}
