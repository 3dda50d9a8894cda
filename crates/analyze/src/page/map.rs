//! The data set at a glance: the t-SNE map with its pictures.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use contract::Picture;
use rayon::prelude::*;
use report::chart::Dot;
use report::page::{Block, Map, Section, Spot};
use report::{DataUri, scale};

use super::{Material, QUALITY, links};
use crate::pictures;
use crate::tsne::{SHOWN, shown};
use crate::upstream::Row;

const TABLE: &str = "tsne.csv";
const FACTS: &str = "tsne.json";

/// Side of a thumbnail by the number of pictures: the more there are, the smaller, so that the page stays small enough
/// to open.
const SIDES: [(usize, u32); 3] = [(400, 128), (800, 88), (SHOWN, 56)];

/// The section; none without the map's file.
pub(super) fn section(of: &Material) -> Result<Option<Section>> {
    let Some(sheet) = of.beside.sheet(TABLE)? else { return Ok(None) };
    let places: BTreeMap<&str, usize> =
        of.dataset.pictures.iter().enumerate().map(|(place, picture)| (picture.id.as_str(), place)).collect();
    let rows: Vec<Row> = sheet.rows().collect();
    let wrong: Vec<bool> =
        rows.iter().map(|row| Ok(row.text("predicted")? != row.text("label")?)).collect::<Result<_>>()?;
    let mut found: Vec<(&Picture, Spot)> = Vec::new();
    let mut dots = Vec::new();
    for ((row, wrong), shown) in rows.iter().zip(&wrong).zip(shown(&wrong)) {
        let id = row.text("id")?;
        let place =
            places.get(id).with_context(|| format!("{TABLE} names picture {id}, which dataset.csv does not"))?;
        let picture = &of.dataset.pictures[*place];
        let (x, y, class) = (row.sure("x")?, row.sure("y")?, of.dataset.label_index(picture));
        if !shown {
            dots.push(Dot { x, y, class, wrong: *wrong });
            continue;
        }
        let predicted = row.text("predicted")?;
        let known = of.prediction(*place);
        let spot = Spot {
            id: id.to_owned(),
            x,
            y,
            label: class,
            predicted: of.dataset.classes.iter().position(|class| class == predicted).unwrap_or(usize::MAX),
            split: picture.split.to_string(),
            source: picture.source.clone(),
            probabilities: known.map_or_else(Vec::new, |known| known.probabilities.clone()),
            thumbnail: None,
        };
        found.push((picture, spot));
    }
    if let Some((_, side)) = SIDES.iter().find(|(most, _)| found.len() <= *most) {
        found.par_iter_mut().try_for_each(|(picture, spot)| -> Result<()> {
            let image = pictures::read(of.dataset, picture, of.tuned.network.input.size)?;
            spot.thumbnail = Some(DataUri::jpeg(&imaging::thumbnail(&image, *side), QUALITY)?);
            Ok(())
        })?;
    }
    let left_out = of.dataset.pictures.len() - rows.len();
    let map = Map {
        title: format!("{} pictures", rows.len()),
        note: note(of, found.len(), dots.len(), left_out)?,
        classes: of.dataset.classes.clone(),
        spots: found.into_iter().map(|(_, spot)| spot).collect(),
        dots,
        links: links(of.beside.present(&[TABLE, FACTS, "tsne.svg"])),
    };
    Ok(Some(Section {
        id: "map".into(),
        title: "Map".into(),
        lead: "The whole data set as the network arranges it (t-SNE): pictures that it sees as alike lie together; distances \
               between groups mean little. Frames have the colours of the labels, wrong predictions carry a cross."
            .into(),
        blocks: vec![Block::Map(map)],
    }))
}

/// How the map was made and how far it can be trusted.
fn note(of: &Material, shown: usize, dots: usize, left_out: usize) -> Result<String> {
    let config = &of.run.config.analyze.tsne;
    let mut note = format!("Made from {}", config.layer);
    if let Some(facts) = of.beside.json(FACTS)? {
        let number = |key| facts.get(key)?.as_f64();
        if let Some(perplexity) = number("perplexity") {
            note += &format!(" with perplexity {}", scale::short(perplexity));
        }
        if let Some(engine) = facts.get("engine").and_then(|engine| engine.as_str()) {
            note += &format!(" by the {engine} engine");
        }
        note += ".";
        if let Some(accuracy) = number("neighbour_accuracy") {
            note += &format!(
                " In the plane {} of the pictures have one of their own class as nearest (1-nearest-neighbour accuracy)",
                scale::percent(accuracy)
            );
            if let Some(trust) = number("trustworthiness") {
                note += &format!(
                    "; trustworthiness {trust:.3}, where 1 means that whatever is near in the plane is near in {}",
                    config.layer
                );
            }
            note += ".";
        }
    } else {
        note += ".";
    }
    note += " Pictures are pushed off each other so that each can be seen; tsne.csv has their places.";
    if dots > 0 {
        note += &format!(
            " {shown} of them are shown, wrong predictions first; the other {dots} are dots, wrong ones with a rim. With a \
             split chosen only those shown are left."
        );
    }
    if left_out > 0 {
        note += &format!(" A sample: {left_out} pictures are left out.");
    }
    Ok(note)
}
