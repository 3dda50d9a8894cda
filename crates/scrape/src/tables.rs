//! The tables of what was found: every picture with its origin, every refusal with its reason.

use std::collections::BTreeSet;

use crate::view::Run;
use anyhow::{Result, anyhow, bail};
use pipeline::HintExt;

use crate::candidate::Reject;
use crate::gather::Gathered;
use crate::lane::Known;
use crate::pick::{Fate, Place};
use crate::store::path_of;

/// The table of pictures.
pub const SOURCES: &str = "sources.csv";
/// The table of what was not taken.
pub const REJECTS: &str = "rejects.csv";
/// Status of a picture that is in the data set.
pub const KEPT: &str = "kept";
/// Status of a picture whose file is in the data set already, from the place that `like` names.
pub const DUPLICATE: &str = "duplicate";
/// Status of a picture that looks the same as the one that `like` names; its own file is not kept.
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

impl Gathered {
    /// Writes the tables.
    pub fn write(&self, run: &Run) -> Result<()> {
        let rejects = self.rejects();
        let rows = rejects.iter().map(|reject| [&reject.class, &reject.source, &reject.reason]);
        run.write_csv(REJECTS, &["class", "source", "reason"], rows)?;
        for Reject { class, source, reason } in &rejects {
            tracing::warn!(class, source, reason, "rejected");
        }
        // After the reasons are written: it is where they are looked for.
        self.check(&rejects)?;
        run.write_csv(SOURCES, &COLUMNS, self.rows())
    }

    /// The rows of [`SOURCES`], in the order of the candidates.
    fn rows(&self) -> Vec<[String; 14]> {
        let mut rows = Vec::new();
        for (at, fates) in self.pick.fates.iter().enumerate() {
            for (slot, fate) in fates.iter().enumerate() {
                let (like, status) = match fate {
                    Fate::Kept => (None, KEPT),
                    Fate::Duplicate(first) => (Some(*first), DUPLICATE),
                    Fate::NearDuplicate(first) => (Some(*first), NEAR_DUPLICATE),
                    Fate::Refused(_) | Fate::Later(_) | Fate::Open => continue,
                };
                rows.push(self.row((at, slot), like, status));
            }
        }
        rows
    }

    fn row(&self, place: Place, like: Option<Place>, status: &str) -> [String; 14] {
        let lane = &self.lanes[place.0];
        let slot = &lane.slots[place.1];
        let (hash, path, bytes) = match &slot.known {
            Known::Picture(index) => {
                let content = self.contents.get(*index);
                let path = if status == NEAR_DUPLICATE { String::new() } else { path_of(&lane.want.class, content) };
                (content.hash.clone(), path, content.bytes.to_string())
            }
            _ => Default::default(),
        };
        let candidate = slot.candidate.clone();
        let licence = candidate.licence.map(|licence| licence.to_string()).unwrap_or_default();
        let like = like.map(|(lane, slot)| self.lanes[lane].slots[slot].candidate.source.clone()).unwrap_or_default();
        [
            hash,
            lane.want.class.clone(),
            path,
            candidate.source,
            candidate.page,
            candidate.title,
            candidate.author,
            licence,
            candidate.licence_url,
            lane.kind.to_owned(),
            lane.want.queries[slot.query].clone(),
            bytes,
            like,
            status.to_owned(),
        ]
    }

    /// Everything that was not taken, by class and place.
    fn rejects(&self) -> Vec<Reject> {
        let mut rejects = Vec::new();
        for (lane, fates) in self.lanes.iter().zip(&self.pick.fates) {
            let class = &lane.want.class;
            let reject =
                |source: &str, reason: String| Reject { class: class.clone(), source: source.to_owned(), reason };
            for (slot, fate) in lane.slots.iter().zip(fates) {
                match fate {
                    Fate::Refused(reason) => rejects.push(reject(&slot.candidate.source, reason.clone())),
                    Fate::Later(reason) => rejects.push(reject(&slot.candidate.source, format!("for now: {reason}"))),
                    _ => {}
                }
            }
            rejects.extend(lane.rejects.iter().cloned());
            for (reason, passes) in &lane.faults {
                let reason = if *passes { format!("for now: {reason}") } else { reason.clone() };
                rejects.push(reject(lane.kind, format!("its search ended before its time: {reason}")));
            }
        }
        rejects.sort();
        rejects
    }

    /// Refuses a class without pictures.
    fn check(&self, rejects: &[Reject]) -> Result<()> {
        let kept: BTreeSet<&str> = self.pick.kept().map(|(lane, _)| self.lanes[lane].want.class.as_str()).collect();
        let Some(class) = self.lanes.iter().map(|lane| &lane.want.class).find(|class| !kept.contains(class.as_str()))
        else {
            if kept.is_empty() {
                bail!("no pictures were found");
            }
            return Ok(());
        };
        let first = rejects.iter().find(|reject| reject.class == *class);
        let why = first.map_or_else(
            || "nothing was found".to_owned(),
            |Reject { source, reason, .. }| format!("the first, {source}: {reason}"),
        );
        Err(anyhow!("no picture of class `{class}` can be used; {why}"))
            .hint("give the class pictures or other search words, or take it away; rejects.csv has every reason")
    }

    /// What a later run may add, a line for each reason; empty when every lane has what it wants.
    pub fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        for (lane, fates) in self.lanes.iter().zip(&self.pick.fates).filter(|(lane, _)| lane.on_web) {
            let kept = fates.iter().filter(|fate| **fate == Fate::Kept).count();
            if kept >= lane.want.count {
                continue;
            }
            let (class, kind) = (&lane.want.class, lane.kind);
            let later = fates.iter().filter(|fate| matches!(fate, Fate::Later(_))).count();
            if later > 0 {
                left.push(format!("{later} of {kind} for class `{class}` could not be fetched for now"));
            }
            for (reason, _) in lane.faults.iter().filter(|(_, passes)| *passes) {
                left.push(format!("{kind} for class `{class}` ended before its time: {reason}"));
            }
        }
        left.extend(self.exhausted.iter().map(|reason| format!("the last run stopped early: {reason}")));
        left
    }
}
