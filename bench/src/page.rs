//! Writes BENCHMARKS.md.

use std::fmt::Write;

use crate::depth::Depth;
use crate::result::{Measured, median};
use crate::work::Work;

/// The results of the benchmark.
pub(crate) struct Report {
    /// The description of the machine.
    pub(crate) machine: String,
    /// The command-line options of the measurement.
    pub(crate) options: String,
    /// The description of the images.
    pub(crate) images: String,
    /// The number of measurements of each side.
    pub(crate) rounds: usize,
    /// The rows in the order of the depths. Tunescope comes first at each depth.
    pub(crate) rows: Vec<DepthRow>,
}

/// The results of one side at one depth.
pub(crate) struct DepthRow {
    /// The name of the side.
    pub(crate) side: &'static str,
    /// The depth.
    pub(crate) depth: Depth,
    /// The fastest settings of the side.
    pub(crate) variant: &'static str,
    /// The measurements.
    pub(crate) measured: Vec<Measured>,
}

impl DepthRow {
    fn median(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        median(self.measured.iter().map(of))
    }

    /// Returns the smallest and the largest value.
    fn range(&self, of: impl Fn(&Measured) -> f64) -> (f64, f64) {
        let values = self.measured.iter().map(of);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    }

    fn version(&self) -> &str {
        self.measured.first().map_or("", |measured| measured.version.as_str())
    }
}

const START: &str = "# Benchmarks: training

This page compares training in Tunescope, in PyTorch and in TensorFlow on one machine. The command
`./justw bench-peers {options}`
wrote it. `--photos FOLDER` measures with other images, and `--help` lists all options. The figures depend on the machine and on
the versions below.

## The work
The network is the one-tower AlexNet at 224 px. fc6 and fc7 have 4096 outputs, and there is dropout before each trained dense layer.
All sides compute in float32 and use AdamW for the trained layers:

- `fc8`: the last dense layer
- `fc678`: the dense layers
- `c5fc678`: the dense layers and the last convolution
- `all`: all layers

The images are decoded and normalized beforehand. Every side reads them from one file, batch by batch. The file is read once before
each measurement, so no side waits for the disk. The time is the wall time of all epochs, without setting up and ending the process.
For Tunescope it includes the pass through the frozen layers, whose results are cached on disk. The peers run the frozen layers
in every epoch, without gradients. Each side makes one step with each batch size before its time starts. Tunescope also makes one
run of each size through the frozen layers.

The peers use their fastest settings on this machine. The benchmark finds them at each depth with a few batches: channels last or
first for PyTorch, which uses its fused AdamW; and plain, parallel operators or XLA for TensorFlow, which uses oneDNN, one compiled
step, channels last and its fused Adam.

The memory is the peak resident memory of each process. The page also shows the memory of the framework alone, before there is a
network. PyTorch is the build for graphics cards, because the package index has no other.
";

/// Returns the page in Markdown.
pub(crate) fn markdown(report: &Report, work: &Work) -> String {
    let mut text = START.replace("{options}", &report.options);
    let mut versions: Vec<String> = Vec::new();
    for row in &report.rows {
        let version = format!("{} {}", row.side, row.version());
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    let Work { epochs, batch, threads, .. } = work;
    let Report { machine, images, rounds, .. } = report;
    let versions = versions.join(", ");
    let _ = write!(
        text,
        "
## The conditions
- {machine}
- {versions}
- {images}; {epochs} epochs, batches of {batch}, {threads} threads; medians of {rounds} rounds, in which the sides take turns

## Images per second
The brackets contain the slowest and the fastest round. The ratios are Tunescope to the peer.

| depth | Tunescope | PyTorch | TensorFlow | to PyTorch | to TensorFlow | to the faster peer |
|---|---|---|---|---|---|---|
"
    );
    for rows in report.rows.chunk_by(|a, b| a.depth == b.depth) {
        let rates: Vec<f64> = rows.iter().map(|row| row.median(Measured::rate)).collect();
        let cells = rows.iter().map(|row| {
            let (low, high) = row.range(Measured::rate);
            format!("{:.1} ({low:.1}-{high:.1})", row.median(Measured::rate))
        });
        let ratios = rates.iter().skip(1).map(|peer| rates[0] / peer);
        let faster = ratios.clone().fold(f64::INFINITY, f64::min);
        let cells: Vec<String> = cells.chain(ratios.chain([faster]).map(|ratio| format!("{ratio:.2}x"))).collect();
        let _ = writeln!(text, "| {} | {} |", rows[0].depth.name(), cells.join(" | "));
    }
    text += "\n## Time and memory\n\n| depth | side | settings | seconds | caching, seconds | CPU seconds | peak memory, MiB | framework alone, MiB | last loss |\n|---|---|---|---|---|---|---|---|---|\n";
    for row in &report.rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.2} | {:.2} | {:.1} | {:.0} | {:.0} | {:.3} |",
            row.depth.name(),
            row.side,
            row.variant,
            row.median(|measured| measured.seconds),
            row.median(|measured| measured.caching_seconds),
            row.median(|measured| measured.cpu_seconds),
            row.median(|measured| measured.peak_kib as f64 / 1024.0),
            row.median(|measured| measured.loaded_kib as f64 / 1024.0),
            row.median(|measured| measured.last_loss),
        );
    }
    text
}
