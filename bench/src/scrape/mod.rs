//! Downloading: the stage `scrape` against img2dataset, in turn, from one server on this machine.
//!
//! `just bench-scrape` is the way in. The server is a process of its own (`bench serve`), so its memory and its time are in
//! nobody's account; each measurement is a process of its own too, timed from its start to its end.

mod page;
mod pictures;
mod server;
mod side;
mod tree;

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;
use pipeline::talk;

use self::page::{Report, Row};
use self::server::Server;
use self::side::{Job, Measured, Setting, Side};
use crate::machine;

pub(crate) use self::server::serve;

/// What is to be measured.
#[derive(Args, Clone, Debug)]
pub(crate) struct Plan {
    /// Pictures to download
    #[arg(long, default_value_t = 3000)]
    pictures: usize,
    /// How often all sides take their turn; medians are told
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Processes of img2dataset to try
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    processes: Vec<usize>,
    /// Threads of each of its processes to try
    #[arg(long, value_delimiter = ',', default_value = "8,32,256")]
    threads: Vec<usize>,
    /// Requests at a time of ours to try
    #[arg(long, value_delimiter = ',', default_value = "4,8,16")]
    requests: Vec<usize>,
    /// Scratch: the pictures, what is downloaded (all of it until the end: gigabytes), and the peer's environment
    #[arg(long, default_value = "target/bench")]
    scratch: PathBuf,
    /// Where the result is written
    #[arg(long, default_value = "BENCHMARKS-scrape.md")]
    page: PathBuf,
}

impl Plan {
    /// The options on the command line that say what is measured.
    fn options(&self) -> String {
        let list = |values: &[usize]| values.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let Self { pictures, rounds, processes, threads, requests, .. } = self;
        let (processes, threads, requests) = (list(processes), list(threads), list(requests));
        format!(
            "--pictures {pictures} --rounds {rounds} --processes {processes} --threads {threads} --requests {requests}"
        )
    }
}

/// Measures everything and writes the page.
pub(crate) fn run(plan: &Plan) -> Result<()> {
    ensure!(plan.pictures > 0 && plan.rounds > 0, "there is nothing to measure");
    let scratch = std::path::absolute(&plan.scratch)?;
    let folder = scratch.join("web");
    let mean = pictures::prepare(&folder, plan.pictures)?;
    let server = Server::start(&folder)?;
    let job = Job::new(&scratch, &server.address, plan.pictures)?;
    let sides = side::all(&scratch)?;
    let mut chosen = Vec::new();
    for side in &sides {
        chosen.push(best(side, plan, &job)?);
    }
    let mut measured: Vec<Vec<Measured>> = vec![Vec::new(); sides.len()];
    for round in 1..=plan.rounds {
        for ((side, setting), found) in sides.iter().zip(&chosen).zip(&mut measured) {
            let one = side.measure(setting, &job)?;
            told(side, setting, &one, &format!("round {round} of {}", plan.rounds));
            found.push(one);
        }
    }
    job.clear()?;
    let rows = sides.iter().zip(chosen).zip(measured);
    let rows = rows.map(|((side, setting), measured)| Row { name: side.name, setting, measured }).collect();
    let report = Report {
        machine: machine::described(),
        peer: side::version(&scratch)?,
        pictures: plan.pictures,
        mean_bytes: mean,
        rounds: plan.rounds,
        options: plan.options(),
        rows,
    };
    fs_err::write(&plan.page, page::markdown(&report)).context("the measurements are lost")?;
    talk(&format!("bench        wrote {}", plan.page.display()));
    Ok(())
}

/// The settings that were fastest for this side, over the whole job once each.
fn best(side: &Side, plan: &Plan, job: &Job) -> Result<Setting> {
    let mut best: Option<(f64, Setting)> = None;
    for setting in side.settings(plan) {
        let one = side.measure(&setting, job)?;
        told(side, &setting, &one, "trial");
        if best.as_ref().is_none_or(|(rate, _)| one.rate() > *rate) {
            best = Some((one.rate(), setting));
        }
    }
    Ok(best.context("there are no settings to try")?.1)
}

fn told(side: &Side, setting: &Setting, one: &Measured, when: &str) {
    talk(&format!(
        "bench        {when}: {} with {setting}: {:.0} pictures/s, {:.0} MiB at most (load {:.1})",
        side.name,
        one.rate(),
        one.peak_mib,
        machine::load(),
    ));
}
