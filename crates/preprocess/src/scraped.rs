//! What `scrape` left: pictures by class, and what it could not take.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use pipeline::HintExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::quarantine::Refused;

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
    pub rejects: Vec<Refused>,
    /// Every class that any file was found for.
    pub classes: BTreeSet<String>,
}

/// A row of `sources.csv`; its other columns say where the picture is from and whose it is.
#[derive(Deserialize)]
struct SourceRow {
    hash: String,
    class: String,
    path: PathBuf,
    source: String,
    /// The place of the picture that this one looks like, when that is why it is not kept.
    like: String,
    status: String,
}

/// A row of `rejects.csv`.
#[derive(Deserialize)]
struct RejectRow {
    class: String,
    source: String,
    reason: String,
}

impl Scraped {
    /// Reads the tables in `folder`, the folder of `scrape`.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let rows: Vec<SourceRow> = table(&folder.join("sources.csv"))?;
        let (mut pictures, mut alike) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            // It becomes a file's name.
            if row.hash.len() != 16 || !row.hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                let path = folder.join("sources.csv");
                return Err(anyhow!("{} is damaged: `{}` is no hash", path.display(), row.hash)).hint(AGAIN);
            }
            if row.status == "near-duplicate" {
                let reason = format!("it looks the same as {}", row.like);
                alike.push(Refused { path: row.source, reason, class: row.class });
                continue;
            }
            pictures.push(Found { id: row.hash, class: row.class, file: folder.join(row.path), source: row.source });
        }
        pictures.sort_by(|a, b| (&a.class, &a.id, &a.source).cmp(&(&b.class, &b.id, &b.source)));
        let rejects: Vec<RejectRow> = table(&folder.join("rejects.csv"))?;
        let refused = |row: RejectRow| Refused { path: row.source, reason: row.reason, class: row.class };
        let rejects: Vec<Refused> = rejects.into_iter().map(refused).chain(alike).collect();
        let named = pictures.iter().map(|found| &found.class).chain(rejects.iter().map(|refused| &refused.class));
        let classes = named.filter(|class| !class.is_empty()).cloned().collect();
        Ok(Self { pictures, rejects, classes })
    }
}

const AGAIN: &str = "run `just scrape --force`";

fn table<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = fs_err::read(path).hint(AGAIN)?;
    let rows: Result<_, csv::Error> = csv::Reader::from_reader(text.as_slice()).deserialize().collect();
    rows.with_context(|| format!("{} is damaged", path.display())).hint(AGAIN)
}
