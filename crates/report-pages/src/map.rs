//! Section "Map": the embedding of the data set, with its images.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use contract::tables::tsne::DRAWING;
use contract::{Artifact, EmbeddingFacts, EmbeddingPoint, ImageRow};
use rayon::prelude::*;
use report::chart::Dot;
use report::crowd::{SHOWN, shown};
use report::page::{Block, Map, Section, Spot};
use report::{DataUri, scale};

use crate::images::QUALITY;
use crate::inputs::ReportInputs;
use crate::text::{link, link_to};

/// Pairs of a maximum number of thumbnails and their side in pixels. The page has to stay small enough to open, so more
/// thumbnails are smaller.
const SIDES: [(usize, u32); 3] = [(400, 128), (800, 88), (SHOWN, 56)];

/// Returns the section.
pub(crate) fn section(inputs: &ReportInputs) -> Result<Section> {
    let points = Vec::<EmbeddingPoint>::read_in(inputs.analyses.folder())?;
    let facts = EmbeddingFacts::read_in(inputs.analyses.folder())?;
    let places: BTreeMap<&str, usize> =
        inputs.dataset.images.iter().enumerate().map(|(place, image)| (image.id.as_str(), place)).collect();
    let wrong: Vec<bool> = points.iter().map(|point| point.predicted != point.label).collect();
    let mut spots: Vec<(&ImageRow, Spot)> = Vec::new();
    let mut dots = Vec::new();
    for ((point, wrong), shown) in points.iter().zip(&wrong).zip(shown(&wrong)) {
        let place = places.get(point.id.as_str()).with_context(|| {
            format!("{} names image {}, which the data set does not have", <Vec<EmbeddingPoint>>::FILE, point.id)
        })?;
        let image = &inputs.dataset.images[*place];
        let (x, y, class) = (point.x, point.y, inputs.dataset.label_index(image));
        if !shown {
            dots.push(Dot { x, y, class, wrong: *wrong });
            continue;
        }
        let judgement = inputs.judgement(*place);
        let spot = Spot {
            id: point.id.clone(),
            x,
            y,
            label: class,
            predicted: inputs.dataset.classes.iter().position(|class| *class == point.predicted).unwrap_or(usize::MAX),
            split: image.split.to_string(),
            source: image.source.clone(),
            probabilities: judgement.map_or_else(Vec::new, |judgement| judgement.probabilities.clone()),
            thumbnail: None,
        };
        spots.push((image, spot));
    }
    if let Some((_, side)) = SIDES.iter().find(|(most, _)| spots.len() <= *most) {
        spots.par_iter_mut().try_for_each(|(image, spot)| -> Result<()> {
            let pixels = inputs.pixels(image)?;
            spot.thumbnail = Some(DataUri::jpeg(&imaging::thumbnail(&pixels, *side), QUALITY)?);
            Ok(())
        })?;
    }
    let left_out = inputs.dataset.images.len().saturating_sub(points.len());
    let map = Map {
        title: format!("{} images", points.len()),
        note: note(&facts, spots.len(), dots.len(), left_out),
        classes: inputs.dataset.classes.clone(),
        spots: spots.into_iter().map(|(_, spot)| spot).collect(),
        dots,
        links: vec![
            link_to::<Vec<EmbeddingPoint>>(),
            link_to::<EmbeddingFacts>(),
            link(EmbeddingFacts::STAGE, DRAWING),
        ],
    };
    Ok(Section {
        id: "map".into(),
        title: "Map".into(),
        lead: "The whole data set as the network arranges it (t-SNE). Images that are alike for the network are near each \
               other. Distances between groups mean little. Frames have the colours of the labels. A cross marks a wrong \
               prediction."
            .into(),
        blocks: vec![Block::Map(map)],
    })
}

/// Describes how the map was made and how far it can be trusted.
fn note(facts: &EmbeddingFacts, shown: usize, dots: usize, left_out: usize) -> String {
    let layer = &facts.layer;
    let mut note = match &facts.engine {
        Some(engine) => {
            format!("Made from {layer} with perplexity {} by the {engine} engine.", scale::short(facts.perplexity))
        }
        None => format!("Made from {layer}."),
    };
    if let Some(accuracy) = facts.neighbour_accuracy {
        note += &format!(
            " For {} of the images, the nearest image in the plane has the same class (1-nearest-neighbour accuracy).",
            scale::percent(accuracy)
        );
    }
    if let Some(trustworthiness) = facts.trustworthiness {
        note += &format!(
            " The trustworthiness is {trustworthiness:.3}. It would be 1 if all neighbours in the plane were neighbours in {layer}."
        );
    }
    note += &format!(
        " Images are moved apart so that each can be seen. The file {} has their exact places.",
        <Vec<EmbeddingPoint>>::FILE
    );
    if dots > 0 {
        note += &format!(
            " The map shows {shown} images, wrong predictions first. The other {dots} are dots, wrong predictions with a rim. \
             When you choose a split, the dots disappear."
        );
    }
    if left_out > 0 {
        note += &format!(" The map is a sample. {left_out} images are left out.");
    }
    note
}
