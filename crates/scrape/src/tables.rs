//! The tables `sources.csv` and `rejects.csv`: every image with its origin, and every reject with its reason.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use pipeline::HintExt;

use crate::candidate::Reject;
use crate::candidate_queue::FileState;
use crate::gather::Gathered;
use crate::selection::{Decision, Place};
use crate::store::path_of;
use crate::view::Run;

/// The table of images.
pub const SOURCES: &str = "sources.csv";
/// The table of rejects.
pub const REJECTS: &str = "rejects.csv";
/// The status of an image that is part of the data set.
pub const KEPT: &str = "kept";
/// The status of an image whose file is the same as that of the image in the column `like`.
pub const DUPLICATE: &str = "duplicate";
/// The status of an image that looks like the image in the column `like`. Its own file is not part of the data set.
pub const NEAR_DUPLICATE: &str = "near-duplicate";

const COLUMNS: [&str; 14] = [
    "hash",
    "class",
    "path",
    "source",
    "page",
    "title",
    "author",
    "licence",
    "licence_url",
    "kind",
    "query",
    "bytes",
    "like",
    "status",
];

/// Writes the tables.
///
/// # Errors
/// Returns an error when a class has no images. The table of rejects is written before.
pub fn write(gathered: &Gathered, run: &Run) -> Result<()> {
    let rejects = rejects(gathered);
    let reject_rows = rejects.iter().map(|reject| [&reject.class, &reject.location, &reject.reason]);
    run.write_csv(REJECTS, &["class", "source", "reason"], reject_rows)?;
    for Reject { class, location, reason } in &rejects {
        tracing::warn!(class, source = location, reason, "rejected");
    }
    check_classes(gathered, &rejects)?;
    run.write_csv(SOURCES, &COLUMNS, rows(gathered))
}

/// Returns the rows of [`SOURCES`], in the order of the candidates.
fn rows(gathered: &Gathered) -> Vec<[String; 14]> {
    let mut rows = Vec::new();
    for (at, decisions) in gathered.selection.decisions.iter().enumerate() {
        for (slot, decision) in decisions.iter().enumerate() {
            let (like, status) = match decision {
                Decision::Kept => (None, KEPT),
                Decision::Duplicate(first) => (Some(*first), DUPLICATE),
                Decision::NearDuplicate(first) => (Some(*first), NEAR_DUPLICATE),
                Decision::Refused(_) | Decision::Later(_) | Decision::Undecided => continue,
            };
            rows.push(row(gathered, (at, slot), like, status));
        }
    }
    rows
}

/// Returns the row of the slot at `place`.
fn row(gathered: &Gathered, place: Place, like: Option<Place>, status: &str) -> [String; 14] {
    let queue = &gathered.queues[place.0];
    let slot = &queue.slots[place.1];
    let (hash, path, bytes) = match &slot.file {
        FileState::Image(index) => {
            let content = gathered.contents.get(*index);
            let path = if status == NEAR_DUPLICATE { String::new() } else { path_of(&queue.quota.class, content) };
            (content.hash.clone(), path, content.bytes.to_string())
        }
        _ => Default::default(),
    };
    let candidate = slot.candidate.clone();
    let licence = candidate.licence.map(|licence| licence.to_string()).unwrap_or_default();
    let like =
        like.map(|(queue, slot)| gathered.queues[queue].slots[slot].candidate.location.clone()).unwrap_or_default();
    [
        hash,
        queue.quota.class.clone(),
        path,
        candidate.location,
        candidate.page,
        candidate.title,
        candidate.author,
        licence,
        candidate.licence_url,
        queue.kind.to_owned(),
        queue.quota.queries[slot.query].clone(),
        bytes,
        like,
        status.to_owned(),
    ]
}

/// Returns all rejects, sorted by class and location.
fn rejects(gathered: &Gathered) -> Vec<Reject> {
    let mut rejects = Vec::new();
    for (queue, decisions) in gathered.queues.iter().zip(&gathered.selection.decisions) {
        let class = &queue.quota.class;
        let reject =
            |location: &str, reason: String| Reject { class: class.clone(), location: location.to_owned(), reason };
        for (slot, decision) in queue.slots.iter().zip(decisions) {
            match decision {
                Decision::Refused(reason) => rejects.push(reject(&slot.candidate.location, reason.clone())),
                Decision::Later(reason) => rejects.push(reject(&slot.candidate.location, for_now(reason))),
                _ => {}
            }
        }
        rejects.extend(queue.rejects.iter().cloned());
        for (reason, may_pass) in &queue.faults {
            let reason = if *may_pass { for_now(reason) } else { reason.clone() };
            rejects.push(reject(queue.kind, format!("the search ended early: {reason}")));
        }
    }
    rejects.sort();
    rejects
}

/// Returns an error when a class has no images.
fn check_classes(gathered: &Gathered, rejects: &[Reject]) -> Result<()> {
    let kept: BTreeSet<&str> =
        gathered.selection.kept().map(|(queue, _)| gathered.queues[queue].quota.class.as_str()).collect();
    let Some(class) =
        gathered.queues.iter().map(|queue| &queue.quota.class).find(|class| !kept.contains(class.as_str()))
    else {
        if kept.is_empty() {
            bail!("the sources have no images");
        }
        return Ok(());
    };
    let first = rejects.iter().find(|reject| reject.class == *class);
    let why = first.map_or_else(
        || "the sources have no candidates for it".to_owned(),
        |Reject { location, reason, .. }| format!("its first reject is {location}: {reason}"),
    );
    Err(anyhow!("class `{class}` has no usable image; {why}"))
        .hint("add images or search words for the class, or remove the class; rejects.csv lists all reasons")
}

/// Returns the reasons why a later run may find more images. Empty if every quota is filled.
pub fn unfinished(gathered: &Gathered) -> Vec<String> {
    let mut reasons = Vec::new();
    for (queue, decisions) in
        gathered.queues.iter().zip(&gathered.selection.decisions).filter(|(queue, _)| queue.on_web)
    {
        let kept = decisions.iter().filter(|decision| **decision == Decision::Kept).count();
        if kept >= queue.quota.count {
            continue;
        }
        let (class, kind) = (&queue.quota.class, queue.kind);
        let later = decisions.iter().filter(|decision| matches!(decision, Decision::Later(_))).count();
        if later > 0 {
            reasons.push(format!("the stage could not fetch {later} files of {kind} for class `{class}`"));
        }
        for (reason, _) in queue.faults.iter().filter(|(_, may_pass)| *may_pass) {
            reasons.push(format!("the search of {kind} for class `{class}` ended early: {reason}"));
        }
    }
    reasons.extend(gathered.exhausted.iter().map(|reason| format!("the last run stopped early: {reason}")));
    reasons
}

/// Returns the reason of a failure that a later run may not have.
fn for_now(reason: &str) -> String {
    format!("for now: {reason}")
}
