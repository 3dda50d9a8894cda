//! What `scrape` left: pictures by class, and what it could not take.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use contract::{Artifact, QuarantineRow, RejectRow, Row, SourceRow, Status};

/// A file that may be a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// 16 hex digits of its content's hash.
    pub id: String,
    /// Its class.
    pub class: String,
    /// Where it lies.
    pub file: PathBuf,
    /// What the user knows it by.
    pub source: String,
}

/// The tables of `scrape`.
#[derive(Debug)]
pub(crate) struct Scraped {
    /// Sorted by class and id.
    pub pictures: Vec<Found>,
    /// In the order of the file.
    pub rejects: Vec<QuarantineRow>,
    /// Every class that any file was found for.
    pub classes: BTreeSet<String>,
}

impl Scraped {
    /// Reads the tables of `scrape` below `artifacts`.
    pub(crate) fn read(artifacts: &Path) -> Result<Self> {
        let folder = artifacts.join(SourceRow::STAGE);
        let rows = Vec::<SourceRow>::read_in(&folder)?;
        let (mut pictures, mut alike) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            if row.status == Status::NearDuplicate {
                let reason = format!("it looks the same as {}", row.like);
                alike.push(QuarantineRow { path: row.source, reason, class: row.class });
                continue;
            }
            pictures.push(Found { id: row.hash, class: row.class, file: folder.join(row.path), source: row.source });
        }
        pictures.sort_by(|a, b| (&a.class, &a.id, &a.source).cmp(&(&b.class, &b.id, &b.source)));
        let rejects = Vec::<RejectRow>::read_in(&folder)?;
        let refused = |row: RejectRow| QuarantineRow { path: row.source, reason: row.reason, class: row.class };
        let rejects: Vec<QuarantineRow> = rejects.into_iter().map(refused).chain(alike).collect();
        let named = pictures.iter().map(|found| &found.class).chain(rejects.iter().map(|refused| &refused.class));
        let classes = named.filter(|class| !class.is_empty()).cloned().collect();
        Ok(Self { pictures, rejects, classes })
    }
}
