//! The tables `sources.csv` and `rejects.csv`: every image with its origin, and every reject with its reason.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow, bail};
use contract::{Artifact, RejectRow, SourceRow, Status};
use pipeline::HintExt;

use crate::candidate::Reject;
use crate::candidate_queue::FileState;
use crate::gather::Gathered;
use crate::selection::{Decision, Place};
use crate::store::path_of;
use crate::view::Run;

/// Writes the tables.
///
/// # Errors
/// Returns an error when a class has no images. The table of rejects is written before.
pub fn write(gathered: &Gathered, run: &Run) -> Result<()> {
    let rejects = rejects(gathered);
    let reject_row = |Reject { class, location, reason }: &Reject| RejectRow {
        class: class.clone(),
        source: location.clone(),
        reason: reason.clone(),
    };
    rejects.iter().map(reject_row).collect::<Vec<_>>().write(run)?;
    for Reject { class, location, reason } in &rejects {
        tracing::warn!(class, source = location, reason, "rejected");
    }
    check_classes(gathered, &rejects)?;
    rows(gathered).write(run)
}

/// Returns the rows of `sources.csv`, in the order of the candidates.
fn rows(gathered: &Gathered) -> Vec<SourceRow> {
    let mut rows = Vec::new();
    for (at, decisions) in gathered.selection.decisions.iter().enumerate() {
        for (slot, decision) in decisions.iter().enumerate() {
            let (like, status) = match decision {
                Decision::Kept => (None, Status::Kept),
                Decision::Duplicate(first) => (Some(*first), Status::Duplicate),
                Decision::NearDuplicate(first) => (Some(*first), Status::NearDuplicate),
                Decision::Refused(_) | Decision::Later(_) | Decision::Undecided => continue,
            };
            rows.push(row(gathered, (at, slot), like, status));
        }
    }
    rows
}

/// Returns the row of the slot at `place`.
fn row(gathered: &Gathered, place: Place, like: Option<Place>, status: Status) -> SourceRow {
    let queue = &gathered.queues[place.0];
    let slot = &queue.slots[place.1];
    let (hash, path, bytes) = match &slot.file {
        FileState::Image(index) => {
            let content = gathered.contents.get(*index);
            let is_stored = status != Status::NearDuplicate;
            let path = if is_stored { path_of(&queue.quota.class, content) } else { String::new() };
            (content.hash.clone(), path, Some(content.bytes))
        }
        _ => Default::default(),
    };
    let candidate = slot.candidate.clone();
    let like = like.map(|(queue, slot)| gathered.queues[queue].slots[slot].candidate.location.clone());
    SourceRow {
        hash,
        class: queue.quota.class.clone(),
        path,
        source: candidate.location,
        page: candidate.page,
        title: candidate.title,
        author: candidate.author,
        licence: candidate.licence.map(|licence| licence.to_string()).unwrap_or_default(),
        licence_url: candidate.licence_url,
        kind: queue.kind.to_owned(),
        query: queue.quota.queries[slot.query].clone(),
        bytes,
        like: like.unwrap_or_default(),
        status,
    }
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
