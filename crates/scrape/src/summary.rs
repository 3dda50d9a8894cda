//! The summary of the outputs that the stage prints.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use contract::config::SourceKind;
use contract::{Artifact, RejectRow, Row, ShortfallRow, SourceRow, Status};
use pipeline::{Align, Summary, Table};

/// The maximum number of rejects to print.
const SHOWN: usize = 10;

/// The numbers of one class.
#[derive(Default)]
struct Counts {
    images: usize,
    duplicates: usize,
    rejected: usize,
}

/// Returns tables of the images by class, of the licences, of the shortfalls and of the first rejects.
pub fn summary(folder: &Path) -> Result<Summary> {
    let sources = Vec::<SourceRow>::read_in(folder)?;
    let rejects = Vec::<RejectRow>::read_in(folder)?;
    let mut classes: BTreeMap<&str, Counts> = BTreeMap::new();
    for source in &sources {
        let counts = classes.entry(&source.class).or_default();
        *(if source.status == Status::Kept { &mut counts.images } else { &mut counts.duplicates }) += 1;
    }
    for reject in &rejects {
        classes.entry(&reject.class).or_default().rejected += 1;
    }
    let columns = [("class", Align::Left), ("images", Align::Right), ("duplicates", Align::Right)];
    let mut table = Table::new("Images", &[&columns[..], &[("rejected", Align::Right)]].concat());
    for (class, counts) in &classes {
        let name = if class.is_empty() { "(none)" } else { class };
        let Counts { images, duplicates, rejected } = counts;
        table.row([name.to_owned(), images.to_string(), duplicates.to_string(), rejected.to_string()]);
    }
    let mut tables = vec![table];
    tables.extend(licences(&sources));
    tables.extend(Vec::<ShortfallRow>::find_in(folder)?.map(|rows| shortfalls(&rows)));
    if !rejects.is_empty() {
        tables.push(first_rejects(&rejects, folder));
    }
    let images: usize = classes.values().map(|counts| counts.images).sum();
    let used = classes.values().filter(|counts| counts.images > 0).count();
    let headline = format!(
        "{images} images in {used} {}{}",
        if used == 1 { "class" } else { "classes" },
        if rejects.is_empty() { String::new() } else { format!(", {} rejected", rejects.len()) },
    );
    Ok(Summary { headline, tables, rejected: rejects.len(), unmet: vec![] })
}

/// Returns a table of the images by source and licence. `None` if all images are drawn or are files of the user.
fn licences(sources: &[SourceRow]) -> Option<Table> {
    let kept: Vec<&SourceRow> = sources.iter().filter(|source| source.status == Status::Kept).collect();
    if !kept.iter().any(|source| is_by_others(source.kind)) {
        return None;
    }
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for source in kept {
        *counts.entry((source.kind.name(), &source.licence)).or_default() += 1;
    }
    let mut table =
        Table::new("Licences", &[("source", Align::Left), ("licence", Align::Left), ("images", Align::Right)]);
    for ((kind, licence), count) in &counts {
        table.row([*kind, if licence.is_empty() { "(not stated)" } else { licence }, &count.to_string()]);
    }
    Some(table)
}

/// Returns whether the images of a source are by other people, so that their licences matter.
fn is_by_others(kind: SourceKind) -> bool {
    match kind {
        SourceKind::Urls | SourceKind::Commons | SourceKind::Openverse | SourceKind::Google => true,
        SourceKind::Drawn | SourceKind::Folder => false,
    }
}

/// Returns a table of the classes with fewer images than wanted.
fn shortfalls(rows: &[ShortfallRow]) -> Table {
    let columns = [("class", Align::Left), ("source", Align::Left), ("images", Align::Right), ("reason", Align::Left)];
    let mut table = Table::new("Classes with fewer images than wanted", &columns);
    for ShortfallRow { class, kind, wanted, found, reason } in rows {
        table.row([class, kind.name(), &format!("{found} of {wanted}"), reason]);
    }
    table
}

/// Returns a table of the first [`SHOWN`] rejects.
fn first_rejects(rejects: &[RejectRow], folder: &Path) -> Table {
    let title = if rejects.len() > SHOWN {
        format!(
            "Rejected: the first {SHOWN} of {}; {} lists all",
            rejects.len(),
            folder.join(RejectRow::FILE).display()
        )
    } else {
        "Rejected".to_owned()
    };
    let mut table = Table::new(title, &[("source", Align::Left), ("reason", Align::Left)]);
    for reject in rejects.iter().take(SHOWN) {
        table.row([&reject.source, &reject.reason]);
    }
    table
}
