//! Section "Data", and the head of the page: the task, the data set and the numbers that matter most.

use std::collections::BTreeMap;

use contract::{Dataset, ImageRow, Metrics, QuarantineRow, Split};
use report::page::{Block, Fact, Section, Table};
use report::scale;

use crate::inputs::ReportInputs;
use crate::text::{columns, link_to, list};
use crate::training;

/// Maximum number of classes that the title names. Of more classes it states the number.
const NAMED: usize = 5;

/// Returns the heading of the page.
pub(crate) fn title(inputs: &ReportInputs) -> String {
    let classes = &inputs.dataset.classes;
    if classes.len() <= NAMED {
        format!("Telling {} apart", list(classes))
    } else {
        format!("Telling {} classes apart", classes.len())
    }
}

/// Describes which network was trained on which images.
pub(crate) fn lead(inputs: &ReportInputs) -> String {
    let network = &inputs.network;
    let base = network.parent.as_ref().map_or(network.name.as_str(), |parent| parent.name.as_str());
    let count = |split| inputs.dataset.split(split).len();
    format!(
        "A new head on {base}, trained on {} images and chosen on {} others. All measures of quality below come from the \
         {} images of the {} split. The network saw none of them during training or selection.",
        count(Split::Train),
        count(Split::Val),
        inputs.metrics.images,
        inputs.metrics.split,
    )
}

/// Returns the numbers at the top of the page.
pub(crate) fn facts(inputs: &ReportInputs) -> Vec<Fact> {
    let metrics = &inputs.metrics;
    let [low, high] = metrics.accuracy_interval.map(scale::percent);
    let wrong = inputs.judgements.iter().filter(|judgement| !judgement.is_right()).count();
    let fact = |name: &str, value: String, note: String| Fact { name: name.into(), value, note };
    let mut facts = vec![
        fact(
            "Accuracy",
            scale::percent(metrics.accuracy),
            // The spaces do not break, so that the numbers stay on one line.
            format!("95 % interval {}\u{a0}–\u{2060}\u{a0}{}", low.trim_end_matches(" %"), high.replace(' ', "\u{a0}")),
        ),
        fact("Wrong", wrong.to_string(), format!("of {} {} images", metrics.images, metrics.split)),
        fact("Macro-F1", scale::percent(metrics.macro_f1), "mean over the classes".into()),
        fact("Calibration error", scale::percent(metrics.ece), format!("log loss {}", scale::short(metrics.log_loss))),
    ];
    if let Some(settings) = training::chosen_settings(&inputs.trials) {
        facts.push(fact("Trials", inputs.trials.len().to_string(), format!("chosen: {settings}")));
    }
    facts
}

/// Returns the section about the data set.
pub(crate) fn section(inputs: &ReportInputs) -> Section {
    let images = &inputs.dataset.images;
    let count = |class: Option<&str>, split: Option<Split>| {
        let own = |image: &&ImageRow| {
            class.is_none_or(|class| image.label == class) && split.is_none_or(|split| image.split == split)
        };
        images.iter().filter(own).count().to_string()
    };
    let row = |name: &str, class: Option<&str>| {
        let mut cells = vec![name.to_owned()];
        cells.extend([Split::Train, Split::Val, Split::Test].map(|split| count(class, Some(split))));
        cells.push(count(class, None));
        cells
    };
    let mut rows: Vec<(Vec<String>, bool)> =
        inputs.dataset.classes.iter().map(|class| (row(class, Some(class)), false)).collect();
    rows.push((row("all", None), true));
    let mut blocks = vec![Block::Table(Table {
        title: "Images by class and split".into(),
        note: String::new(),
        columns: columns(&["class", "train", "val", "test", "all"], &["train", "val", "test", "all"]),
        rows,
        links: vec![link_to::<Vec<ImageRow>>(), link_to::<Vec<QuarantineRow>>(), link_to::<Metrics>()],
    })];
    match inputs.unusable {
        0 => {}
        1 => blocks.push(Block::Note("1 file could not be used. The file quarantine.csv has the reason.".into())),
        count => {
            blocks.push(Block::Note(format!(
                "{count} files could not be used. The file quarantine.csv has the reasons."
            )));
        }
    }
    let lead = match near_duplicates(&inputs.dataset) {
        0 => format!("{} images. No two of them look nearly the same.", images.len()),
        near => format!(
            "{} images. {near} of them look nearly the same as another one. Such images are always in the same split.",
            images.len()
        ),
    };
    Section { id: "overview".into(), title: "Data".into(), lead, blocks }
}

/// Counts the images that share their group with another one.
fn near_duplicates(dataset: &Dataset) -> usize {
    let mut sizes = BTreeMap::new();
    for image in &dataset.images {
        *sizes.entry(image.group).or_insert(0) += 1;
    }
    sizes.into_values().filter(|size| *size > 1).sum()
}
