//! A look inside: filters, feature maps, occlusion maps, and the data set as the network arranges it.

use anyhow::Result;
use report::colormap::Colormap;
use report::page::{Block, Body, Card, Figure, Gallery, Link, Picture as Shown, Room, Section};
use report::{DataUri, scale};

use super::{Material, QUALITY, base, links, photo, probability};
use crate::activations::Maps;
use crate::choose::Why;

/// Pictures whose feature maps are shown in the page; those of the others lie beside it.
const WITH_MAPS: usize = 6;
/// Layers shown of each; the others lie beside the page.
const LAYERS: usize = 11;

/// The first layer's filters.
pub(super) fn filters(of: &Material) -> Result<Section> {
    let mut section =
        Section { id: "filters".into(), title: "Filters".into(), lead: String::new(), blocks: Vec::new() };
    let Some(filters) = &of.looked.filters else {
        section.blocks.push(Block::Note("The first layer is no convolution of three colours: left out.".into()));
        return Ok(section);
    };
    let (height, width) = filters.side;
    section.lead =
        "What the first layer looks for. Trained filters show edges and colours, untrained ones noise.".into();
    let picture = Shown {
        source: DataUri::png(&filters.picture)?,
        alt: format!("{} filters of {width} by {height} pixels", filters.count),
        caption: String::new(),
        frame: None,
        pixels: true,
    };
    section.blocks.push(Block::Figures(vec![Figure {
        title: format!("{} filters of {}", filters.count, filters.layer),
        note: format!(
            "{width} × {height} pixels each, enlarged. One scale for all: 0 is mid gray, −{0} is none of a colour, {0} all of it.",
            scale::short(filters.extent)
        ),
        body: Body::Picture(picture),
        links: vec![Link::to(&filters.file)],
        room: Room::Wide,
    }]));
    Ok(section)
}

/// Feature maps of some pictures.
pub(super) fn activations(of: &Material) -> Result<Section> {
    let mut blocks = Vec::new();
    // The first of each class, in the order of the classes.
    let mut classes = std::collections::BTreeSet::new();
    let chosen = of.looked.chosen.iter().zip(&of.looked.activations);
    let firsts = chosen.filter(|(chosen, _)| {
        chosen.why == Why::Asked || classes.insert(of.dataset.label_index(chosen.of(of.dataset)))
    });
    for (chosen, maps) in firsts.filter(|(_, maps)| !maps.is_empty()).take(WITH_MAPS) {
        let picture = chosen.of(of.dataset);
        let mut original = Card {
            pictures: vec![of.photo(picture, 224)?],
            title: picture.label.clone(),
            lines: vec![base(&picture.source).to_owned()],
            ..Card::default()
        };
        original.pictures[0].alt = format!("The picture itself: {}", picture.label);
        let mut cards = vec![original];
        for layer in maps.iter().take(LAYERS) {
            cards.push(maps_card(layer, &picture.label)?);
        }
        let title = format!("{}, {}", picture.label, chosen.why.words());
        blocks.push(Block::Gallery(Gallery { title, cards, links: Vec::new(), width: 300 }));
    }
    if blocks.is_empty() {
        blocks.push(Block::Note("No picture or no layer was chosen: left out.".into()));
    } else {
        blocks.push(Block::Text(
            "All maps of every chosen picture and layer are in the folder activations, as pictures and as raw numbers."
                .into(),
        ));
    }
    Ok(Section {
        id: "activations".into(),
        title: "Activations".into(),
        lead: "What the channels of a layer answer, place by place: those that answer most, strongest first, all in \
               one scale. From violet (0) to yellow; where a layer has negative values, blue below 0 and red above."
            .into(),
        blocks,
    })
}

fn maps_card(maps: &Maps, label: &str) -> Result<Card> {
    let shape = match maps.shape[..] {
        [count, height, width] => format!("{} of {count} maps of {width} × {height}", maps.shown),
        _ => format!("{} values", maps.shape.iter().product::<usize>()),
    };
    let range = match maps.range.map {
        Colormap::Diverging => format!("−{0} to {0}", scale::short(maps.range.high)),
        Colormap::Viridis | Colormap::Inferno => format!("0 to {}", scale::short(maps.range.high)),
    };
    let picture = Shown {
        source: DataUri::jpeg(&maps.strongest, QUALITY)?,
        alt: format!("{} for a picture of {label}: {shape}", maps.layer),
        caption: String::new(),
        frame: None,
        pixels: false,
    };
    Ok(Card {
        pictures: vec![picture],
        title: maps.layer.clone(),
        lines: vec![format!("{shape}, {range}")],
        links: files(&maps.file, "npy"),
        ..Card::default()
    })
}

/// Links to a picture's file and to the numbers of the same name beside it.
fn files(picture: &str, numbers: &str) -> Vec<Link> {
    let other = picture.strip_suffix("png").unwrap_or(picture);
    vec![
        Link::named("picture (.png)", picture),
        Link::named(&format!("numbers (.{numbers})"), &format!("{other}{numbers}")),
    ]
}

/// Occlusion maps beside the pictures.
pub(super) fn occlusion(of: &Material) -> Result<Section> {
    let mut cards = Vec::new();
    for (chosen, map) in of.looked.chosen.iter().zip(&of.looked.occlusion) {
        let picture = chosen.of(of.dataset);
        let class = of.class(map.class);
        let mut overlay = photo(&map.overlay, &format!("Occlusion map of the picture on the left, for {class}"))?;
        overlay.frame = Some(of.color(map.class));
        let p = |value: f32| probability(f64::from(value));
        let uncovered = map.uncovered.probability;
        let line = if map.greatest_drop() >= map.greatest_gain() {
            format!("{class} {}, down to {} when covered", p(uncovered), p(uncovered - map.greatest_drop()))
        } else {
            format!("{class} {}, up to {} when covered", p(uncovered), p(uncovered + map.greatest_gain()))
        };
        cards.push(Card {
            pictures: vec![of.photo(picture, 224)?, overlay],
            title: format!("{}, {}", picture.label, chosen.why.words()),
            lines: vec![line, base(&picture.source).to_owned()],
            links: files(&map.file, "csv"),
            ..Card::default()
        });
    }
    let mut section = Section { id: "occlusion".into(), title: "Occlusion".into(), ..Section::default() };
    let Some(map) = of.looked.occlusion.first() else {
        section.blocks.push(Block::Note("No picture was chosen: left out.".into()));
        return Ok(section);
    };
    let windows = map.windows;
    section.lead = format!(
        "Which part of a picture carries the decision. A square of {0} × {0} pixels in the mean colour of the network's \
         input covers the picture at {1} × {1} places, {2} pixels apart. Red: with this place covered, the label is \
         less likely. Blue: more likely. The stronger the colour, the greater the change of the log-odds, from the \
         greatest change in each picture.",
        windows.patch, windows.count, windows.stride
    );
    section.blocks.push(Block::Gallery(Gallery { title: String::new(), cards, links: Vec::new(), width: 320 }));
    Ok(section)
}

/// The t-SNE map.
pub(super) fn map(of: &Material) -> Section {
    let map = &of.looked.map;
    let mut note = format!(
        "By {}, perplexity {}. Pictures are pushed off each other so that each can be seen; tsne.csv has their places.",
        map.layer,
        scale::short(map.perplexity)
    );
    if map.left_out > 0 {
        note += &format!(" A sample: {} pictures are left out.", map.left_out);
    }
    let figure = Figure {
        title: format!("{} pictures", map.chart.points.len()),
        note,
        body: Body::Chart(map.chart.scene()),
        links: links(["tsne.csv", "tsne.svg"]),
        room: Room::Wide,
    };
    Section {
        id: "map".into(),
        title: "Map".into(),
        lead: "The whole data set as the network arranges it (t-SNE): pictures that it sees as alike lie together. \
               Distances between groups mean little. Each picture is framed in the colour of its label."
            .into(),
        blocks: vec![Block::Figures(vec![figure])],
    }
}
