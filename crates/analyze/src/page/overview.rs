//! What was trained on what, and how good it is.

use anyhow::Result;
use contract::Split;
use report::page::{Block, Fact, Section, Table};
use report::scale;

use super::{Material, columns, links, list};

/// Classes named in the title; beyond that they are counted.
const NAMED: usize = 5;

/// The page's heading.
pub(super) fn title(of: &Material) -> String {
    let classes = &of.dataset.classes;
    if classes.len() <= NAMED {
        format!("Telling {} apart", list(classes))
    } else {
        format!("Telling {} classes apart", classes.len())
    }
}

/// What was done, in two sentences.
pub(super) fn lead(of: &Material) -> String {
    let network = &of.tuned.network;
    let base = network.parent.as_ref().map_or(network.name.as_str(), |parent| parent.name.as_str());
    let count = |split| of.dataset.split(split).len();
    format!(
        "A new head on {base}, trained on {} pictures and chosen on {} others. Everything below about how good it is \
         comes from {} pictures of the {} split, which had no part in either.",
        count(Split::Train),
        count(Split::Val),
        of.results.metrics.pictures,
        of.results.metrics.split,
    )
}

/// The numbers at the top.
pub(super) fn facts(of: &Material) -> Result<Vec<Fact>> {
    let metrics = &of.results.metrics;
    let [low, high] = metrics.accuracy_interval.map(scale::percent);
    let wrong = of.results.predictions.iter().filter(|p| !p.is_right()).count();
    let fact = |name: &str, value: String, note: String| Fact { name: name.into(), value, note };
    let mut facts = vec![
        fact(
            "Accuracy",
            scale::percent(metrics.accuracy),
            // The numbers stay on one line.
            format!("95 % interval {}\u{a0}–\u{2060}\u{a0}{}", low.trim_end_matches(" %"), high.replace(' ', "\u{a0}")),
        ),
        fact("Wrong", wrong.to_string(), format!("of {} {} pictures", metrics.pictures, metrics.split)),
        fact("Macro-F1", scale::percent(metrics.macro_f1), "mean over the classes".into()),
        fact("Calibration error", scale::percent(metrics.ece), format!("log loss {}", scale::short(metrics.log_loss))),
    ];
    let mut trials = 0;
    let mut chosen = None;
    for trial in of.results.trials.rows() {
        trials += 1;
        if trial.text("chosen")? == "true" {
            chosen = Some((trial.text("learning_rate")?, trial.text("dropout")?));
        }
    }
    if let Some((rate, dropout)) = chosen {
        let note = format!("learning rate {rate}, dropout {dropout}");
        facts.push(fact("Trials", trials.to_string(), format!("best: {note}")));
    }
    Ok(facts)
}

/// The data set.
pub(super) fn section(of: &Material) -> Section {
    let splits = [Split::Train, Split::Val, Split::Test];
    let count = |class: Option<&str>, split: Option<Split>| {
        let own = |p: &&contract::Picture| {
            class.is_none_or(|class| p.label == class) && split.is_none_or(|split| p.split == split)
        };
        of.dataset.pictures.iter().filter(own).count().to_string()
    };
    let row = |name: &str, class: Option<&str>| {
        let mut cells = vec![name.to_owned()];
        cells.extend(splits.map(|split| count(class, Some(split))));
        cells.push(count(class, None));
        cells
    };
    let mut rows: Vec<(Vec<String>, bool)> =
        of.dataset.classes.iter().map(|class| (row(class, Some(class)), false)).collect();
    rows.push((row("all", None), true));
    let rejected = of.results.quarantine.rows().count();
    let mut blocks = vec![Block::Table(Table {
        title: "Pictures by class and split".into(),
        note: String::new(),
        columns: columns(&["class", "train", "val", "test", "all"], &["train", "val", "test", "all"]),
        rows,
        links: links(["../preprocess/dataset.csv", "../preprocess/quarantine.csv", "../evaluate/metrics.json"]),
    })];
    if rejected > 0 {
        blocks.push(Block::Note(format!(
            "{rejected} {} could not be used; quarantine.csv says why.",
            if rejected == 1 { "file" } else { "files" }
        )));
    }
    let near = near_duplicates(of);
    let lead = match near {
        0 => format!("{} pictures, none nearly the same as another.", of.dataset.pictures.len()),
        _ => format!(
            "{} pictures. {near} of them are nearly the same as another one; such pictures always share a split.",
            of.dataset.pictures.len()
        ),
    };
    Section { id: "overview".into(), title: "Data".into(), lead, blocks }
}

/// Pictures that share their group with another one.
fn near_duplicates(of: &Material) -> usize {
    let mut sizes = std::collections::BTreeMap::new();
    for picture in &of.dataset.pictures {
        *sizes.entry(picture.group).or_insert(0) += 1;
    }
    sizes.into_values().filter(|size| *size > 1).sum()
}
