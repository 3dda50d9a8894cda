//! The page `BENCHMARKS-occlusion.md`.

use std::fmt::Write;

use super::measurement::{Conditions, Measurement, OcclusionRow};
use crate::result::median;

const START: &str = "# Occlusion, measured

One image of 224 px, covered by the mean colour at every window, in this project and in Captum's `Occlusion`, in turn on
one machine with the same weights. `./justw bench-occlusion` writes this page. The figures are of the machine and the
versions that it names.

`tuned` is AlexNet with one dense layer for 3 classes above pool5, `full` the same with fc6 and fc7 of 4096 and fc8 for 1000
classes. The time is the wall time of one image by a network that is loaded and has run before. Captum runs without gradients. For
each memory layout it uses the `perturbations_per_eval` that was fastest in one trial of each value named below. Ours is measured
with reuse and without. Without reuse, all windows run through the whole network in batches.
";

/// Returns the text of the page.
pub(super) fn markdown(rows: &[OcclusionRow], conditions: &Conditions) -> String {
    let mut text = START.to_owned();
    let of = |found: &[Measurement]| found.first().map(|one| one.version.clone()).unwrap_or_default();
    let versions = rows.first().map(|row| {
        let theirs = row.captum.first().map(|side| of(&side.measurements)).unwrap_or_default();
        format!("{}, {theirs}", of(&row.with_reuse))
    });
    let _ = write!(
        text,
        "
## The conditions
- {}
- {}
- {} threads; medians of {} rounds, in which all take turns; Captum's `perturbations_per_eval` is the fastest of {:?}

## Seconds an image
Brackets hold the fastest and the slowest round. `apart` is the greatest difference of the maps of both sides.

| network | window | windows | ours | ours, no reuse | Captum, channels first | Captum, channels last | to Captum | to Captum, channels last | to no reuse | apart |
|---|---|---|---|---|---|---|---|---|---|---|
",
        conditions.machine,
        versions.unwrap_or_default(),
        conditions.threads,
        conditions.rounds,
        conditions.perturbations
    );
    for row in rows {
        let count = (224 - row.windows.patch).div_ceil(row.windows.stride) + 1;
        let ours = middle(&row.with_reuse);
        let mut cells = vec![
            row.dense.name().to_owned(),
            format!("{} every {}", row.windows.patch, row.windows.stride),
            (count * count).to_string(),
            range(&row.with_reuse),
            range(&row.without_reuse),
        ];
        cells.extend(row.captum.iter().map(|side| format!("{} at {}", range(&side.measurements), side.perturbations)));
        cells.extend(row.captum.iter().map(|side| format!("{:.1}x", middle(&side.measurements) / ours)));
        cells.push(format!("{:.1}x", middle(&row.without_reuse) / ours));
        cells.push(format!("{:.1e}", row.differences.iter().fold(0.0f32, |most, difference| most.max(*difference))));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    let ready = median(rows.iter().flat_map(|row| &row.with_reuse).map(|one| one.ready));
    let _ = writeln!(
        text,
        "\nPlanning the windows and opening the parts of the network took {ready:.2} s, once for any number of images."
    );
    text
}

/// Returns the median, in seconds.
fn middle(found: &[Measurement]) -> f64 {
    median(found.iter().map(|one| one.seconds))
}

/// Returns the median, the fastest and the slowest measurement, as text.
fn range(found: &[Measurement]) -> String {
    let seconds = found.iter().map(|one| one.seconds);
    let (low, high) = seconds.fold((f64::INFINITY, 0.0f64), |(low, high), s| (low.min(s), high.max(s)));
    format!("{:.3} ({low:.3}-{high:.3})", middle(found))
}
