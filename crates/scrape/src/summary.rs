//! What the outputs on disk hold, for the person who waits.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use pipeline::{Align, HintExt, Summary, Table};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::collection::{DUPLICATE, REJECTS, SOURCES};

/// Rejects that are named in the terminal; the file names all.
const SHOWN: usize = 10;

#[derive(Deserialize)]
struct Source {
    class: String,
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
        *(if source.status == DUPLICATE { &mut counts.duplicates } else { &mut counts.pictures }) += 1;
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
