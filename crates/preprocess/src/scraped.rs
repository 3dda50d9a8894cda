//! Reads the outputs of `scrape`: the images by class, and the rejected files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use contract::{Artifact, QuarantineRow, RejectRow, Row, SourceRow, Status};

/// A file that may be an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScrapedFile {
    /// The hash of the file, 16 hex digits.
    pub id: String,
    /// The class.
    pub class: String,
    /// The path of the file.
    pub file: PathBuf,
    /// The source that the user knows, such as a path or an address.
    pub source: String,
}

/// The tables of `scrape`.
#[derive(Debug)]
pub(crate) struct Scraped {
    /// The images, sorted by class and id.
    pub images: Vec<ScrapedFile>,
    /// The rejected files in the order of the table.
    pub rejects: Vec<QuarantineRow>,
    /// Every class with at least one file.
    pub classes: BTreeSet<String>,
}

impl Scraped {
    /// Reads the tables of `scrape` below `artifacts`.
    pub(crate) fn read(artifacts: &Path) -> Result<Self> {
        let folder = artifacts.join(SourceRow::STAGE);
        let rows = Vec::<SourceRow>::read_in(&folder)?;
        let (mut images, mut alike) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            if row.status == Status::NearDuplicate {
                let reason = format!("it looks the same as {}", row.like);
                alike.push(QuarantineRow { path: row.source, reason, class: row.class });
                continue;
            }
            images.push(ScrapedFile {
                id: row.hash,
                class: row.class,
                file: folder.join(row.path),
                source: row.source,
            });
        }
        images.sort_by(|a, b| (&a.class, &a.id, &a.source).cmp(&(&b.class, &b.id, &b.source)));
        let rejects = Vec::<RejectRow>::read_in(&folder)?;
        let refused = |row: RejectRow| QuarantineRow { path: row.source, reason: row.reason, class: row.class };
        let rejects: Vec<QuarantineRow> = rejects.into_iter().map(refused).chain(alike).collect();
        let named = images.iter().map(|found| &found.class).chain(rejects.iter().map(|refused| &refused.class));
        let classes = named.filter(|class| !class.is_empty()).cloned().collect();
        Ok(Self { images, rejects, classes })
    }
}
