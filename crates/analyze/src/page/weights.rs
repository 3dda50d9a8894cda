//! Weights: filters as pictures, and what tuning changed, layer by layer.

use std::collections::BTreeMap;

use anyhow::Result;
use report::chart::{BarChart, BarRow, Distribution, HistogramChart};
use report::page::{Block, Body, Figure, Gallery, Group, Room, Section, Table, Tile};
use report::{Color, page::Card, scale};

use super::beside::by_layer;
use super::{Material, columns, drawing, links};
use crate::upstream::Row;
use crate::weights;

const TABLE: &str = "weights/layers.csv";
const HISTOGRAMS: &str = "weights/histograms.csv";
/// Histograms that stand open; those of further layers are folded away.
const OPEN: usize = 9;
/// Pictures of deeper layers at most.
const PICTURES: usize = 8;

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let mut blocks = filters(of)?;
    blocks.extend(changes(of)?);
    blocks.extend(histograms(of)?);
    Ok(Section {
        id: "weights".into(),
        title: "Weights".into(),
        lead: "What the network has learned, as it lies in its file, and how far tuning moved it.".into(),
        blocks,
    })
}

/// The first layer's filters, and those of deeper layers folded away.
fn filters(of: &Material) -> Result<Vec<Block>> {
    let mut found = by_layer(of.beside.names("weights", "png")?, of.layers());
    let mut blocks = Vec::new();
    if weights::sees_colours(&of.tuned.model) && !found.is_empty() {
        let (stem, layer) = found.remove(0);
        let file = format!("weights/{stem}.png");
        if let Some(picture) = of.beside.picture(&file)? {
            let alt = format!("The filters of {layer}, as small colour pictures in a grid");
            blocks.push(Block::Figures(vec![Figure {
                title: format!("Filters of {layer}"),
                note: "What the first layer looks for. Trained filters show edges and colours, untrained ones noise."
                    .into(),
                body: Body::Picture(drawing(&picture, &alt)?),
                links: links([file]),
                room: Room::Wide,
            }]));
        }
    } else {
        blocks.push(Block::Note(
            "The first layer is no convolution of three colours: no filters to show as colours.".into(),
        ));
    }
    let mut cards = Vec::new();
    for (stem, layer) in found.into_iter().take(PICTURES) {
        let file = format!("weights/{stem}.png");
        if let Some(picture) = of.beside.picture(&file)? {
            let alt = format!("Some weights of {layer}, channel by channel in a grid");
            cards.push(Card {
                pictures: vec![drawing(&picture, &alt)?],
                title: layer,
                links: links([file]),
                ..Card::default()
            });
        }
    }
    if !cards.is_empty() {
        let gallery = Gallery { cards, tile: Tile::Large, ..Gallery::default() };
        blocks.push(Block::Folded(Group {
            title: "Weights of deeper layers".into(),
            lead: "Some of their channels, in one scale, which stands above them. What they mean shows better in the pictures that \
                   excite them.".into(),
            blocks: vec![Block::Gallery(gallery)],
            links: Vec::new(),
        }));
    }
    Ok(blocks)
}

/// How far each layer moved, and what its values are like before and after.
fn changes(of: &Material) -> Result<Vec<Block>> {
    let Some(sheet) = of.beside.sheet(TABLE)? else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    let mut moved = Vec::new();
    for row in sheet.rows() {
        let layer = row.text("layer")?.to_owned();
        let distance = row.number("moved")?;
        let new = row.number("norm_before")?.is_none();
        let remark = if new { "new layer, nothing before" } else { "" };
        moved.push(BarRow { name: layer.clone(), value: distance, remark: remark.into() });
        let values = row.number("values")?.map_or("–".to_owned(), |count| scale::grouped(count as u64));
        let mut cells = vec![layer, values];
        for (column, write) in MEASURES {
            cells.push(pair(&row, column, write)?);
        }
        cells.push(distance.map_or_else(|| if new { "new".to_owned() } else { "–".to_owned() }, scale::short));
        rows.push((cells, false));
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut blocks = Vec::new();
    if moved.iter().all(|row| row.value.is_none_or(|moved| moved == 0.0)) {
        blocks.push(Block::Note(
            "Tuning trained new layers only: every layer that was there before is as it was.".into(),
        ));
    } else {
        let chart = BarChart {
            label: "How far each layer moved while it was tuned".into(),
            x: "|after − before| / |before|".into(),
            rows: moved,
            color: Color::VERMILION,
        };
        blocks.push(Block::Figures(vec![Figure {
            title: "How far each layer moved".into(),
            note: "The length of the change over the length of the weights before tuning. Frozen layers stay at 0; layers \
                   without a bar are new."
                .into(),
            body: Body::Chart(chart.scene()),
            links: links([TABLE]),
            room: Room::Normal,
        }]));
    }
    blocks.push(Block::Table(Table {
        title: "Values before and after tuning".into(),
        note: "One number: the layer is new, or tuning did not change it. Near 0 are values of at most a tenth of the \
               deviation."
            .into(),
        columns: columns(
            &["layer", "values", "mean", "deviation", "norm", "near 0", "moved"],
            &["values", "mean", "deviation", "norm", "near 0", "moved"],
        ),
        rows,
        links: links([TABLE]),
    }));
    Ok(blocks)
}

/// How a number is written.
type Write = fn(f64) -> String;
/// (low, high, count) of each bin of a histogram.
type Bins = Vec<(f64, f64, f64)>;

/// Columns of [`TABLE`] that have a twin for the time before, and how they are written.
const MEASURES: [(&str, Write); 4] =
    [("mean", scale::short), ("deviation", scale::short), ("norm", scale::short), ("near_zero", scale::percent)];

/// "before → after", or the one number where there is no other or both read the same.
fn pair(row: &Row, column: &str, write: Write) -> Result<String> {
    let after = row.number(column)?.map_or("–".to_owned(), write);
    let before = row.number(&format!("{column}_before"))?.map(write);
    Ok(match before {
        Some(before) if before != after => format!("{before} → {after}"),
        _ => after,
    })
}

/// Histograms, before and after laid over each other.
fn histograms(of: &Material) -> Result<Vec<Block>> {
    let Some(sheet) = of.beside.sheet(HISTOGRAMS)? else { return Ok(Vec::new()) };
    let mut order: Vec<String> = Vec::new();
    let mut found: BTreeMap<String, BTreeMap<String, Bins>> = BTreeMap::new();
    for row in sheet.rows() {
        let layer = row.text("layer")?.to_owned();
        if !order.contains(&layer) {
            order.push(layer.clone());
        }
        let bin = (row.sure("low")?, row.sure("high")?, row.sure("count")?);
        found.entry(layer).or_default().entry(row.text("which")?.to_owned()).or_default().push(bin);
    }
    let mut figures: Vec<Figure> = order
        .iter()
        .map(|layer| {
            let bins = |which: &str| found[layer].get(which).cloned();
            let one = |name: &str, bins, color, filled| Distribution { name: name.into(), bins, color, filled };
            let mut distributions = Vec::new();
            let before = bins("before");
            let changed = before.is_some();
            distributions.extend(before.map(|bins| one("before", bins, Color::BLUE, true)));
            // What tuning left as it was, or began itself, has no time before.
            let color = if changed { Color::VERMILION } else { Color::BLUE };
            let name = if changed { "after" } else { "after tuning" };
            distributions.extend(bins("after").map(|bins| one(name, bins, color, !changed)));
            let chart = HistogramChart {
                label: format!("Histogram of the weights of {layer}"),
                x: "weight".into(),
                distributions,
            };
            Figure {
                title: layer.clone(),
                note: String::new(),
                body: Body::Chart(chart.scene()),
                links: Vec::new(),
                room: Room::Normal,
            }
        })
        .collect();
    let rest = figures.split_off(figures.len().min(OPEN));
    let mut blocks = vec![Block::Figures(figures)];
    if !rest.is_empty() {
        let title = format!("{} more layers", rest.len());
        blocks.push(Block::Folded(Group { title, blocks: vec![Block::Figures(rest)], ..Group::default() }));
    }
    let lead =
        "Where tuning changed a layer, blue is before and the red line after. Heights are shares per width; the thinnest \
                ends are left out."
        .into();
    let title = "How the weights are spread".into();
    Ok(vec![Block::Group(Group { title, lead, blocks, links: links([HISTOGRAMS]) })])
}
