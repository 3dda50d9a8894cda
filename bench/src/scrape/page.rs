//! Writes BENCHMARKS-scrape.md.

use std::fmt::Write;

use super::side::{Measured, Setting};
use crate::result::median;

/// The results of the benchmark.
pub(crate) struct Report {
    /// The description of the machine.
    pub(crate) machine: String,
    /// The name and version of the peer.
    pub(crate) peer: String,
    /// The number of images in each measurement.
    pub(crate) images: usize,
    /// The mean size of an image in bytes.
    pub(crate) mean_bytes: u64,
    /// The number of measurements of each side.
    pub(crate) rounds: usize,
    /// The command-line options of the measurement.
    pub(crate) options: String,
    /// The rows. Tunescope comes first, then the modes of the peer.
    pub(crate) rows: Vec<DownloadRow>,
}

/// The results of one side.
pub(crate) struct DownloadRow {
    /// The name of the side.
    pub(crate) name: &'static str,
    /// The fastest settings of the side.
    pub(crate) setting: Setting,
    /// The measurements.
    pub(crate) measured: Vec<Measured>,
}

impl DownloadRow {
    fn median(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        median(self.measured.iter().map(of))
    }

    fn range(&self, of: impl Fn(&Measured) -> f64) -> (f64, f64) {
        let values = self.measured.iter().map(of);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    }
}

const TITLE: &str = "# Benchmarks: downloading

This page compares the stage `scrape` with img2dataset. Both download the same list of addresses from the same server on this
machine. The command
";

const WORK: &str = "wrote the page. `--help` lists all options. The figures depend on the machine and on the versions below.

## The work
A process starts, downloads every image of a list into a folder, and ends. The time is measured from its start to its end. The
server is a separate process on the same cores.

- Tunescope runs as it does on the web, with `robots.txt`, opt-outs, checked addresses and a journal, but without a limit on requests
  per second. It checks the header of each image, decodes the image, hashes it (BLAKE3 and seventeen perceptual hashes), compares
  it with all earlier images, and writes it. At the end it writes the tables, the credits, a contact sheet, and the hash of each
  output.
- `img2dataset, checking` decodes each image and keeps the bytes, without resizing (`skip_reencode`).
- `img2dataset, unchecked` keeps every response without a check (`disable_all_reencoding`). It is the fastest mode of img2dataset.

Both modes of img2dataset write files, without EXIF data and hashes. They run with the fastest number of processes and threads on
this machine, and Tunescope with the fastest number of requests. The memory is the peak of a process and its descendants together.
Shared memory counts once.
";

/// Returns the page in Markdown.
pub(crate) fn markdown(report: &Report) -> String {
    let Report { machine, peer, images, mean_bytes, rounds, options, rows } = report;
    let mut text = format!("{TITLE}`./justw bench-scrape {options}`\n{WORK}");
    let _ = write!(
        text,
        "
## The conditions
- {machine}
- {peer}
- {images} JPEG files of 640x480, {:.0} KB on average; medians of {rounds} rounds, in which the sides take turns

## What was measured
The brackets contain the slowest and the fastest round. The ratio is the rate of Tunescope to the rate of the side.

| side | settings | images/s | ratio | seconds | downloading, seconds | CPU seconds | peak memory, MiB |
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
