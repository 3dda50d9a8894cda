//! BENCHMARKS.md.

use std::fmt::Write;

use crate::Work;
use crate::depth::Depth;
use crate::result::{Measured, median};

/// All that was measured.
pub(crate) struct Report {
    /// The machine, in words.
    pub(crate) machine: String,
    /// The options that it was measured with.
    pub(crate) options: String,
    /// The pictures, in words.
    pub(crate) pictures: String,
    /// Turns of each side.
    pub(crate) rounds: usize,
    /// Ours first, then the peers, depth by depth.
    pub(crate) rows: Vec<Row>,
}

/// One side at one depth.
pub(crate) struct Row {
    /// Its name.
    pub(crate) side: &'static str,
    /// How deep it trained.
    pub(crate) depth: Depth,
    /// The settings that were its fastest.
    pub(crate) variant: &'static str,
    /// Its turns.
    pub(crate) measured: Vec<Measured>,
}

impl Row {
    fn median(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        median(self.measured.iter().map(of))
    }

    /// The smallest and the largest.
    fn range(&self, of: impl Fn(&Measured) -> f64) -> (f64, f64) {
        let values = self.measured.iter().map(of);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    }

    fn version(&self) -> &str {
        self.measured.first().map_or("", |measured| measured.version.as_str())
    }
}

const START: &str = "# Benchmarks

The same training in this project, in PyTorch and in TensorFlow, measured in turn on one machine. This page is what
`./justw bench-peers {options}`
wrote (`--photos FOLDER` for pictures of your own, `--help` for more); the figures are of the machine and the versions that it names.

## The work
AlexNet at 224 px, one tower, with fc6 and fc7 of 4096 and dropout before each trained dense layer; float32; AdamW over what the
depth trains (`fc8`: the last dense layer; `fc678`: the dense layers; `c5fc678`: the last convolution too; `all`). Pictures
are decoded and normalized beforehand and read from one file a batch at a time, on all sides; before each turn it is read once, so that
nobody waits for the disk. The time is wall time of all epochs,
without setting up or taking down. Ours has the pass over the frozen part in it, whose results it keeps on disk; the peers run the frozen part in
every epoch, without gradients. Each side takes one step of each batch size before its time starts, ours also one run of each size
through the frozen part.

The peers run at the settings that were fastest for them here, chosen at each depth from a few batches before the turns:
PyTorch with channels last or first, and the fused AdamW; TensorFlow with oneDNN, one compiled step, channels last and its own fused Adam,
plain, with parallel operators, or compiled by XLA.

Memory is the most that was resident of each process. What a framework takes before there is a network is told beside it: of PyTorch
that is a build for graphics cards, the only one that the package index has.
";

/// The page's text.
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
    let Report { machine, pictures, rounds, .. } = report;
    let versions = versions.join(", ");
    let _ = write!(
        text,
        "
## The conditions
- {machine}
- {versions}
- {pictures}; {epochs} epochs, batches of {batch}, {threads} threads; medians of {rounds} rounds, in which the sides take turns

## Pictures a second
In brackets the slowest and the fastest round. Ratios are ours to theirs.

| depth | Tunescope | PyTorch | TensorFlow | to PyTorch | to TensorFlow | to the faster |
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
    text += "\n## Time and memory\n\n| depth | side | settings | seconds | of them caching | CPU seconds | peak memory, MiB | before the network, MiB | last loss |\n|---|---|---|---|---|---|---|---|---|\n";
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
