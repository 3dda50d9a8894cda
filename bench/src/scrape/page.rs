//! The page of what was measured.

use std::fmt::Write;

use super::side::{Measured, Setting};
use crate::result::median;

/// All that was measured.
pub(crate) struct Report {
    /// The machine, in words.
    pub(crate) machine: String,
    /// The peer's versions, in words.
    pub(crate) peer: String,
    /// Pictures downloaded in each turn.
    pub(crate) pictures: usize,
    /// Their mean size.
    pub(crate) mean_bytes: u64,
    /// Turns of each side.
    pub(crate) rounds: usize,
    /// The options that it was measured with.
    pub(crate) options: String,
    /// Ours first, then the peer's ways.
    pub(crate) rows: Vec<Row>,
}

/// One side.
pub(crate) struct Row {
    /// Its name.
    pub(crate) name: &'static str,
    /// The settings that were its fastest.
    pub(crate) setting: Setting,
    /// Its turns.
    pub(crate) measured: Vec<Measured>,
}

impl Row {
    fn median(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        median(self.measured.iter().map(of))
    }

    fn range(&self, of: impl Fn(&Measured) -> f64) -> (f64, f64) {
        let values = self.measured.iter().map(of);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    }
}

const TITLE: &str = "# Benchmarks: downloading

The stage `scrape` against img2dataset: the same list of addresses, the same server on this machine, in turn. This page is what
";

const WORK: &str = "wrote (`--help` for more); the figures are of the machine and the versions that it names.

## The work
A process is started, downloads every picture of a list into a folder, and ends; the time is from its start to its end. The server
is a process beside them on the same cores.

- Tunescope runs as it does on the web (`robots.txt`, opt-outs, addresses checked, a journal), but for the limit of requests a second. Each picture
  is sniffed, decoded whole, hashed (BLAKE3, and seventeen perceptual hashes), looked for among all those before it, and written; at the end
  come the tables, the credits, a contact sheet, and the hash of each output.
- img2dataset, checking: no resizing, `skip_reencode`: each picture is decoded, and its bytes are kept.
- img2dataset, unchecked: `disable_all_reencoding`: whatever comes is kept, not even looked at. Its fastest way.

Both of img2dataset's write files, without EXIF and without a hash, at the number of processes and threads that was fastest here; ours at
the number of requests that was. Memory is the most that a process and all it started had at once, with what they share counted once.
";

/// The page's text.
pub(crate) fn markdown(report: &Report) -> String {
    let Report { machine, peer, pictures, mean_bytes, rounds, options, rows } = report;
    let mut text = format!("{TITLE}`./justw bench-scrape {options}`\n{WORK}");
    let _ = write!(
        text,
        "
## The conditions
- {machine}
- {peer}
- {pictures} JPEG files of 640x480, {:.0} KB on average; medians of {rounds} rounds, in which the sides take turns

## What was measured
In brackets the slowest and the fastest round. \"Ours to it\" are pictures a second of ours to those of the side.

| side | settings | pictures/s | ours to it | seconds | of them downloading | processor seconds | peak memory, MiB |
|---|---|---|---|---|---|---|---|
",
        *mean_bytes as f64 / 1000.0
    );
    let ours = rows.first().map_or(f64::NAN, |row| row.median(Measured::rate));
    for row in rows {
        let rate = row.median(Measured::rate);
        let (low, high) = row.range(Measured::rate);
        let working = row.measured.iter().filter_map(|one| one.working_seconds).collect::<Vec<_>>();
        let working = if working.is_empty() { "-".to_owned() } else { format!("{:.1}", median(working)) };
        let _ = writeln!(
            text,
            "| {} | {} | {rate:.0} ({low:.0}-{high:.0}) | {:.2}x | {:.1} | {working} | {:.1} | {:.0} |",
            row.name,
            row.setting,
            ours / rate,
            row.median(|one| one.seconds),
            row.median(|one| one.cpu_seconds),
            row.median(|one| one.peak_mib),
        );
    }
    text
}
