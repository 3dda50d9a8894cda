//! t-SNE of the same points by this project and by openTSNE, in turn.

mod comparison;
pub(crate) mod engines;
mod ours;
mod page;
mod plan;
mod points;

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use embedding::{NEIGHBOURS, neighbour_accuracy, trustworthiness};
use ndarray_npy::WriteNpyExt;
use pipeline::print_message;

use self::comparison::{Comparison, Fit, Quality, read};
use self::plan::{BARNES_HUT, ITERATIONS, PERPLEXITY, SETTINGS};
use crate::environment::{PEERS, python};
use crate::machine;

pub(crate) use self::plan::{Single, TsnePlan};

/// Measures our engine once.
pub(crate) fn single(single: &Single) -> Result<()> {
    ours::run(&single.points, single.threads, &single.map)
}

/// Measures everything and writes the page.
pub(crate) fn run(plan: &TsnePlan) -> Result<()> {
    let python = python(&plan.scratch, "opentsne")?;
    let comparisons = plan.points.iter().map(|n| compare(plan, &python, *n)).collect::<Result<Vec<_>>>()?;
    fs_err::write(&plan.page, page::markdown(&comparisons, plan, &machine::described()))
        .with_context(|| format!("cannot write the measurements to {}", plan.page.display()))?;
    print_message(&format!("bench        wrote {}", plan.page.display()));
    Ok(())
}

fn compare(plan: &TsnePlan, python: &Path, n: usize) -> Result<Comparison> {
    let folder = plan.scratch.join("tsne");
    fs_err::create_dir_all(&folder)?;
    let (points, labels) = points::draw(n);
    let file = folder.join(format!("points-{n}.npy"));
    points.write_npy(fs_err::File::create(&file)?)?;
    let layouts = ["ours", "opentsne"].map(|name| folder.join(format!("{name}-{n}.npy")));
    let theirs = |[gradient, neighbors]: [&str; 2]| {
        let mut command = Command::new(python);
        command.arg(Path::new(PEERS).join("opentsne_side.py")).args(["--gradient", gradient, "--neighbors", neighbors]);
        command.args(["--perplexity", &PERPLEXITY.to_string(), "--iterations"]);
        command.args(ITERATIONS.map(|count| count.to_string()));
        measure(command, &file, plan.threads, &layouts[1])
    };
    let ours = || {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("tsne-ours");
        measure(command, &file, plan.threads, &layouts[0])
    };
    let mut best = (f64::INFINITY, SETTINGS[0]);
    for settings in SETTINGS.into_iter().filter(|[gradient, _]| n <= BARNES_HUT || *gradient != "bh") {
        let seconds = theirs(settings)?.seconds;
        print_message(&format!("bench        openTSNE, {n} points, {}: {seconds:.1} s", settings.join(" and ")));
        if seconds < best.0 {
            best = (seconds, settings);
        }
    }
    let mut comparison = Comparison {
        points: n,
        ours: Vec::new(),
        theirs: Vec::new(),
        settings: best.1,
        quality: [Quality { trustworthiness: f64::NAN, neighbour_accuracy: f64::NAN }; 2],
        repeats: true,
    };
    let mut before = None;
    for round in 0..plan.rounds {
        let (own, other) = (ours()?, theirs(comparison.settings)?);
        print_message(&format!(
            "bench        {n} points, round {} of {}: {:.2} s, openTSNE {:.2} s (load {:.1})",
            round + 1,
            plan.rounds,
            own.seconds,
            other.seconds,
            machine::load(),
        ));
        comparison.ours.push(own);
        comparison.theirs.push(other);
        let bytes = fs_err::read(&layouts[0])?;
        comparison.repeats &= before.is_none_or(|before| before == bytes);
        before = Some(bytes);
    }
    for (quality, file) in comparison.quality.iter_mut().zip(&layouts) {
        let positions = read::<f64>(file)?;
        let none = || format!("the quality of {} has no meaning", file.display());
        *quality = Quality {
            trustworthiness: trustworthiness(&points, &positions, NEIGHBOURS).with_context(none)?,
            neighbour_accuracy: neighbour_accuracy(&positions, &labels).with_context(none)?,
        };
    }
    Ok(comparison)
}

fn measure(mut command: Command, points: &Path, threads: usize, layout: &Path) -> Result<Fit> {
    command.arg("--points").arg(points).arg("--map").arg(layout).args(["--threads", &threads.to_string()]);
    let output = command.stderr(Stdio::piped()).output()?;
    let (said, text) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    ensure!(output.status.success(), "a measurement ended with {}:\n{said}", output.status);
    let line = text.lines().last().with_context(|| format!("a measurement printed no result:\n{said}"))?;
    serde_json::from_str(line).with_context(|| format!("a measurement printed {line}"))
}
