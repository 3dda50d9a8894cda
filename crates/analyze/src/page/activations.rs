//! What layers answer: feature maps of some pictures, and the pictures that excite a channel most.

use anyhow::Result;
use contract::Why;
use image::RgbImage;
use report::colormap::{Colormap, Range};
use report::grid::{self, Layout};
use report::page::{Block, Card, Gallery, Group, Link, Panel, Picture as Shown, Section, Tabs, Tile};
use report::{DataUri, scale};

use super::beside::by_layer;
use super::{Material, QUALITY, base, exciting};
use crate::choose::Chosen;

/// Pictures whose feature maps are shown in the page; those of the others lie beside it.
const PICTURES: usize = 6;
/// Layers shown of each.
const LAYERS: usize = 11;
/// Maps of a layer shown, those that answer most.
const MAPS: usize = 25;
/// Width of a grid of maps in pixels, about.
const WIDTH: u32 = 440;
/// Share of the values that the colours span: a few extreme ones would leave the rest dark.
const SHARE: f64 = 0.995;

/// The section.
pub(super) fn section(of: &Material) -> Result<Section> {
    let mut blocks = exciting::blocks(of)?;
    let mut panels = Vec::new();
    for chosen in firsts(of).into_iter().take(PICTURES) {
        panels.extend(panel(of, chosen)?);
    }
    if panels.is_empty() {
        blocks.push(Block::Note("No picture or no layer was chosen for feature maps: left out.".into()));
    } else {
        blocks.push(Block::Group(Group {
            title: "Feature maps".into(),
            lead: "What the channels of a layer answer to one picture, place by place: those that answer most, strongest \
                   first, all in one scale. From violet (0) to yellow; where a layer has negative values, blue below 0 and \
                   red above. All maps of every chosen picture and layer are in the folder activations, as pictures and \
                   as raw numbers."
                .into(),
            blocks: vec![Block::Tabs(Tabs { label: "Picture".into(), family: String::new(), panels })],
            links: Vec::new(),
        }));
    }
    Ok(Section {
        id: "activations".into(),
        title: "Activations".into(),
        lead: "What the layers in between answer to.".into(),
        blocks,
    })
}

/// The first picture of each class and all that were asked for, in their order.
fn firsts<'a>(of: &Material<'a>) -> Vec<&'a Chosen> {
    let mut classes = std::collections::BTreeSet::new();
    let wanted = |chosen: &&Chosen| {
        !matches!(chosen.why, Why::Best | Why::Worst | Why::LeastCertain)
            || classes.insert(of.dataset.label_index(chosen.of(of.dataset)))
    };
    of.chosen.iter().filter(wanted).collect()
}

/// The maps of one picture.
fn panel(of: &Material, chosen: &Chosen) -> Result<Option<Panel>> {
    let picture = chosen.of(of.dataset);
    let folder = format!("activations/{}", picture.id);
    let layers = by_layer(of.beside.names(&folder, "npy")?, of.layers());
    if layers.is_empty() {
        return Ok(None);
    }
    let mut original = Card {
        pictures: vec![of.photo(picture, 224)?],
        title: picture.label.clone(),
        lines: vec![base(&picture.source).to_owned()],
        ..Card::default()
    };
    original.pictures[0].alt = format!("The picture itself: {}", picture.label);
    let mut cards = vec![original];
    for (stem, layer) in layers.into_iter().take(LAYERS) {
        cards.push(maps(of, &format!("{folder}/{stem}"), &layer, &picture.label)?);
    }
    let gallery = Gallery { cards, tile: Tile::Large, ..Gallery::default() };
    let title = format!("{}, {}", picture.label, chosen.why);
    Ok(Some(Panel { title, blocks: vec![Block::Gallery(gallery)] }))
}

/// The strongest maps in `file`.npy: `[c, h, w]` as `c` maps, anything else as single points.
fn maps(of: &Material, file: &str, layer: &str, label: &str) -> Result<Card> {
    let values = of.beside.array(&format!("{file}.npy"))?;
    let flat: Vec<f32> = values.iter().copied().collect();
    let (size, width) = match values.shape() {
        &[_, height, width] => (height * width, width),
        _ => (1, 1),
    };
    let range = Range::of(flat.iter().copied(), SHARE);
    let mut maps: Vec<&[f32]> = flat.chunks(size.max(1)).collect();
    let count = maps.len();
    // Points have their places in the layer; only maps can be shown out of order.
    if size > 1 {
        let answer = |values: &[f32]| values.iter().map(|v| v.max(0.0)).sum::<f32>();
        maps.sort_by(|a, b| answer(b).total_cmp(&answer(a)));
        maps.truncate(MAPS);
    }
    let tiles: Vec<RgbImage> = maps.iter().map(|values| grid::map_picture(values, width as u32, range)).collect();
    let sheet = grid::tile(&tiles, Layout::near_square(tiles.len(), width as u32, WIDTH));
    let shape = match values.shape() {
        [_, height, width] => format!("{} of {count} maps of {width} × {height}", maps.len()),
        _ => format!("{count} values"),
    };
    let high = scale::short(range.high);
    let span = if range.map == Colormap::Diverging { format!("−{high} to {high}") } else { format!("0 to {high}") };
    // Maps of one point or few are sharp edges all over, which JPEG would smear.
    let source = if size < 200 { DataUri::png(&sheet)? } else { DataUri::jpeg(&sheet, QUALITY)? };
    let alt = format!("{layer} for a picture of {label}: {shape}");
    Ok(Card {
        pictures: vec![Shown { source, alt, caption: String::new(), frame: None, pixels: size < 200 }],
        title: layer.to_owned(),
        lines: vec![format!("{shape}, {span}")],
        links: files(of, file),
        ..Card::default()
    })
}

/// Links to the picture and the numbers of `file`.
fn files(of: &Material, file: &str) -> Vec<Link> {
    let kinds = [("png", "picture (.png)"), ("npy", "numbers (.npy)")];
    let paths = kinds.map(|(kind, words)| (format!("{file}.{kind}"), words));
    let there = paths.iter().filter(|(path, _)| of.beside.has(path));
    let found: Vec<Link> = there.map(|(path, words)| Link::named(words, path)).collect();
    found
}
