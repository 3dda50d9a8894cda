//! t-SNE here and in openTSNE, in turn, of the same points.

mod ours;
mod page;
mod points;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::Args;
use embedding::{NEIGHBOURS, neighbour_accuracy, trustworthiness};
use ndarray::Array2;
use ndarray_npy::{ReadNpyExt, ReadableElement, WriteNpyExt};
use pipeline::talk;
use serde::{Deserialize, Serialize};

use crate::environment::{PEERS, python};
use crate::machine;

const PERPLEXITY: f64 = 30.0;
/// With exaggeration, and without.
const ITERATIONS: [usize; 2] = [250, 500];
/// openTSNE's `negative_gradient_method` and `neighbors`; it takes the first of each up to 10,000 points.
const SETTINGS: [[&str; 2]; 4] = [["bh", "annoy"], ["bh", "exact"], ["fft", "annoy"], ["fft", "exact"]];
/// More points than this are not tried with Barnes-Hut, which openTSNE itself leaves to fewer.
const BARNES_HUT: usize = 10_000;

/// One measurement, as each side reports it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Mapped {
    seconds: f64,
    version: String,
}

/// What is measured.
#[derive(Args, Clone, Debug)]
pub(crate) struct Plan {
    /// Numbers of points
    #[arg(long, value_delimiter = ',', default_value = "5000,20000")]
    points: Vec<usize>,
    /// How often the sides take turns; medians are told
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Threads of each side
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Scratch: points, maps and openTSNE's environment
    #[arg(long, default_value = "target/bench")]
    scratch: PathBuf,
    /// Where the result is written
    #[arg(long, default_value = "BENCHMARKS-tsne.md")]
    page: PathBuf,
}

/// One measurement of ours, as `bench tsne` starts it.
#[derive(Args, Clone, Debug)]
pub(crate) struct Side {
    #[arg(long)]
    points: PathBuf,
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Where the map goes
    #[arg(long)]
    map: PathBuf,
}

/// Measures ours once.
pub(crate) fn side(side: &Side) -> Result<()> {
    ours::run(&side.points, side.threads, &side.map)
}

/// How good a map is.
#[derive(Clone, Copy, Debug)]
struct Quality {
    trustworthiness: f64,
    neighbour_accuracy: f64,
}

/// All turns at one number of points.
struct Row {
    points: usize,
    ours: Vec<Mapped>,
    theirs: Vec<Mapped>,
    /// openTSNE's settings that were fastest.
    settings: [&'static str; 2],
    /// Of the last round, ours and theirs.
    quality: [Quality; 2],
    /// Whether all maps of ours were the same to the last bit.
    repeats: bool,
}

/// Measures everything and writes the page.
pub(crate) fn run(plan: &Plan) -> Result<()> {
    let python = python(&plan.scratch, "opentsne")?;
    let rows = plan.points.iter().map(|n| row(plan, &python, *n)).collect::<Result<Vec<_>>>()?;
    fs_err::write(&plan.page, page::markdown(&rows, plan, &machine::described()))
        .context("the measurements are lost")?;
    talk(&format!("bench        wrote {}", plan.page.display()));
    Ok(())
}

fn row(plan: &Plan, python: &Path, n: usize) -> Result<Row> {
    let folder = plan.scratch.join("tsne");
    fs_err::create_dir_all(&folder)?;
    let (points, labels) = points::draw(n);
    let file = folder.join(format!("points-{n}.npy"));
    points.write_npy(fs_err::File::create(&file)?)?;
    let places = ["ours", "opentsne"].map(|name| folder.join(format!("{name}-{n}.npy")));
    let theirs = |[gradient, neighbors]: [&str; 2]| {
        let mut command = Command::new(python);
        command.arg(Path::new(PEERS).join("opentsne_side.py")).args(["--gradient", gradient, "--neighbors", neighbors]);
        command.args(["--perplexity", &PERPLEXITY.to_string(), "--iterations"]);
        command.args(ITERATIONS.map(|count| count.to_string()));
        measure(command, &file, plan.threads, &places[1])
    };
    let ours = || {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("tsne-ours");
        measure(command, &file, plan.threads, &places[0])
    };
    let mut best = (f64::INFINITY, SETTINGS[0]);
    for settings in SETTINGS.into_iter().filter(|[gradient, _]| n <= BARNES_HUT || *gradient != "bh") {
        let seconds = theirs(settings)?.seconds;
        talk(&format!("bench        openTSNE, {n} points, {}: {seconds:.1} s", settings.join(" and ")));
        if seconds < best.0 {
            best = (seconds, settings);
        }
    }
    let mut row = Row {
        points: n,
        ours: Vec::new(),
        theirs: Vec::new(),
        settings: best.1,
        quality: [Quality { trustworthiness: f64::NAN, neighbour_accuracy: f64::NAN }; 2],
        repeats: true,
    };
    let mut before = None;
    for round in 0..plan.rounds {
        let (own, other) = (ours()?, theirs(row.settings)?);
        talk(&format!(
            "bench        {n} points, round {} of {}: {:.2} s, openTSNE {:.2} s (load {:.1})",
            round + 1,
            plan.rounds,
            own.seconds,
            other.seconds,
            machine::load(),
        ));
        row.ours.push(own);
        row.theirs.push(other);
        let bytes = fs_err::read(&places[0])?;
        row.repeats &= before.is_none_or(|before| before == bytes);
        before = Some(bytes);
    }
    for (quality, file) in row.quality.iter_mut().zip(&places) {
        let map = read::<f64>(file)?;
        let none = || format!("{} cannot be judged", file.display());
        *quality = Quality {
            trustworthiness: trustworthiness(&points, &map, NEIGHBOURS).with_context(none)?,
            neighbour_accuracy: neighbour_accuracy(&map, &labels).with_context(none)?,
        };
    }
    Ok(row)
}

fn read<T: ReadableElement>(file: &Path) -> Result<Array2<T>> {
    Array2::read_npy(fs_err::File::open(file)?).with_context(|| format!("{} is damaged", file.display()))
}

fn measure(mut command: Command, points: &Path, threads: usize, map: &Path) -> Result<Mapped> {
    command.arg("--points").arg(points).arg("--map").arg(map).args(["--threads", &threads.to_string()]);
    let output = command.stderr(Stdio::piped()).output()?;
    let (said, text) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    ensure!(output.status.success(), "a side ended with {}:\n{said}", output.status);
    let line = text.lines().last().with_context(|| format!("a side said nothing:\n{said}"))?;
    serde_json::from_str(line).with_context(|| format!("a side said {line}"))
}
