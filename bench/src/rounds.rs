//! The rounds of the training benchmark: it finds the fastest settings of the peers, then all sides take turns.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use pipeline::print_message;

use crate::depth::Depth;
use crate::page::{self, DepthRow, Report};
use crate::peers::{TrainingSide, sides};
use crate::result::Measured;
use crate::work::Work;
use crate::{images, machine};

/// The number of images for comparing settings: three batches of 32.
const TRIAL_IMAGES: usize = 96;

/// What is measured.
pub(crate) struct TrainingPlan {
    /// The depths, in the order of measurement.
    pub(crate) depths: Vec<Depth>,
    /// The number of measurements of each side at each depth.
    pub(crate) rounds: usize,
    /// The number of epochs for comparing settings.
    pub(crate) trial_epochs: usize,
    /// The page to write.
    pub(crate) page: PathBuf,
}

impl TrainingPlan {
    /// Returns the command-line options that repeat the measurement.
    fn options(&self, photos: Option<&Path>, work: &Work) -> String {
        let depths: Vec<&str> = self.depths.iter().map(|depth| depth.name()).collect();
        let photos = photos.map(|photos| format!(" --photos {}", photos.display())).unwrap_or_default();
        let Work { epochs, batch, threads, count, .. } = work;
        let of_all = format!("--epochs {epochs} --batch {batch} --threads {threads} --count {count}");
        format!(
            "--depths {} --rounds {} --trial-epochs {} {of_all}{photos}",
            depths.join(","),
            self.rounds,
            self.trial_epochs
        )
    }
}

/// Measures everything and writes the page.
pub(crate) fn run(plan: &TrainingPlan, photos: Option<&Path>, work: &Work) -> Result<()> {
    let description = images::prepare(photos, &work.scratch, work)?;
    let sides = sides(work)?;
    let mut rows = Vec::new();
    for &depth in &plan.depths {
        let chosen = sides.iter().map(|side| best(side, depth, plan, work)).collect::<Result<Vec<_>>>()?;
        let mut measured: Vec<Vec<Measured>> = vec![Vec::new(); sides.len()];
        for round in 0..plan.rounds {
            for ((side, variant), found) in sides.iter().zip(&chosen).zip(&mut measured) {
                let one = side.measure(depth, variant, work)?;
                print_message(&format!(
                    "bench        {} round {} of {}: {} {:.1} images/s, peak memory {} MiB (load {:.1})",
                    depth.name(),
                    round + 1,
                    plan.rounds,
                    side.name,
                    one.rate(),
                    one.peak_kib / 1024,
                    machine::load(),
                ));
                found.push(one);
            }
        }
        for ((side, variant), measured) in sides.iter().zip(chosen).zip(measured) {
            rows.push(DepthRow { side: side.name, depth, variant, measured });
        }
    }
    let report = Report {
        machine: machine::described(),
        options: plan.options(photos, work),
        images: description,
        rounds: plan.rounds,
        rows,
    };
    fs_err::write(&plan.page, page::markdown(&report, work)).context("the measurements are lost")?;
    print_message(&format!("bench        wrote {}", plan.page.display()));
    Ok(())
}

/// Returns the fastest settings of a side at a depth, measured over a few batches.
fn best(side: &TrainingSide, depth: Depth, plan: &TrainingPlan, work: &Work) -> Result<&'static str> {
    let small = Work { count: TRIAL_IMAGES.min(work.count), epochs: plan.trial_epochs, ..work.clone() };
    let mut best = (f64::NEG_INFINITY, "");
    for variant in side.variants {
        if side.variants.len() == 1 {
            return Ok(variant);
        }
        // Each is measured twice, and the faster run counts, because other work on the machine may slow one down.
        for _ in 0..2 {
            let rate = side.measure(depth, variant, &small)?.rate();
            if rate > best.0 {
                best = (rate, variant);
            }
        }
    }
    print_message(&format!("bench        {} is fastest with {} at {}", side.name, best.1, depth.name()));
    Ok(best.1)
}
