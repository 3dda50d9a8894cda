//! `BENCHMARKS-occlusion.md`.

use std::fmt::Write;

use super::{Covered, PERTURBATIONS, Plan, Row};
use crate::result::median;

const START: &str = "# Occlusion, measured

One picture of 224 px, covered by the mean colour at every window, in this project and in Captum's `Occlusion`, in turn on
one machine with the same weights. This page is what `./justw bench-occlusion` wrote; the figures are of the machine and the
versions that it names.

`tuned` is AlexNet with one dense layer for 3 classes above pool5, `full` the same with fc6 and fc7 of 4096 and fc8 for 1000
classes. The time is wall time of one picture by a network that is loaded and has run before. Captum runs without gradients, with
each layout of memory at the `perturbations_per_eval` that was fastest in one trial each, of those named below. Ours is measured
with what a window does not touch reused, and without: then all windows run through the whole network in batches.
";

/// The page's text.
pub(super) fn markdown(rows: &[Row], plan: &Plan, machine: &str) -> String {
    let mut text = START.to_owned();
    let of = |found: &[Covered]| found.first().map(|one| one.version.clone()).unwrap_or_default();
    let versions = rows.first().map(|row| {
        let theirs = row.captum.first().map(|(.., found)| of(found)).unwrap_or_default();
        format!("{}, {theirs}", of(&row.reuse))
    });
    let _ = write!(
        text,
        "
## The conditions
- {machine}
- {}
- {} threads; medians of {} rounds, in which all take turns; Captum's `perturbations_per_eval` is the fastest of {PERTURBATIONS:?}

## Seconds a picture
In brackets the fastest and the slowest round. The maps of both sides differ by `apart` at most.

| network | window | windows | ours | ours, no reuse | Captum, channels first | Captum, channels last | to Captum | to Captum, channels last | to no reuse | apart |
|---|---|---|---|---|---|---|---|---|---|---|
",
        versions.unwrap_or_default(),
        plan.threads,
        plan.rounds
    );
    for row in rows {
        let count = (224 - row.geometry.patch).div_ceil(row.geometry.stride) + 1;
        let ours = middle(&row.reuse);
        let mut cells = vec![
            row.above.name().to_owned(),
            format!("{} every {}", row.geometry.patch, row.geometry.stride),
            (count * count).to_string(),
            told(&row.reuse),
            told(&row.whole),
        ];
        cells.extend(row.captum.iter().map(|(_, best, found)| format!("{} at {best}", told(found))));
        cells.extend(row.captum.iter().map(|(.., found)| format!("{:.1}x", middle(found) / ours)));
        cells.push(format!("{:.1}x", middle(&row.whole) / ours));
        cells.push(format!("{:.1e}", row.apart.iter().fold(0.0f32, |most, apart| most.max(*apart))));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    let ready = median(rows.iter().flat_map(|row| &row.reuse).map(|one| one.ready));
    let _ = writeln!(
        text,
        "\nTaking the network apart for the windows and opening its parts took {ready:.2} s, once for any number of pictures."
    );
    text
}

fn middle(found: &[Covered]) -> f64 {
    median(found.iter().map(|one| one.seconds))
}

fn told(found: &[Covered]) -> String {
    let seconds = found.iter().map(|one| one.seconds);
    let (low, high) = seconds.fold((f64::INFINITY, 0.0f64), |(low, high), s| (low.min(s), high.max(s)));
    format!("{:.3} ({low:.3}-{high:.3})", middle(found))
}
