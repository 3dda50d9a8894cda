//! Occlusion of one picture here and in Captum, in turn, with the same weights.

mod network;
mod ours;
mod page;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use attribution::Reuse;
use clap::{Args, ValueEnum};
use pipeline::talk;
use serde::{Deserialize, Serialize};

use crate::environment::{PEERS, python_with};
use crate::machine;
use network::{Above, read_map};

/// What Captum may evaluate at a time.
const PERTURBATIONS: [usize; 7] = [1, 8, 16, 32, 64, 128, 361];
const LAYOUTS: [&str; 2] = ["channels-first", "channels-last"];
/// The class whose probability is followed.
const TARGET: usize = 0;

/// Windows: of `patch` pixels, one every `stride`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    pub(crate) patch: usize,
    pub(crate) stride: usize,
}

const GEOMETRIES: [Geometry; 2] = [Geometry { patch: 50, stride: 10 }, Geometry { patch: 32, stride: 8 }];

/// One measurement, as each side reports it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Covered {
    seconds: f64,
    version: String,
    /// Seconds until the network was ready: of ours, taking it apart and opening it.
    #[serde(default)]
    ready: f64,
}

/// What is measured.
#[derive(Args, Clone, Debug)]
pub(crate) struct Plan {
    /// How often the sides take turns; medians are told
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Threads of each side
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Where setup has installed the runtime and the networks
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Scratch: weights, maps and Captum's environment
    #[arg(long, default_value = "target/bench")]
    scratch: PathBuf,
    /// Where the result is written
    #[arg(long, default_value = "BENCHMARKS-occlusion.md")]
    page: PathBuf,
}

/// One measurement of ours, as `bench occlusion` starts it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Side {
    #[arg(long)]
    network: Above,
    #[arg(long)]
    patch: usize,
    #[arg(long)]
    stride: usize,
    #[arg(long)]
    reuse: Switch,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Where the map goes
    #[arg(long)]
    map: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// Measures ours once.
pub(crate) fn side(side: &Side) -> Result<()> {
    let reuse = match side.reuse {
        Switch::On => Reuse::On,
        Switch::Off => Reuse::Off,
    };
    let geometry = Geometry { patch: side.patch, stride: side.stride };
    ours::run(side.network, geometry, reuse, &side.data, side.threads, &side.map)
}

/// All turns at one network and geometry.
struct Row {
    above: Above,
    geometry: Geometry,
    reuse: Vec<Covered>,
    whole: Vec<Covered>,
    /// Captum at its best settings of each layout, and the settings.
    captum: Vec<(&'static str, usize, Vec<Covered>)>,
    /// The greatest difference of our map from Captum's, with reuse and without.
    apart: [f32; 2],
}

/// Measures everything and writes the page.
pub(crate) fn run(plan: &Plan) -> Result<()> {
    let python = python_with(&plan.scratch, "pytorch", "captum")?;
    let mut rows = Vec::new();
    for above in [Above::Tuned, Above::Full] {
        let weights = above.exported(&plan.data, &plan.scratch)?;
        for geometry in GEOMETRIES {
            rows.push(row(plan, &python, &weights, above, geometry)?);
        }
    }
    fs_err::write(&plan.page, page::markdown(&rows, plan, &machine::described()))
        .context("the measurements are lost")?;
    talk(&format!("bench        wrote {}", plan.page.display()));
    Ok(())
}

fn row(plan: &Plan, python: &Path, weights: &Path, above: Above, geometry: Geometry) -> Result<Row> {
    let map = |name: &str| plan.scratch.join("occlusion").join(format!("{name}.npy"));
    let captum = |layout: &str, perturbations: usize| {
        let mut command = Command::new(python);
        command.arg(Path::new(PEERS).join("captum_side.py")).arg("--weights").arg(weights);
        command.args(["--layout", layout, "--perturbations", &perturbations.to_string()]);
        command.args(["--target", &TARGET.to_string()]);
        measure(command, geometry, plan.threads, &map("captum"))
    };
    let ours = |reuse: &str| {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["occlusion-ours", "--network", above.name(), "--reuse", reuse]).arg("--data").arg(&plan.data);
        measure(command, geometry, plan.threads, &map(reuse))
    };
    let mut best = Vec::new();
    for layout in LAYOUTS {
        let mut trials = Vec::new();
        for perturbations in PERTURBATIONS {
            trials.push((perturbations, captum(layout, perturbations)?.seconds));
        }
        let fastest = trials.iter().min_by(|a, b| a.1.total_cmp(&b.1)).context("there are no settings")?;
        talk(&format!("bench        Captum, {layout}: {trials:.2?}"));
        best.push((layout, fastest.0, Vec::new()));
    }
    let mut row = Row { above, geometry, reuse: Vec::new(), whole: Vec::new(), captum: best, apart: [0.0; 2] };
    for round in 0..plan.rounds {
        row.reuse.push(ours("on")?);
        for (layout, perturbations, found) in &mut row.captum {
            found.push(captum(layout, *perturbations)?);
        }
        row.whole.push(ours("off")?);
        let last = |found: &[Covered]| found.last().map_or(f64::NAN, |one| one.seconds);
        talk(&format!(
            "bench        {} {geometry:?} round {} of {}: {:.3} s, without reuse {:.3} s, Captum {:.3?} s (load {:.1})",
            above.name(),
            round + 1,
            plan.rounds,
            last(&row.reuse),
            last(&row.whole),
            row.captum.iter().map(|(.., found)| last(found)).collect::<Vec<_>>(),
            machine::load(),
        ));
    }
    let theirs = read_map(&map("captum"))?;
    for (apart, name) in row.apart.iter_mut().zip(["on", "off"]) {
        *apart = (read_map(&map(name))? - &theirs).iter().fold(0.0, |most: f32, value| most.max(value.abs()));
    }
    Ok(row)
}

fn measure(mut command: Command, geometry: Geometry, threads: usize, map: &Path) -> Result<Covered> {
    for (name, value) in [("--patch", geometry.patch), ("--stride", geometry.stride), ("--threads", threads)] {
        command.args([name, &value.to_string()]);
    }
    let output = command.arg("--map").arg(map).stderr(Stdio::piped()).output()?;
    let (said, text) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    ensure!(output.status.success(), "a side ended with {}:\n{said}", output.status);
    let line = text.lines().last().with_context(|| format!("a side said nothing:\n{said}"))?;
    serde_json::from_str(line).with_context(|| format!("a side said {line}"))
}
