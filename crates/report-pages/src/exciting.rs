//! The images that activate a channel most, each cut to the part that the channel sees.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::tables::activations::FOLDER;
use contract::{Artifact, TopRow};
use image::imageops::{FilterType, crop_imm, resize};
use report::page::{Block, Card, Gallery, Group, Panel, Tabs, Tile};
use report::scale;

use crate::images::photo;
use crate::inputs::ReportInputs;
use crate::text::{base, link_in};

/// Maximum number of layers.
const LAYERS: usize = 6;
/// Maximum number of channels of a layer.
const CHANNELS: usize = 8;
/// Maximum number of images of a channel.
const IMAGES: usize = 6;
/// Side of a crop in the page, in pixels.
const SIDE: u32 = 96;

/// Returns the crops, channel by channel. The list is empty when `top.csv` has no rows.
pub(crate) fn blocks(inputs: &ReportInputs) -> Result<Vec<Block>> {
    let rows = Vec::<TopRow>::read_in(&inputs.analyses.folder().join(FOLDER))?;
    let mut order: Vec<&str> = Vec::new();
    let mut found: BTreeMap<&str, BTreeMap<usize, Vec<&TopRow>>> = BTreeMap::new();
    for row in &rows {
        if !order.contains(&row.layer.as_str()) {
            order.push(&row.layer);
        }
        found.entry(&row.layer).or_default().entry(row.channel).or_default().push(row);
    }
    let mut panels = Vec::new();
    for layer in order.into_iter().take(LAYERS) {
        let mut channels: Vec<(&usize, &Vec<&TopRow>)> = found[layer].iter().collect();
        let most = |rows: &[&TopRow]| rows.iter().map(|row| row.value).fold(f32::NEG_INFINITY, f32::max);
        channels.sort_by(|a, b| most(b.1).total_cmp(&most(a.1)));
        let mut blocks = Vec::new();
        for (channel, rows) in channels.into_iter().take(CHANNELS) {
            let mut cards = Vec::new();
            for row in rows.iter().take(IMAGES) {
                cards.extend(card(inputs, row)?);
            }
            if !cards.is_empty() {
                let title = format!("Channel {channel}");
                blocks.push(Block::Gallery(Gallery { title, cards, tile: Tile::Small, ..Gallery::default() }));
            }
        }
        if !blocks.is_empty() {
            panels.push(Panel { title: layer.to_owned(), blocks });
        }
    }
    if panels.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Block::Group(Group {
        title: "The strongest images of a channel".into(),
        lead: "For the channels with the strongest activations: the images of the data set with the largest values, the \
               strongest first. Each image is cut to the part that the channel sees, its receptive field. The parts of one \
               row have in common what the channel responds to."
            .into(),
        blocks: vec![Block::Tabs(Tabs { label: "Layer".into(), family: String::new(), panels })],
        links: vec![link_in::<Vec<TopRow>>(FOLDER)],
    })])
}

/// Returns the part of one image that the channel sees. `None` when the data set has no such image, or the part is empty.
fn card(inputs: &ReportInputs, row: &TopRow) -> Result<Option<Card>> {
    let Some(image) = inputs.dataset.images.iter().find(|image| image.id == row.id) else { return Ok(None) };
    let pixels = inputs.pixels(image)?;
    let within = |value: usize, most: u32| (value.min(most as usize)) as u32;
    let (left, right) = (within(row.left, pixels.width()), within(row.right, pixels.width()));
    let (top, bottom) = (within(row.top, pixels.height()), within(row.bottom, pixels.height()));
    if right <= left || bottom <= top {
        return Ok(None);
    }
    let part = crop_imm(&pixels, left, top, right - left, bottom - top).to_image();
    let longer = part.width().max(part.height());
    let fit = |side: u32| (side * SIDE).div_ceil(longer).max(1);
    let small = resize(&part, fit(part.width()), fit(part.height()), FilterType::CatmullRom);
    let words = format!(
        "Part of an image of {} with a strong activation of channel {} of {}: {}",
        image.label,
        row.channel,
        row.layer,
        base(&image.source)
    );
    let mut shown = photo(&small, &words)?;
    shown.frame = Some(inputs.dataset.label_index(image));
    let lines = vec![format!("{} · {}", scale::short(f64::from(row.value)), image.label)];
    Ok(Some(Card { images: vec![shown], lines, ..Card::default() }))
}
