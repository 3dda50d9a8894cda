//! The sides of the training benchmark. Each measurement runs in a separate process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::depth::Depth;
use crate::environment::{PEERS, python};
use crate::images;
use crate::result::Measured;
use crate::work::Work;

/// A side of the benchmark.
pub(crate) struct TrainingSide {
    /// The name in tables.
    pub(crate) name: &'static str,
    /// The program to start: this binary or a Python.
    program: PathBuf,
    /// The script for the Python.
    script: Option<PathBuf>,
    /// The settings of the framework to choose from. They are the values of the script's option `--variant`.
    pub(crate) variants: &'static [&'static str],
}

/// Returns Tunescope, PyTorch and TensorFlow, ready to measure.
pub(crate) fn sides(work: &Work) -> Result<Vec<TrainingSide>> {
    let peer = |name, list: &str, variants| {
        let script = Some(Path::new(PEERS).join(format!("{list}_side.py")));
        Ok::<_, anyhow::Error>(TrainingSide { name, program: python(&work.scratch, list)?, script, variants })
    };
    Ok(vec![
        TrainingSide { name: "Tunescope", program: std::env::current_exe()?, script: None, variants: &[""] },
        peer("PyTorch", "pytorch", &["channels-last", "channels-first"])?,
        peer("TensorFlow", "tensorflow", &["plain", "inter-op", "xla"])?,
    ])
}

impl TrainingSide {
    /// Trains once and returns the result.
    pub(crate) fn measure(&self, depth: Depth, variant: &str, work: &Work) -> Result<Measured> {
        images::load_into_memory(&work.scratch)?;
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
        let (errors, text) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        ensure!(output.status.success(), "{} ended with {}:\n{errors}", self.name, output.status);
        let line = text.lines().last().with_context(|| format!("{} printed nothing:\n{errors}", self.name))?;
        serde_json::from_str(line).with_context(|| format!("{} printed `{line}`", self.name))
    }
}
