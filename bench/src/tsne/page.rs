//! `BENCHMARKS-tsne.md`.

use std::fmt::Write;

use super::{ITERATIONS, Mapped, NEIGHBOURS, PERPLEXITY, Plan, Row, SETTINGS};
use crate::result::median;

const START: &str = "# t-SNE, measured

The same points arranged by this project's `embedding::tsne` and by openTSNE, in turn on one machine. This page is what
`./justw bench-tsne` wrote; the figures are of the machine and the versions that it names.

The points are drawn: ten classes in 50 dimensions, each a bent sheet, `0.5 c + tanh(z A) B + 0.05 e` with `z` of 6 normal numbers
and `A`, `B`, `c` normal and drawn once for each class, `e` noise (`bench/src/tsne/points.rs`; seeded). The time is the wall time
of the whole fit of points that are in memory: neighbours, start from the principal components, descent. openTSNE runs with its
defaults but for `negative_gradient_method` and `neighbors`, those that were fastest in one trial each, and with
`OMP_WAIT_POLICY=PASSIVE`, without which it took three times as long on a machine that did other work as well.
";

/// The page's text.
pub(super) fn markdown(rows: &[Row], plan: &Plan, machine: &str) -> String {
    let mut text = START.to_owned();
    let of = |found: &[Mapped]| found.first().map(|one| one.version.clone()).unwrap_or_default();
    let versions = rows.first().map(|row| format!("{}, {}", of(&row.ours), of(&row.theirs)));
    let tried: Vec<String> = SETTINGS.iter().map(|settings| settings.join(" and ")).collect();
    let _ = write!(
        text,
        "
## The conditions
- {machine}
- {}
- {} threads; medians of {} rounds, in which both take turns
- perplexity {PERPLEXITY}, {} iterations with exaggeration and {} without
- openTSNE's settings tried: {} (Barnes-Hut up to 10,000 points)

## Seconds a map
In brackets the fastest and the slowest round. Trustworthiness of {NEIGHBOURS} neighbours (Venna & Kaski 2001) and 1-nearest-neighbour
accuracy in the plane are of the last round's maps, computed by the same code for both.

| points | ours | openTSNE | ours / openTSNE | trustworthiness, ours | openTSNE | 1-NN accuracy, ours | openTSNE | our maps |
|---|---|---|---|---|---|---|---|---|
",
        versions.unwrap_or_default(),
        plan.threads,
        plan.rounds,
        ITERATIONS[0],
        ITERATIONS[1],
        tried.join(", "),
    );
    for row in rows {
        let [own, other] = row.quality;
        let cells = [
            row.points.to_string(),
            told(&row.ours),
            format!("{} with {}", told(&row.theirs), row.settings.join(" and ")),
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

fn middle(found: &[Mapped]) -> f64 {
    median(found.iter().map(|one| one.seconds))
}

fn told(found: &[Mapped]) -> String {
    let seconds = found.iter().map(|one| one.seconds);
    let (low, high) = seconds.fold((f64::INFINITY, 0.0f64), |(low, high), s| (low.min(s), high.max(s)));
    format!("{:.2} ({low:.2}-{high:.2})", middle(found))
}
