//! What the outputs on disk hold, for the person who waits.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use pipeline::{Align, HintExt, Summary, Table};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::tables::{KEPT, REJECTS, SOURCES};

/// Rejects that are named in the terminal; the file names all.
const SHOWN: usize = 10;

#[derive(Deserialize)]
struct Source {
    class: String,
    licence: String,
    kind: String,
    status: String,
}

#[derive(Deserialize)]
struct Reject {
    class: String,
    source: String,
    reason: String,
}

#[derive(Default)]
struct Counts {
    pictures: usize,
    duplicates: usize,
    rejected: usize,
}

/// Counts by class, and the first rejects by name.
pub fn summary(folder: &Path) -> Result<Summary> {
    let sources: Vec<Source> = rows(&folder.join(SOURCES))?;
    let rejects: Vec<Reject> = rows(&folder.join(REJECTS))?;
    let mut classes: BTreeMap<&str, Counts> = BTreeMap::new();
    for source in &sources {
        let counts = classes.entry(&source.class).or_default();
        *(if source.status == KEPT { &mut counts.pictures } else { &mut counts.duplicates }) += 1;
    }
    for reject in &rejects {
        classes.entry(&reject.class).or_default().rejected += 1;
    }
    let columns = [("class", Align::Left), ("pictures", Align::Right), ("duplicates", Align::Right)];
    let mut table = Table::new("Pictures", &[&columns[..], &[("rejected", Align::Right)]].concat());
    for (class, counts) in &classes {
        let name = if class.is_empty() { "(none)" } else { class };
        let Counts { pictures, duplicates, rejected } = counts;
        table.row([name.to_owned(), pictures.to_string(), duplicates.to_string(), rejected.to_string()]);
    }
    let mut tables = vec![table];
    tables.extend(licences(&sources));
    if !rejects.is_empty() {
        tables.push(first_rejects(&rejects, folder));
    }
    let pictures: usize = classes.values().map(|counts| counts.pictures).sum();
    let used = classes.values().filter(|counts| counts.pictures > 0).count();
    let headline = format!(
        "{pictures} pictures in {used} {}{}",
        if used == 1 { "class" } else { "classes" },
        if rejects.is_empty() { String::new() } else { format!(", {} rejected", rejects.len()) },
    );
    Ok(Summary { headline, tables, rejected: rejects.len(), unmet: vec![] })
}

/// Whose pictures may be used how; `None` when all are the user's own.
fn licences(sources: &[Source]) -> Option<Table> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.status == KEPT) {
        *counts.entry((&source.kind, &source.licence)).or_default() += 1;
    }
    let mut table =
        Table::new("Licences", &[("source", Align::Left), ("licence", Align::Left), ("pictures", Align::Right)]);
    for ((kind, licence), count) in &counts {
        table.row([*kind, if licence.is_empty() { "(not stated)" } else { licence }, &count.to_string()]);
    }
    let own = |kind: &str| kind == "drawn" || kind == "folder";
    counts.keys().any(|(kind, _)| !own(kind)).then_some(table)
}

fn first_rejects(rejects: &[Reject], folder: &Path) -> Table {
    let title = if rejects.len() > SHOWN {
        format!("Rejected: the first {SHOWN} of {}; {} names all", rejects.len(), folder.join(REJECTS).display())
    } else {
        "Rejected".to_owned()
    };
    let mut table = Table::new(title, &[("source", Align::Left), ("reason", Align::Left)]);
    for reject in rejects.iter().take(SHOWN) {
        table.row([&reject.source, &reject.reason]);
    }
    table
}

fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let again = "run `just scrape --force`";
    let text = fs_err::read_to_string(path).hint(again)?;
    let rows: Result<Vec<T>, _> = csv::Reader::from_reader(text.as_bytes()).deserialize().collect();
    rows.with_context(|| format!("{} is damaged", path.display())).hint(again)
}
