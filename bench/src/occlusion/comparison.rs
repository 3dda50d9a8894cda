//! The comparison of our occlusion with Captum's, which take turns.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::Args;
use pipeline::print_message;

use super::measurement::{Captum, Conditions, Measurement, OcclusionRow, WindowSize};
use super::network::{DenseLayers, read_map};
use super::page;
use crate::environment::{PEERS, python_with};
use crate::machine;

/// The values of Captum's `perturbations_per_eval` that are tried.
const PERTURBATIONS: [usize; 7] = [1, 8, 16, 32, 64, 128, 361];
const LAYOUTS: [&str; 2] = ["channels-first", "channels-last"];
/// The class whose probability is measured.
const TARGET: usize = 0;

const WINDOWS: [WindowSize; 2] = [WindowSize { patch: 50, stride: 10 }, WindowSize { patch: 32, stride: 8 }];

/// The arguments of `bench occlusion`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ComparisonPlan {
    /// Number of rounds, in which all sides take turns. The page shows medians
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Threads of each side
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Folder with the runtime and the networks that `setup` installs
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Folder for weights, maps and Captum's environment
    #[arg(long, default_value = "target/bench")]
    scratch: PathBuf,
    /// File for the result
    #[arg(long, default_value = "BENCHMARKS-occlusion.md")]
    page: PathBuf,
}

/// Measures all networks and window sizes, and writes the page.
pub(crate) fn run(plan: &ComparisonPlan) -> Result<()> {
    let python = python_with(&plan.scratch, "pytorch", "captum")?;
    let mut rows = Vec::new();
    for dense in [DenseLayers::Tuned, DenseLayers::Full] {
        let weights = dense.exported(&plan.data, &plan.scratch)?;
        for windows in WINDOWS {
            rows.push(row(plan, &python, &weights, dense, windows)?);
        }
    }
    let conditions = Conditions {
        threads: plan.threads,
        rounds: plan.rounds,
        perturbations: &PERTURBATIONS,
        machine: machine::described(),
    };
    fs_err::write(&plan.page, page::markdown(&rows, &conditions)).context("the measurements are lost")?;
    print_message(&format!("bench        wrote {}", plan.page.display()));
    Ok(())
}

fn row(
    plan: &ComparisonPlan,
    python: &Path,
    weights: &Path,
    dense: DenseLayers,
    windows: WindowSize,
) -> Result<OcclusionRow> {
    let map = |name: &str| plan.scratch.join("occlusion").join(format!("{name}.npy"));
    let captum = |layout: &str, perturbations: usize| {
        let mut command = Command::new(python);
        command.arg(Path::new(PEERS).join("captum_side.py")).arg("--weights").arg(weights);
        command.args(["--layout", layout, "--perturbations", &perturbations.to_string()]);
        command.args(["--target", &TARGET.to_string()]);
        measure(command, windows, plan.threads, &map("captum"))
    };
    let ours = |reuse: &str| {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["occlusion-ours", "--network", dense.name(), "--reuse", reuse]).arg("--data").arg(&plan.data);
        measure(command, windows, plan.threads, &map(reuse))
    };
    let mut best = Vec::new();
    for layout in LAYOUTS {
        let mut trials = Vec::new();
        for perturbations in PERTURBATIONS {
            trials.push((perturbations, captum(layout, perturbations)?.seconds));
        }
        let fastest = trials.iter().min_by(|a, b| a.1.total_cmp(&b.1)).context("there are no settings to try")?;
        print_message(&format!("bench        Captum, {layout}: {trials:.2?}"));
        best.push(Captum { layout, perturbations: fastest.0, measurements: Vec::new() });
    }
    let mut row = OcclusionRow {
        dense,
        windows,
        with_reuse: Vec::new(),
        without_reuse: Vec::new(),
        captum: best,
        differences: [0.0; 2],
    };
    for round in 0..plan.rounds {
        row.with_reuse.push(ours("on")?);
        for side in &mut row.captum {
            side.measurements.push(captum(side.layout, side.perturbations)?);
        }
        row.without_reuse.push(ours("off")?);
        let last = |found: &[Measurement]| found.last().map_or(f64::NAN, |one| one.seconds);
        print_message(&format!(
            "bench        {} {windows:?} round {} of {}: {:.3} s, without reuse {:.3} s, Captum {:.3?} s (load {:.1})",
            dense.name(),
            round + 1,
            plan.rounds,
            last(&row.with_reuse),
            last(&row.without_reuse),
            row.captum.iter().map(|side| last(&side.measurements)).collect::<Vec<_>>(),
            machine::load(),
        ));
    }
    let theirs = read_map(&map("captum"))?;
    for (difference, name) in row.differences.iter_mut().zip(["on", "off"]) {
        *difference = (read_map(&map(name))? - &theirs).iter().fold(0.0, |most: f32, value| most.max(value.abs()));
    }
    Ok(row)
}

/// Runs one side and reads its measurement.
fn measure(mut command: Command, windows: WindowSize, threads: usize, map: &Path) -> Result<Measurement> {
    for (name, value) in [("--patch", windows.patch), ("--stride", windows.stride), ("--threads", threads)] {
        command.args([name, &value.to_string()]);
    }
    let output = command.arg("--map").arg(map).stderr(Stdio::piped()).output()?;
    let (said, text) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    ensure!(output.status.success(), "a side ended with {}:\n{said}", output.status);
    let line = text.lines().last().with_context(|| format!("a side printed nothing:\n{said}"))?;
    serde_json::from_str(line).with_context(|| format!("a side printed {line}"))
}
