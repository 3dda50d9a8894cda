//! The text of `BENCHMARKS-tsne.md`.

use std::fmt::Write;

use embedding::NEIGHBOURS;

use super::comparison::{Comparison, Fit};
use super::plan::{ITERATIONS, PERPLEXITY, SETTINGS, TsnePlan};
use crate::result::median;

const START: &str = "# t-SNE, measured

This project's engine `grid` (`embedding::tsne`) and openTSNE lay out the same points, in turn on one machine. `./justw bench-tsne`
writes this page. The figures hold for the machine and the versions that it names.

The points are drawn from a seed (`bench/src/tsne/points.rs`). They have ten classes in 50 dimensions. Each class is a bent sheet,
`0.5 c + tanh(z A) B + 0.05 e`. `z` has 6 normal components. `A`, `B` and `c` are normal and drawn once for each class. `e` is
noise. The time is the wall time of the whole fit of points in memory: neighbours, start from the principal components, descent.
openTSNE runs with its defaults except for `negative_gradient_method` and `neighbors`, which are the fastest in one trial each, and
with `OMP_WAIT_POLICY=PASSIVE`. Without it, openTSNE took three times as long on a machine that did other work as well.
";

/// Returns the page.
pub(super) fn markdown(comparisons: &[Comparison], plan: &TsnePlan, machine: &str) -> String {
    let mut text = START.to_owned();
    let of = |found: &[Fit]| found.first().map(|one| one.version.clone()).unwrap_or_default();
    let versions = comparisons.first().map(|row| format!("{}, {}", of(&row.ours), of(&row.theirs)));
    let tried: Vec<String> = SETTINGS.iter().map(|settings| settings.join(" and ")).collect();
    let _ = write!(
        text,
        "
## Conditions
- {machine}
- {}
- {} threads; medians of {} rounds, in which both take turns
- perplexity {PERPLEXITY}, {} iterations with exaggeration and {} without
- openTSNE's settings tried: {} (Barnes-Hut up to 10,000 points)

## Seconds a layout
The brackets contain the fastest and the slowest round. Trustworthiness of {NEIGHBOURS} neighbours (Venna & Kaski 2001) and 1-nearest-neighbour
accuracy in the plane are those of the last round's layouts. The same code computes them for both.

| points | ours | openTSNE | ours / openTSNE | trustworthiness, ours | openTSNE | 1-NN accuracy, ours | openTSNE | our layouts |
|---|---|---|---|---|---|---|---|---|
",
        versions.unwrap_or_default(),
        plan.threads,
        plan.rounds,
        ITERATIONS[0],
        ITERATIONS[1],
        tried.join(", "),
    );
    for row in comparisons {
        let [own, other] = row.quality;
        let cells = [
            row.points.to_string(),
            spread(&row.ours),
            format!("{} with {}", spread(&row.theirs), row.settings.join(" and ")),
            format!("{:.3}", middle(&row.ours) / middle(&row.theirs)),
            format!("{:.4}", own.trustworthiness),
            format!("{:.4}", other.trustworthiness),
            format!("{:.4}", own.neighbour_accuracy),
            format!("{:.4}", other.neighbour_accuracy),
            if row.repeats { "the same bits".to_owned() } else { "differ".to_owned() },
        ];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn middle(found: &[Fit]) -> f64 {
    median(found.iter().map(|one| one.seconds))
}

fn spread(found: &[Fit]) -> String {
    let seconds = found.iter().map(|one| one.seconds);
    let (low, high) = seconds.fold((f64::INFINITY, 0.0f64), |(low, high), s| (low.min(s), high.max(s)));
    format!("{:.2} ({low:.2}-{high:.2})", middle(found))
}
