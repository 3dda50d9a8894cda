//! Compares downloading in the stage `scrape` and in img2dataset from a server on this machine.
//!
//! `just bench-scrape` starts it. The server is a separate process (`bench serve`), so its memory and time count for no side. Each
//! measurement is a separate process too. Its time is measured from start to end.

mod images;
mod page;
mod plan;
mod server;
mod side;
mod tree;

use anyhow::{Context, Result, ensure};
use pipeline::print_message;

use self::page::{DownloadRow, Report};
use self::server::Server;
use self::side::{DownloadSide, Job, Measured, Setting};
use crate::machine;

pub(crate) use self::plan::ScrapePlan;
pub(crate) use self::server::serve;

/// Measures everything and writes the page.
pub(crate) fn run(plan: &ScrapePlan) -> Result<()> {
    ensure!(plan.images > 0 && plan.rounds > 0, "`--images` and `--rounds` must be at least 1");
    let scratch = std::path::absolute(&plan.scratch)?;
    let folder = scratch.join("web");
    let mean = images::prepare(&folder, plan.images)?;
    let server = Server::start(&folder)?;
    let job = Job::new(&scratch, &server.address, plan.images)?;
    let sides = side::all(&scratch)?;
    let mut chosen = Vec::new();
    for side in &sides {
        chosen.push(best(side, plan, &job)?);
    }
    let mut measured: Vec<Vec<Measured>> = vec![Vec::new(); sides.len()];
    for round in 1..=plan.rounds {
        for ((side, setting), found) in sides.iter().zip(&chosen).zip(&mut measured) {
            let one = side.measure(setting, &job)?;
            report_progress(side, setting, &one, &format!("round {round} of {}", plan.rounds));
            found.push(one);
        }
    }
    job.clear()?;
    let rows = sides.iter().zip(chosen).zip(measured);
    let rows = rows.map(|((side, setting), measured)| DownloadRow { name: side.name, setting, measured }).collect();
    let report = Report {
        machine: machine::described(),
        peer: side::version(&scratch)?,
        images: plan.images,
        mean_bytes: mean,
        rounds: plan.rounds,
        options: plan.options(),
        rows,
    };
    fs_err::write(&plan.page, page::markdown(&report)).context("the measurements are lost")?;
    print_message(&format!("bench        wrote {}", plan.page.display()));
    Ok(())
}

/// Returns the fastest settings of a side. Each setting runs the whole job once.
fn best(side: &DownloadSide, plan: &ScrapePlan, job: &Job) -> Result<Setting> {
    let mut best: Option<(f64, Setting)> = None;
    for setting in side.settings(plan) {
        let one = side.measure(&setting, job)?;
        report_progress(side, &setting, &one, "trial");
        if best.as_ref().is_none_or(|(rate, _)| one.rate() > *rate) {
            best = Some((one.rate(), setting));
        }
    }
    Ok(best.context("there are no settings to try")?.1)
}

fn report_progress(side: &DownloadSide, setting: &Setting, one: &Measured, when: &str) {
    print_message(&format!(
        "bench        {when}: {} with {setting}: {:.0} images/s, peak memory {:.0} MiB (load {:.1})",
        side.name,
        one.rate(),
        one.peak_mib,
        machine::load(),
    ));
}
