//! Why this class: maps of the parts that decide, by several methods, and how faithful each map is.

use std::collections::BTreeMap;

use anyhow::Result;
use report::Color;
use report::chart::{DotChart, DotRow, Line, LineChart, Measure, Stroke};
use report::page::{Block, Body, Card, Figure, Group, Link, Panel, Room, Section, Side, Tabs};

use super::{Material, base, links, photo};
use crate::choose::Chosen;

/// The methods in the order in which they are shown: the file's name, a person's name, how to read the map.
const METHODS: [(&str, &str, &str); 5] = [
    (
        "occlusion",
        "Occlusion",
        "A square covers one place after another. Red: with this place covered the class is less likely; blue: more likely.",
    ),
    (
        "gradcam",
        "Grad-CAM",
        "Where the last layer with places finds evidence for the class: coarse, and it rarely misleads.",
    ),
    ("saliency", "Saliency", "How strongly each pixel's value changes the class's score: fine and noisy."),
    ("guided", "Guided backpropagation", "As saliency, letting only positive evidence pass back: sharp edges."),
    ("deconvnet", "Deconvnet", "What the network would draw from its own answer, layer by layer backwards."),
];
/// Faithfulness: the areas under the curves.
const FAITHFULNESS: &str = "maps/faithfulness.csv";

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let mut blocks = Vec::new();
    for chosen in of.chosen {
        blocks.extend(one(of, chosen)?.map(Block::Side));
    }
    let mut section = Section {
        id: "why".into(),
        title: "Why this class".into(),
        lead: "Which parts of a picture carry the decision for the class that the network names, by several methods. No method is the truth: the \
               curves measure each by removing or adding the pixels in the order that the map gives them."
            .into(),
        blocks: Vec::new(),
    };
    if blocks.is_empty() {
        section.blocks.push(Block::Note("No picture was chosen, or no map was asked for: left out.".into()));
        return Ok(section);
    }
    section.blocks.extend(faithfulness(of)?);
    section.blocks.push(Block::Group(Group {
        title: "Picture by picture".into(),
        lead: "A method that is chosen for one picture is chosen for all.".into(),
        blocks,
        links: Vec::new(),
    }));
    Ok(section)
}

/// Name of a method for a person.
fn name(method: &str) -> String {
    let known = METHODS.iter().find(|(file, ..)| *file == method);
    known.map_or_else(|| method.to_owned(), |(_, name, _)| (*name).to_owned())
}

/// A method's colour, the same in every chart.
fn color(method: &str) -> Color {
    let place = METHODS.iter().position(|(file, ..)| *file == method);
    Color::of_class(place.unwrap_or(METHODS.len()), METHODS.len() + 1)
}

/// Those of `found` that are known, in their order, then the others.
fn in_order(found: Vec<String>) -> Vec<String> {
    let place = |method: &str| METHODS.iter().position(|(file, ..)| *file == method).unwrap_or(METHODS.len());
    let mut sorted = found;
    sorted.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
    sorted
}

/// All maps of one picture, and their curves.
fn one(of: &Material, chosen: &Chosen) -> Result<Option<Side>> {
    let picture = chosen.of(of.dataset);
    let folder = format!("maps/{}", picture.id);
    let target = target(of, &picture.id)?.unwrap_or_else(|| picture.label.clone());
    let mut panels = Vec::new();
    for method in in_order(of.beside.names(&folder, "png")?) {
        let file = format!("{folder}/{method}.png");
        let Some(overlay) = of.beside.picture(&file)? else { continue };
        let known = METHODS.iter().find(|(file, ..)| *file == method);
        let alt = format!("{} map for {target}, laid over the picture of {}", name(&method), base(&picture.source));
        let mut paths = vec![Link::named("picture (.png)", &file)];
        for kind in ["npy", "csv"] {
            let path = format!("{folder}/{method}.{kind}");
            if of.beside.has(&path) {
                paths.push(Link::named(&format!("numbers (.{kind})"), &path));
            }
        }
        let figure = Figure {
            title: String::new(),
            note: known.map_or(String::new(), |(_, _, note)| (*note).to_owned()),
            body: Body::Picture(photo(&overlay, &alt)?),
            links: paths,
            room: Room::Normal,
        };
        panels.push(Panel { title: name(&method), blocks: vec![Block::Figures(vec![figure])] });
    }
    if panels.is_empty() {
        return Ok(None);
    }
    let family = "method".to_owned();
    let mut blocks = vec![Block::Tabs(Tabs { label: "Method".into(), family, panels })];
    blocks.extend(curves(of, &format!("{folder}/curves.csv"))?);
    let place = of.dataset.pictures.iter().position(|one| one.id == picture.id);
    let card = match place.and_then(|place| of.prediction(place)) {
        Some(prediction) => of.card(prediction, 224)?,
        None => Card {
            pictures: vec![of.photo(picture, 224)?],
            title: picture.label.clone(),
            lines: vec![base(&picture.source).to_owned()],
            ..Card::default()
        },
    };
    Ok(Some(Side { title: format!("{}, {}", picture.label, chosen.why), card, blocks }))
}

/// The class that a picture's maps are for: the one that the network names.
fn target(of: &Material, id: &str) -> Result<Option<String>> {
    let Some(sheet) = of.beside.sheet("maps/targets.csv")? else { return Ok(None) };
    for row in sheet.rows() {
        if row.text("id")? == id && row.text("folder")? == format!("maps/{id}") {
            return Ok(Some(row.text("target")?.to_owned()));
        }
    }
    Ok(None)
}

/// The deletion and insertion curves of one picture.
fn curves(of: &Material, file: &str) -> Result<Option<Block>> {
    let Some(sheet) = of.beside.sheet(file)? else { return Ok(None) };
    let mut found: BTreeMap<String, BTreeMap<String, Vec<(f64, f64)>>> = BTreeMap::new();
    for row in sheet.rows() {
        let point = (row.sure("share")? * 100.0, row.sure("probability")?);
        let lines = found.entry(row.text("kind")?.to_owned()).or_default();
        lines.entry(row.text("method")?.to_owned()).or_default().push(point);
    }
    let mut panels = Vec::new();
    for (kind, title, note) in [
        (
            "deletion",
            "Deletion",
            "The pixels that the map ranks highest go first. The faster the probability falls, the better.",
        ),
        (
            "insertion",
            "Insertion",
            "The pixels that the map ranks highest come first. The faster the probability rises, the better.",
        ),
    ] {
        let Some(lines) = found.get(kind) else { continue };
        let lines = in_order(lines.keys().cloned().collect()).into_iter().map(|method| Line {
            name: name(&method),
            points: lines[&method].clone(),
            color: color(&method),
            stroke: Stroke::Solid,
        });
        let chart = LineChart {
            label: format!("{title} curves by method"),
            x: "pixels, %".into(),
            y: "probability of the label".into(),
            lines: lines.collect(),
            rule: None,
            percent: true,
        };
        let figure = Figure {
            title: String::new(),
            note: note.into(),
            body: Body::Chart(chart.scene()),
            links: links([file]),
            room: Room::Normal,
        };
        panels.push(Panel { title: title.into(), blocks: vec![Block::Figures(vec![figure])] });
    }
    let tabs = Tabs { label: "Curve".into(), family: "curve".into(), panels };
    Ok((!tabs.panels.is_empty()).then_some(Block::Tabs(tabs)))
}

/// The mean areas under the curves, method by method.
fn faithfulness(of: &Material) -> Result<Option<Block>> {
    let Some(sheet) = of.beside.sheet(FAITHFULNESS)? else { return Ok(None) };
    let mut sums: BTreeMap<String, [(f64, usize); 2]> = BTreeMap::new();
    for row in sheet.rows() {
        let sums = sums.entry(row.text("method")?.to_owned()).or_default();
        for (sum, column) in sums.iter_mut().zip(["insertion", "deletion"]) {
            if let Some(value) = row.number(column)? {
                *sum = (sum.0 + value, sum.1 + 1);
            }
        }
    }
    if sums.is_empty() {
        return Ok(None);
    }
    let rows = in_order(sums.keys().cloned().collect()).into_iter().map(|method| DotRow {
        name: name(&method),
        values: sums[&method].iter().map(|(sum, count)| (*count > 0).then(|| sum / *count as f64)).collect(),
        interval: None,
        chosen: false,
    });
    let measure = |name: &str, color| Measure { name: name.into(), color };
    let chart = DotChart {
        label: "Mean areas under the insertion and deletion curves by method".into(),
        measures: vec![measure("insertion", Color::BLUE), measure("deletion", Color::VERMILION)],
        rows: rows.collect(),
    };
    Ok(Some(Block::Figures(vec![Figure {
        title: "How faithful the maps are".into(),
        note: "Mean area under the curves of all pictures below. A faithful map has a high insertion and a low deletion: the \
               further the blue dot lies to the right of the red one, the better."
            .into(),
        body: Body::Chart(chart.scene()),
        links: links([FAITHFULNESS]),
        room: Room::Normal,
    }])))
}
