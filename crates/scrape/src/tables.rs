//! The tables `sources.csv`, `rejects.csv` and `shortfalls.csv`: every image with its origin, every reject with its reason, and
//! every class that has fewer images than wanted.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use contract::config::SourceKind;
use contract::{Artifact, RejectRow, ShortfallRow, SourceRow, Status};
use pipeline::Problems;

use crate::candidate::Reject;
use crate::candidate_queue::FileState;
use crate::gather::Gathered;
use crate::selection::{Decision, SlotPlace};
use crate::store::path_of;
use crate::view::Run;

const REJECTS: &str = <Vec<RejectRow> as Artifact>::FILE;

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
    let table: Vec<RejectRow> = rejects.iter().map(reject_row).collect();
    table.write(run)?;
    for Reject { class, location, reason } in &rejects {
        tracing::warn!(class, source = location, reason, "rejected");
    }
    check_classes(gathered, &rejects, run).or_else(|failed| {
        // The outputs of a failed run disappear, and this table explains the failure.
        run.write_unfinished(REJECTS, &table.encode()?)?;
        Err(failed)
    })?;
    let shortfalls = shortfalls(gathered);
    if !shortfalls.is_empty() {
        shortfalls.write(run)?;
    }
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

/// Returns the row of the slot at the position `place`.
fn row(gathered: &Gathered, place: SlotPlace, like: Option<SlotPlace>, status: Status) -> SourceRow {
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
        kind: queue.kind,
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
            rejects.push(reject(queue.kind.name(), format!("the search ended early: {reason}")));
        }
    }
    rejects.sort();
    rejects
}

/// Returns an error that lists all classes without images.
fn check_classes(gathered: &Gathered, rejects: &[Reject], run: &Run) -> Result<()> {
    let kept: BTreeSet<&str> =
        gathered.selection.kept().map(|(queue, _)| gathered.queues[queue].quota.class.as_str()).collect();
    let mut empty: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
    for queue in gathered.queues.iter().filter(|queue| !kept.contains(queue.quota.class.as_str())) {
        empty.entry(&queue.quota.class).or_default().insert(advice(queue.kind));
    }
    if empty.is_empty() && kept.is_empty() {
        bail!("the sources have no images");
    }
    let mut problems = Problems::default();
    for (class, advice) in empty {
        let first = rejects.iter().find(|reject| reject.class == class);
        let why = first.map_or_else(
            || "the sources have no candidates for it".to_owned(),
            |Reject { location, reason, .. }| format!("its first reject is {location}: {reason}"),
        );
        let advice = advice.into_iter().collect::<Vec<_>>().join(", or ");
        let table = run.unfinished(REJECTS);
        problems.add(
            format!("class `{class}` has no usable image; {why}"),
            format!("{advice}; {} lists all reasons", table.display()),
        );
    }
    problems.into_result("the data set")
}

/// Returns what a user can do about a class for which a source of this kind has no image.
fn advice(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Folder => "add images to the folder of the class, or leave the folder out with `exclude`",
        SourceKind::Urls => "add addresses of the class to the list, or remove the class from it",
        SourceKind::Drawn => "lower `scrape.near_duplicate_distance`, or leave this source out",
        SourceKind::Commons | SourceKind::Openverse | SourceKind::Google => {
            "use other search words for the class, or remove the class"
        }
    }
}

/// Returns why a source of this kind, which has named all its candidates, has no more.
fn end_of_candidates(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Drawn => "the source draws no more images",
        SourceKind::Folder => "the folder has no more images",
        SourceKind::Urls => "the list has no more rows",
        SourceKind::Commons | SourceKind::Openverse | SourceKind::Google => "the search has no more results",
    }
}

/// Returns the classes for which a source gave fewer images than its quota, with the reasons.
pub fn shortfalls(gathered: &Gathered) -> Vec<ShortfallRow> {
    let mut rows = Vec::new();
    for (queue, decisions) in gathered.queues.iter().zip(&gathered.selection.decisions) {
        let count = |is: fn(&Decision) -> bool| decisions.iter().filter(|decision| is(decision)).count();
        let (wanted, found) = (queue.quota.count, count(|decision| *decision == Decision::Kept));
        if found >= wanted || wanted == usize::MAX {
            continue;
        }
        let later = count(|decision| matches!(decision, Decision::Later(_)));
        let refused = count(|decision| matches!(decision, Decision::Refused(_))) + queue.rejects.len();
        let copies = count(|decision| matches!(decision, Decision::Duplicate(_) | Decision::NearDuplicate(_)));
        let mut reasons: Vec<String> = Vec::new();
        for (reason, may_pass) in &queue.faults {
            let reason = if *may_pass { for_now(reason) } else { reason.clone() };
            reasons.push(format!("the search ended early: {reason}"));
        }
        reasons.extend(gathered.exhausted.iter().map(|reason| format!("the run stopped early: {reason}")));
        if reasons.is_empty() {
            reasons.push(end_of_candidates(queue.kind).to_owned());
        }
        for (number, what) in [(later, "could not be fetched for now"), (refused, "rejected"), (copies, "copies")] {
            if number > 0 {
                reasons.push(format!("{number} {what}"));
            }
        }
        let (class, kind) = (queue.quota.class.clone(), queue.kind);
        rows.push(ShortfallRow { class, kind, wanted, found, reason: reasons.join("; ") });
    }
    rows
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
