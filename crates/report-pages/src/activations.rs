//! Section "Activations": feature maps of some images, and the images that activate a channel most.

use std::collections::BTreeSet;

use anyhow::Result;
use contract::tables::activations::{FOLDER, maps_file, maps_of, values_file};
use contract::{Artifact, ChannelRow};
use image::RgbImage;
use report::colormap::{Colormap, Range};
use report::grid::{self, Layout};
use report::page::{Block, Card, Gallery, Group, Image, Link, Panel, Section, Tabs, Tile};
use report::{DataUri, scale};

use crate::analyses::by_layer;
use crate::chosen::Chosen;
use crate::exciting;
use crate::images::QUALITY;
use crate::inputs::ReportInputs;
use crate::text::{base, named_link};

/// Maximum number of images whose feature maps are in the page. The folder has those of all chosen images.
const IMAGES: usize = 6;
/// Maximum number of layers of each image.
const LAYERS: usize = 11;
/// Maximum number of maps of a layer: those with the strongest activations.
const MAPS: usize = 25;
/// Approximate width of a grid of maps, in pixels.
const WIDTH: u32 = 440;
/// Share of the values that the colours span. A few extreme values would make the rest dark.
const SHARE: f64 = 0.995;

/// Returns the section.
pub(crate) fn section(inputs: &ReportInputs) -> Result<Section> {
    let mut blocks = exciting::blocks(inputs)?;
    let mut panels = Vec::new();
    for chosen in firsts(&inputs.chosen).into_iter().take(IMAGES) {
        panels.extend(panel(inputs, chosen)?);
    }
    if panels.is_empty() {
        blocks.push(Block::Note("There are no feature maps, because no image or no layer was chosen.".into()));
    } else {
        blocks.push(Block::Group(Group {
            title: "Feature maps".into(),
            lead: "The activations of a layer for one image, place by place. The channels with the strongest activations come \
                   first. All maps of a layer have one scale: from violet (0) to yellow, and for layers with negative values \
                   blue below 0 and red above. The folder activations has all maps of every chosen image and layer, as \
                   images and as numbers."
                .into(),
            blocks: vec![Block::Tabs(Tabs { label: "Image".into(), family: String::new(), panels })],
            links: Vec::new(),
        }));
    }
    Ok(Section {
        id: "activations".into(),
        title: "Activations".into(),
        lead: "What the layers inside the network respond to.".into(),
        blocks,
    })
}

/// Returns the first image of each class and all images that the user named, in their order.
fn firsts(all: &[Chosen]) -> Vec<&Chosen> {
    let mut classes = BTreeSet::new();
    all.iter().filter(|chosen| !chosen.row.why.is_automatic() || classes.insert(&chosen.row.class)).collect()
}

/// Returns the feature maps of one image, or `None` when there are no files of them.
fn panel(inputs: &ReportInputs, chosen: &Chosen) -> Result<Option<Panel>> {
    let class = &chosen.row.class;
    let folder = maps_of(FOLDER, &chosen.row.id);
    let layers = by_layer(inputs.analyses.names(&folder, "npy")?, inputs.layer_names());
    if layers.is_empty() {
        return Ok(None);
    }
    let mut original = Card {
        images: vec![inputs.photo_of(chosen)?],
        title: class.clone(),
        lines: vec![base(&chosen.row.source).to_owned()],
        ..Card::default()
    };
    original.images[0].alt = format!("The image itself: {class}");
    let mut cards = vec![original];
    for (stem, layer) in layers.into_iter().take(LAYERS) {
        cards.push(maps(inputs, &folder, &stem, &layer, class)?);
    }
    let gallery = Gallery { cards, tile: Tile::Large, ..Gallery::default() };
    Ok(Some(Panel { title: format!("{class}, {}", chosen.row.why), blocks: vec![Block::Gallery(gallery)] }))
}

/// Draws the strongest maps of the layer whose files in `folder` have the name `stem`. An array `[c, h, w]` has `c` maps. Every value of any other array is a map
/// of one pixel.
fn maps(inputs: &ReportInputs, folder: &str, stem: &str, layer: &str, class: &str) -> Result<Card> {
    let values = inputs.analyses.array(&values_file(folder, stem))?;
    let flat: Vec<f32> = values.iter().copied().collect();
    let (size, width) = match values.shape() {
        &[_, height, width] => (height * width, width),
        _ => (1, 1),
    };
    let range = Range::of(flat.iter().copied(), SHARE);
    let mut maps: Vec<&[f32]> = flat.chunks(size.max(1)).collect();
    let count = maps.len();
    // The position of a value among maps of one pixel is its position in the layer, so these maps keep their order.
    if size > 1 {
        let strength = |values: &[f32]| values.iter().map(|v| v.max(0.0)).sum::<f32>();
        maps.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
        maps.truncate(MAPS);
    }
    let tiles: Vec<RgbImage> = maps.iter().map(|values| grid::map_image(values, width as u32, range)).collect();
    let sheet = grid::tile(&tiles, Layout::near_square(tiles.len(), width as u32, WIDTH));
    let shape = match values.shape() {
        [_, height, width] => format!("{} of {count} maps of {width} × {height}", maps.len()),
        _ => format!("{count} values"),
    };
    let high = scale::short(range.high);
    let span = if range.map == Colormap::Diverging { format!("−{high} to {high}") } else { format!("0 to {high}") };
    // Small maps have sharp edges everywhere, which JPEG would smear.
    let pixels = size < 200;
    let source = if pixels { DataUri::png(&sheet)? } else { DataUri::jpeg(&sheet, QUALITY)? };
    let alt = format!("{layer} for an image of {class}: {shape}");
    Ok(Card {
        images: vec![Image { source, alt, caption: String::new(), frame: None, pixels }],
        title: layer.to_owned(),
        lines: vec![format!("{shape}, {span}")],
        links: files(inputs, folder, stem),
        ..Card::default()
    })
}

/// Returns links to the drawing and the numbers, as far as the files exist.
fn files(inputs: &ReportInputs, folder: &str, stem: &str) -> Vec<Link> {
    let paths = [(maps_file(folder, stem), "image (.png)"), (values_file(folder, stem), "numbers (.npy)")];
    let there = paths.iter().filter(|(path, _)| inputs.analyses.has(path));
    there.map(|(path, words)| named_link(words, Vec::<ChannelRow>::STAGE, path)).collect()
}
