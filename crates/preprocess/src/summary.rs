//! The summary of the stage. It is computed from the outputs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use contract::{Artifact, Dataset, ImageRow, QuarantineRow, Row, Split};
use pipeline::{Align, Summary, Table};

/// The maximum number of rejected files in the summary. `quarantine.csv` has all of them.
const SHOWN: usize = 20;

/// Returns the summary of the outputs of `preprocess`. `artifacts` is the folder of all stages.
pub(crate) fn of(artifacts: &Path) -> Result<Summary> {
    let dataset = Dataset::read(artifacts)?;
    let refused = Vec::<QuarantineRow>::read(artifacts)?;
    let mut tables = vec![by_class(&dataset, &refused)];
    if let Some(table) = contradictions(&dataset) {
        tables.push(table);
    }
    if !refused.is_empty() {
        tables.push(quarantine(&refused));
    }
    let split = |split| dataset.split(split).len();
    let headline = format!(
        "{} of {} images usable, {} classes: {} train, {} val, {} test",
        dataset.images.len(),
        dataset.images.len() + refused.len(),
        dataset.classes.len(),
        split(Split::Train),
        split(Split::Val),
        split(Split::Test),
    );
    Ok(Summary { headline, tables, rejected: refused.len(), unmet: Vec::new() })
}

/// The counts of a class: usable, quarantined, train, val, test.
type Counts = [usize; 5];

fn by_class(dataset: &Dataset, refused: &[QuarantineRow]) -> Table {
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for image in &dataset.images {
        let count = counts.entry(&image.label).or_default();
        count[0] += 1;
        count[2 + image.split as usize] += 1;
    }
    for refused in refused {
        counts.entry(&refused.class).or_default()[1] += 1;
    }
    let columns = ["found", "usable", "quarantined", "train", "val", "test"].map(|name| (name, Align::Right));
    let mut table = Table::new("Images by class", &[[("class", Align::Left)].as_slice(), &columns].concat());
    let mut total = Counts::default();
    for (class, count) in counts {
        total = std::array::from_fn(|at| total[at] + count[at]);
        let name = if class.is_empty() { "(no class)" } else { class };
        table.row(cells(name, count));
    }
    table.row(cells("all", total));
    table
}

fn cells(name: &str, count: Counts) -> Vec<String> {
    let numbers = [count[0] + count[1]].into_iter().chain(count).map(|number| number.to_string());
    std::iter::once(name.to_owned()).chain(numbers).collect()
}

/// Returns the table of near-duplicates with different labels, if there are any.
fn contradictions(dataset: &Dataset) -> Option<Table> {
    let mut groups: BTreeMap<usize, Vec<&ImageRow>> = BTreeMap::new();
    for image in &dataset.images {
        groups.entry(image.group).or_default().push(image);
    }
    groups.retain(|_, images| images.iter().any(|image| image.label != images[0].label));
    let columns = [("group", Align::Right), ("class", Align::Left), ("image", Align::Left)];
    let mut table = Table::new("Near-duplicates with different labels", &columns);
    for (group, images) in &groups {
        for image in images {
            table.row([&group.to_string(), &image.label, &image.source]);
        }
    }
    (!groups.is_empty()).then_some(table)
}

fn quarantine(refused: &[QuarantineRow]) -> Table {
    let more = refused.len().saturating_sub(SHOWN);
    let title = match more {
        0 => "Quarantined".to_owned(),
        _ => format!("Quarantined (and {more} more in {})", QuarantineRow::FILE),
    };
    let mut table = Table::new(title, &[("path", Align::Left), ("reason", Align::Left)]);
    for refused in &refused[..refused.len() - more] {
        table.row([&refused.path, &refused.reason]);
    }
    table
}
