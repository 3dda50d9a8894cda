//! Section "Why this class": saliency maps by several methods, and how faithful each map is.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::config::Method;
use contract::tables::maps::{maps_of, overlay_file, values_file};
use contract::{Artifact, Fade, FadePoint, Faithfulness, MapTarget, WindowRow};
use report::Color;
use report::chart::{DotChart, DotRow, Line, LineChart, Measure, Stroke};
use report::page::{Block, Body, Card, CardAndBlocks, Figure, FigureWidth, Group, Link, Panel, Section, Tabs};

use crate::chosen::Chosen;
use crate::images::photo;
use crate::inputs::ReportInputs;
use crate::text::{base, link_in, link_to, named_link};

/// The methods in the order of the page, each with its name and how to read its map.
const METHODS: [(Method, &str, &str); 5] = [
    (
        Method::Occlusion,
        "Occlusion",
        "A square window covers one place after another. Red: the class is less likely while the place is covered. Blue: it \
         is more likely.",
    ),
    (
        Method::Gradcam,
        "Grad-CAM",
        "The places where the last convolutional layer finds evidence for the class. The map is coarse, but rarely misleading.",
    ),
    (
        Method::Saliency,
        "Saliency",
        "The influence of each pixel on the score of the class. The map is fine, but noisy.",
    ),
    (
        Method::Guided,
        "Guided backpropagation",
        "Like saliency, but only positive evidence passes back. The map shows sharp edges.",
    ),
    (Method::Deconvnet, "Deconvnet", "The score of the class, projected back layer by layer to the pixels."),
];

/// Returns the section.
pub(crate) fn section(inputs: &ReportInputs) -> Result<Section> {
    let targets = Vec::<MapTarget>::find_in(inputs.analyses.folder())?.unwrap_or_default();
    let mut blocks = Vec::new();
    for chosen in &inputs.chosen {
        blocks.extend(one(inputs, &targets, chosen)?.map(Block::CardAndBlocks));
    }
    let mut section = Section {
        id: "why".into(),
        title: "Why this class".into(),
        lead: "Saliency maps show which parts of an image carry the decision for the predicted class. There are several \
               methods, and none of them is the truth. The curves measure each map: they remove or insert pixels in the \
               order of the map."
            .into(),
        blocks: Vec::new(),
    };
    if blocks.is_empty() {
        section
            .blocks
            .push(Block::Note("There are no saliency maps, because no image or no method was chosen.".into()));
        return Ok(section);
    }
    if let Some(areas) = Vec::<Faithfulness>::find_in(inputs.analyses.folder())? {
        section.blocks.extend(faithfulness(&areas));
    }
    section.blocks.push(Block::Group(Group {
        title: "Image by image".into(),
        lead: "A method that you choose for one image is chosen for all images.".into(),
        blocks,
        links: Vec::new(),
    }));
    Ok(section)
}

/// Returns the colour of the method `METHODS[place]`. It is the same in every chart.
fn color(place: usize) -> Color {
    Color::of_class(place, METHODS.len() + 1)
}

/// Returns all maps of one image and their curves, or `None` when it has no maps.
fn one(inputs: &ReportInputs, targets: &[MapTarget], chosen: &Chosen) -> Result<Option<CardAndBlocks>> {
    let row = &chosen.row;
    let folder = maps_of(&row.id);
    let target = targets.iter().find(|target| target.folder == folder).map_or(&row.class, |found| &found.target);
    let mut panels = Vec::new();
    for (method, name, note) in METHODS {
        let file = overlay_file(&folder, method);
        let Some(overlay) = inputs.analyses.image(&file)? else { continue };
        let alt = format!("{name} map for {target}, laid over the image {}", base(&row.source));
        let figure = Figure {
            title: String::new(),
            note: note.into(),
            body: Body::Image(photo(&overlay, &alt)?),
            links: files(inputs, &folder, method),
            width: FigureWidth::Normal,
        };
        panels.push(Panel { title: name.into(), blocks: vec![Block::Figures(vec![figure])] });
    }
    if panels.is_empty() {
        return Ok(None);
    }
    let mut blocks = vec![Block::Tabs(Tabs { label: "Method".into(), family: "method".into(), panels })];
    if let Some(points) = Vec::<FadePoint>::find_in(&inputs.analyses.folder().join(&folder))? {
        blocks.extend(curves(&points, &folder));
    }
    let card = match chosen.place.and_then(|place| inputs.judgement(place)) {
        Some(judgement) => inputs.card(judgement)?,
        None => Card {
            images: vec![inputs.photo_of(chosen)?],
            title: row.class.clone(),
            lines: vec![base(&row.source).to_owned()],
            ..Card::default()
        },
    };
    Ok(Some(CardAndBlocks { title: format!("{}, {}", row.class, row.why), card, blocks }))
}

/// Returns links to the files of one map, as far as they exist.
fn files(inputs: &ReportInputs, folder: &str, method: Method) -> Vec<Link> {
    let mut files =
        vec![("image (.png)", overlay_file(folder, method)), ("numbers (.npy)", values_file(folder, method))];
    if method == Method::Occlusion {
        files.push(("numbers (.csv)", format!("{folder}/{}", Vec::<WindowRow>::FILE)));
    }
    let there = files.iter().filter(|(_, path)| inputs.analyses.has(path));
    there.map(|(name, path)| named_link(name, Vec::<WindowRow>::STAGE, path)).collect()
}

/// Returns the deletion and insertion curves of one image, or `None` without points.
fn curves(points: &[FadePoint], folder: &str) -> Option<Block> {
    let mut panels = Vec::new();
    for (kind, title, note) in [
        (
            Fade::Deletion,
            "Deletion",
            "The pixels that the map ranks highest are removed first. A good map makes the probability fall fast.",
        ),
        (
            Fade::Insertion,
            "Insertion",
            "The pixels that the map ranks highest are inserted first. A good map makes the probability rise fast.",
        ),
    ] {
        let mut lines = Vec::new();
        for (place, (method, name, _)) in METHODS.iter().enumerate() {
            let own = points.iter().filter(|point| point.kind == kind && point.method == *method);
            let points: Vec<(f64, f64)> =
                own.map(|point| (f64::from(point.share) * 100.0, f64::from(point.probability))).collect();
            if !points.is_empty() {
                lines.push(Line { name: (*name).to_owned(), points, color: color(place), stroke: Stroke::Solid });
            }
        }
        if lines.is_empty() {
            continue;
        }
        let chart = LineChart {
            label: format!("{title} curves by method"),
            x: "pixels, %".into(),
            y: "probability of the class".into(),
            lines,
            rule: None,
            percent: true,
        };
        let figure = Figure {
            title: String::new(),
            note: note.into(),
            body: Body::Chart(chart.scene()),
            links: vec![link_in::<Vec<FadePoint>>(folder)],
            width: FigureWidth::Normal,
        };
        panels.push(Panel { title: title.into(), blocks: vec![Block::Figures(vec![figure])] });
    }
    let tabs = Tabs { label: "Curve".into(), family: "curve".into(), panels };
    (!tabs.panels.is_empty()).then_some(Block::Tabs(tabs))
}

/// Returns the chart of the mean areas under the curves of each method.
fn faithfulness(areas: &[Faithfulness]) -> Option<Block> {
    let mut sums: BTreeMap<usize, (f64, f64, usize)> = BTreeMap::new();
    for area in areas {
        let Some(place) = METHODS.iter().position(|(method, ..)| *method == area.method) else { continue };
        let sum = sums.entry(place).or_default();
        *sum = (sum.0 + area.insertion, sum.1 + area.deletion, sum.2 + 1);
    }
    if sums.is_empty() {
        return None;
    }
    let rows = sums.into_iter().map(|(place, (insertion, deletion, count))| DotRow {
        name: METHODS[place].1.to_owned(),
        values: [insertion, deletion].map(|sum| Some(sum / count as f64)).to_vec(),
        interval: None,
        chosen: false,
    });
    let measure = |name: &str, color| Measure { name: name.into(), color };
    let chart = DotChart {
        label: "Mean areas under the insertion and deletion curves by method".into(),
        measures: vec![measure("insertion", Color::BLUE), measure("deletion", Color::VERMILION)],
        rows: rows.collect(),
    };
    Some(Block::Figures(vec![Figure {
        title: "Faithfulness of the maps".into(),
        note: "The mean area under the curves of all images below. A faithful map has a high insertion area (blue) and a low \
               deletion area (orange)."
            .into(),
        body: Body::Chart(chart.scene()),
        links: vec![link_to::<Vec<Faithfulness>>()],
        width: FigureWidth::Normal,
    }]))
}
