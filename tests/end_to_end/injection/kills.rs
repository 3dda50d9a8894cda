//! Kills stages at random times. The next run succeeds and makes the same outputs.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::seq::IndexedRandom;
use testkit::binary;

use super::{Counts, Whole, number, rng, run, workspace};
use crate::STAGES;

/// Returns a change of the configuration after which the stage runs.
fn change(stage: &str) -> &'static str {
    match stage {
        "scrape" => "scrape.near_duplicate_distance=3",
        "preprocess" => "preprocess.min_side=33",
        "train" => "train.sweep.hidden=[[], [9]]",
        "evaluate" => "evaluate.calibration_bins=11",
        _ => "analyze.tsne.iterations=101",
    }
}

#[test]
#[ignore = "takes long; FAULTS is the number of kills"]
fn a_killed_stage_is_whole_again() {
    let workspace = workspace();
    let whole = Whole::of(&workspace);
    let (mut rng, mut counts) = (rng(), Counts::default());
    let mut times = Vec::new();
    for name in STAGES {
        let began = Instant::now();
        counts.add(&run(&workspace, name, &["--quiet", "--set", change(name)]), &name);
        times.push(began.elapsed());
        counts.add(&run(&workspace, name, &["--quiet"]), &name);
    }
    let mut after = 0;
    for fault in 0..number("FAULTS", 50) {
        let at = rng.random_range(0..STAGES.len());
        let (name, change) = (STAGES[at], change(STAGES[at]));
        // Many kills come near the end, when the new outputs replace the old ones.
        let part = if rng.random_bool(0.5) { rng.random_range(0.8..1.02) } else { rng.random_range(0.0..1.0) };
        let signal = *["KILL", "KILL", "TERM", "INT"].choose(&mut rng).unwrap();
        let what = (fault, name, signal, part);
        let mut command = workspace.command(binary(name));
        command.args(["--quiet", "--set", change]).stderr(Stdio::null()).stdout(Stdio::null());
        let mut running = command.spawn().unwrap();
        std::thread::sleep(times[at].mul_f64(part).max(Duration::from_millis(1)));
        if running.try_wait().unwrap().is_none() {
            let killed =
                Command::new("kill").args(["-s", signal, &running.id().to_string()]).stderr(Stdio::null()).status();
            killed.unwrap();
        } else {
            after += 1;
        }
        running.wait().unwrap();
        let shown = run(&workspace, name, &["--dry-run"]);
        assert_eq!(counts.add(&shown, &(what, "--dry-run")), 0, "{what:?}: {}", String::from_utf8_lossy(&shown.stderr));
        let again = run(&workspace, name, &["--quiet"]);
        assert_eq!(counts.add(&again, &what), 0, "{what:?}: {}", String::from_utf8_lossy(&again.stderr));
        whole.check(&workspace, &what);
    }
    println!("kills: {counts:?}; {after} stages ended before the kill");
}
