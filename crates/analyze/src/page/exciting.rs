//! The pictures that excite a channel most, each with the part of it that the channel sees.

use std::collections::BTreeMap;

use anyhow::Result;
use image::imageops::{FilterType, crop_imm, resize};
use report::page::{Block, Card, Gallery, Group, Panel, Tabs, Tile};
use report::scale;

use super::{Material, base, links, photo};
use crate::pictures;

const FILE: &str = "activations/top.csv";
/// Layers, channels of a layer and pictures of a channel at most.
const MOST: (usize, usize, usize) = (6, 8, 6);
/// Side of a crop in the page, in pixels.
const SIDE: u32 = 96;

/// One entry of the table.
#[derive(Debug, Clone)]
struct Seen {
    id: String,
    value: f64,
    /// Left, top, right, bottom in pixels of the input; right and bottom are outside.
    part: [u32; 4],
}

/// Channel by channel; nothing without the table.
pub(super) fn blocks(of: &Material) -> Result<Vec<Block>> {
    let Some(sheet) = of.beside.sheet(FILE)? else { return Ok(Vec::new()) };
    let mut order: Vec<String> = Vec::new();
    let mut found: BTreeMap<String, BTreeMap<u64, Vec<Seen>>> = BTreeMap::new();
    for row in sheet.rows() {
        let layer = row.text("layer")?.to_owned();
        if !order.contains(&layer) {
            order.push(layer.clone());
        }
        let side = f64::from(of.tuned.network.input.size);
        let mut part = [0; 4];
        for (pixel, column) in part.iter_mut().zip(["left", "top", "right", "bottom"]) {
            *pixel = row.sure(column)?.clamp(0.0, side) as u32;
        }
        let seen = Seen { id: row.text("id")?.to_owned(), value: row.sure("value")?, part };
        found.entry(layer).or_default().entry(row.sure("channel")? as u64).or_default().push(seen);
    }
    let mut panels = Vec::new();
    for layer in order.iter().take(MOST.0) {
        let mut blocks = Vec::new();
        let mut channels: Vec<(&u64, &Vec<Seen>)> = found[layer].iter().collect();
        let most = |seen: &[Seen]| seen.iter().map(|one| one.value).fold(f64::NEG_INFINITY, f64::max);
        channels.sort_by(|a, b| most(b.1).total_cmp(&most(a.1)));
        for (channel, seen) in channels.into_iter().take(MOST.1) {
            let mut cards = Vec::new();
            for one in seen.iter().take(MOST.2) {
                cards.extend(card(of, layer, *channel, one)?);
            }
            if !cards.is_empty() {
                let title = format!("Channel {channel}");
                blocks.push(Block::Gallery(Gallery { title, cards, tile: Tile::Small, ..Gallery::default() }));
            }
        }
        if !blocks.is_empty() {
            panels.push(Panel { title: layer.clone(), blocks });
        }
    }
    if panels.is_empty() {
        return Ok(Vec::new());
    }
    let group = Group {
        title: "What excites a channel".into(),
        lead: "For the channels of a layer that answer most the pictures of the data set to which they answer most, strongest first, cut \
               to the part that the channel sees (its receptive field). What the parts of one row have in common is what \
               the channel looks for."
            .into(),
        blocks: vec![Block::Tabs(Tabs { label: "Layer".into(), family: String::new(), panels })],
        links: links([FILE]),
    };
    Ok(vec![Block::Group(group)])
}

/// The part of one picture; none when the data set has no such picture.
fn card(of: &Material, layer: &str, channel: u64, seen: &Seen) -> Result<Option<Card>> {
    let Some(picture) = of.dataset.pictures.iter().find(|picture| picture.id == seen.id) else { return Ok(None) };
    let image = pictures::read(of.dataset, picture, of.tuned.network.input.size)?;
    let [left, top, right, bottom] = seen.part;
    if right <= left || bottom <= top {
        return Ok(None);
    }
    let part = crop_imm(&image, left, top, right - left, bottom - top).to_image();
    let longer = part.width().max(part.height());
    let fit = |side: u32| (side * SIDE).div_ceil(longer).max(1);
    let small = resize(&part, fit(part.width()), fit(part.height()), FilterType::CatmullRom);
    let words = format!(
        "Part of a picture of {} that excites channel {channel} of {layer}: {}",
        picture.label,
        base(&picture.source)
    );
    let mut shown = photo(&small, &words)?;
    shown.frame = Some(of.dataset.label_index(picture));
    let lines = vec![format!("{} · {}", scale::short(seen.value), picture.label)];
    Ok(Some(Card { pictures: vec![shown], lines, ..Card::default() }))
}
