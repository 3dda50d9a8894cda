//! Section "Weights": filters as images, and what tuning changed layer by layer.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::tables::weights::{FOLDER, drawing_file};
use contract::{Artifact, HistogramBin, WeightRow, Which};
use report::chart::{BarChart, BarRow, Distribution, HistogramChart};
use report::page::{Block, Body, Card, Figure, FigureWidth, Gallery, Group, Section, Table, Tile};
use report::{Color, scale};

use crate::analyses::by_layer;
use crate::images::drawing;
use crate::inputs::ReportInputs;
use crate::text::{columns, link, link_to};

/// Maximum number of histograms that are open. Those of further layers are folded.
const OPEN: usize = 9;
/// Maximum number of images of deeper layers.
const IMAGES: usize = 8;

/// Returns the section.
pub(crate) fn section(inputs: &ReportInputs) -> Result<Section> {
    let mut blocks = filters(inputs)?;
    blocks.extend(changes(&Vec::<WeightRow>::read_in(inputs.analyses.folder())?));
    blocks.extend(histograms(&Vec::<HistogramBin>::read_in(inputs.analyses.folder())?));
    Ok(Section {
        id: "weights".into(),
        title: "Weights".into(),
        lead: "The weights in the file of the network, and how far tuning moved them.".into(),
        blocks,
    })
}

/// Returns the filters of the first layer, and folded images of the weights of deeper layers.
fn filters(inputs: &ReportInputs) -> Result<Vec<Block>> {
    let mut found = by_layer(inputs.analyses.names(FOLDER, "png")?, inputs.layer_names());
    let link = |file: &str| vec![link(Vec::<WeightRow>::STAGE, file)];
    let mut blocks = Vec::new();
    if inputs.network.filters_in_colour && !found.is_empty() {
        let (stem, layer) = found.remove(0);
        let file = drawing_file(&stem);
        if let Some(image) = inputs.analyses.image(&file)? {
            let alt = format!("The filters of {layer}, as small colour images in a grid");
            blocks.push(Block::Figures(vec![Figure {
                title: format!("Filters of {layer}"),
                note: "The patterns that the first layer responds to. Trained filters show edges and colours. Untrained filters \
                       show noise."
                    .into(),
                body: Body::Image(drawing(&image, &alt)?),
                links: link(&file),
                width: FigureWidth::Wide,
            }]));
        }
    } else {
        blocks.push(Block::Note(
            "The first layer is no convolution over three colour channels. Its filters cannot be shown in colour."
                .into(),
        ));
    }
    let mut cards = Vec::new();
    for (stem, layer) in found.into_iter().take(IMAGES) {
        let file = drawing_file(&stem);
        if let Some(image) = inputs.analyses.image(&file)? {
            let alt = format!("Some weights of {layer}, channel by channel in a grid");
            cards.push(Card {
                images: vec![drawing(&image, &alt)?],
                title: layer,
                links: link(&file),
                ..Card::default()
            });
        }
    }
    if !cards.is_empty() {
        let gallery = Gallery { cards, tile: Tile::Large, ..Gallery::default() };
        blocks.push(Block::Folded(Group {
            title: "Weights of deeper layers".into(),
            lead: "Some of the channels, in one scale, which is written above them. The images with the strongest activations \
                   below show better what these layers respond to."
                .into(),
            blocks: vec![Block::Gallery(gallery)],
            links: Vec::new(),
        }));
    }
    Ok(blocks)
}

/// Returns the distance that each layer moved, and a table of the values before and after tuning.
fn changes(weights: &[WeightRow]) -> Vec<Block> {
    // A layer without weights before tuning is new only if these weights are known for other layers.
    let known = weights.iter().any(|row| row.mean_before.is_some());
    let is_new = |row: &WeightRow| known && row.mean_before.is_none();
    let mut blocks = Vec::new();
    if weights.is_empty() {
        return blocks;
    }
    if weights.iter().all(|row| row.moved.is_none_or(|moved| moved == 0.0)) {
        blocks.push(Block::Note(
            "Tuning trained new layers only. All layers of the original network are unchanged.".into(),
        ));
    } else {
        let bar = |row: &WeightRow| BarRow {
            name: row.layer.clone(),
            value: row.moved,
            remark: if is_new(row) { "new layer".into() } else { String::new() },
        };
        let chart = BarChart {
            label: "Distance that each layer moved during tuning".into(),
            x: "|after − before| / |before|".into(),
            rows: weights.iter().map(bar).collect(),
            color: Color::VERMILION,
        };
        blocks.push(Block::Figures(vec![Figure {
            title: "Distance of each layer".into(),
            note: "The norm of the change, divided by the norm of the weights before tuning. It is 0 for frozen layers. New \
                   layers have no bar."
                .into(),
            body: Body::Chart(chart.scene()),
            links: vec![link_to::<Vec<WeightRow>>()],
            width: FigureWidth::Normal,
        }]));
    }
    let row = |row: &WeightRow| {
        let cells = vec![
            row.layer.clone(),
            scale::grouped(row.values as u64),
            pair(row.mean_before, row.mean, scale::short),
            pair(row.deviation_before, row.deviation, scale::short),
            pair(row.norm_before, row.norm, scale::short),
            pair(row.near_zero_before, row.near_zero, scale::percent),
            row.moved.map_or_else(|| if is_new(row) { "new" } else { "–" }.to_owned(), scale::short),
        ];
        (cells, false)
    };
    blocks.push(Block::Table(Table {
        title: "Values before and after tuning".into(),
        note: "A single number means that the layer is new or unchanged. Near 0: the share of values of at most a tenth of the \
               deviation."
            .into(),
        columns: columns(
            &["layer", "values", "mean", "deviation", "norm", "near 0", "moved"],
            &["values", "mean", "deviation", "norm", "near 0", "moved"],
        ),
        rows: weights.iter().map(row).collect(),
        links: vec![link_to::<Vec<WeightRow>>()],
    }));
    blocks
}

/// Writes "before → after", or only the number after tuning when `before` is `None` or has the same text.
fn pair(before: Option<f64>, after: f64, write: fn(f64) -> String) -> String {
    let after = if after.is_finite() { write(after) } else { "–".to_owned() };
    match before.map(write) {
        Some(before) if before != after => format!("{before} → {after}"),
        _ => after,
    }
}

/// The lower edge, upper edge and count of each bin.
type Bins = Vec<(f64, f64, f64)>;

/// Returns a histogram of the weights of each layer, before and after tuning in one chart.
fn histograms(bins: &[HistogramBin]) -> Vec<Block> {
    let mut order: Vec<&str> = Vec::new();
    let mut found: BTreeMap<(&str, Which), Bins> = BTreeMap::new();
    for bin in bins {
        if !order.contains(&bin.layer.as_str()) {
            order.push(&bin.layer);
        }
        found.entry((&bin.layer, bin.which)).or_default().push((bin.low, bin.high, bin.count as f64));
    }
    if order.is_empty() {
        return Vec::new();
    }
    let figure = |layer: &&str| {
        let bins = |which| found.get(&(*layer, which)).cloned();
        let one = |name: &str, bins, color, filled| Distribution { name: name.into(), bins, color, filled };
        let before = bins(Which::Before);
        let is_changed = before.is_some();
        let mut distributions = Vec::new();
        distributions.extend(before.map(|bins| one("before", bins, Color::BLUE, true)));
        let color = if is_changed { Color::VERMILION } else { Color::BLUE };
        let name = if is_changed { "after" } else { "after tuning" };
        distributions.extend(bins(Which::After).map(|bins| one(name, bins, color, !is_changed)));
        let chart =
            HistogramChart { label: format!("Histogram of the weights of {layer}"), x: "weight".into(), distributions };
        Figure {
            title: (*layer).to_owned(),
            note: String::new(),
            body: Body::Chart(chart.scene()),
            links: Vec::new(),
            width: FigureWidth::Normal,
        }
    };
    let mut figures: Vec<Figure> = order.iter().map(figure).collect();
    let rest = figures.split_off(figures.len().min(OPEN));
    let mut blocks = vec![Block::Figures(figures)];
    if !rest.is_empty() {
        let title = format!("{} more layers", rest.len());
        blocks.push(Block::Folded(Group { title, blocks: vec![Block::Figures(rest)], ..Group::default() }));
    }
    vec![Block::Group(Group {
        title: "Distribution of the weights".into(),
        lead: "Where tuning changed a layer, the blue bars are before and the orange line is after. Heights are shares divided by \
               the width of the bin. The thin ends of the distributions are left out."
            .into(),
        blocks,
        links: vec![link_to::<Vec<HistogramBin>>()],
    })]
}
