//! Why this class: maps of the parts of an image that carry the decision, by several methods, and how faithful each is.
//!
//! Files: [`contract::tables::maps`].
//!
//! The class that the maps are for is the one that the network names: the question is why it does.

mod cover;
mod faithful;
mod gradients;
mod occlusion;
mod overlay;

use crate::view::Run;
use anyhow::Result;
use contract::config::Method;
use contract::tables::maps;
use contract::{Artifact, Dataset, MapTarget, TargetClass};
use image::RgbImage;
use inference::{Error, argmax};
use ndarray::{Array2, Array3};
use ndarray_npy::WriteNpyExt;

use crate::choose::Chosen;
use crate::images;
use crate::tuned::Tuned;

use faithful::Faithful;
use gradients::Gradients;
use occlusion::Occlusion;
pub(crate) use occlusion::windows;

/// An image, with all that the methods take of it.
struct Asked<'a> {
    id: &'a str,
    image: &'a RgbImage,
    /// What the network takes, `[3, size, size]`.
    input: Array3<f32>,
}

/// The map of one method: the higher a value, the more of the decision lies there.
struct Map {
    method: Method,
    /// `[size, size]`.
    values: Array2<f32>,
    /// What a value is, in words, with its unit.
    unit: &'static str,
    /// A value that is shown in full colour even where none is as large.
    least: f32,
}

/// Writes the maps of the chosen images.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset, chosen: &[Chosen]) -> Result<()> {
    let config = &run.config.analyze.maps;
    if chosen.is_empty() || config.methods.is_empty() {
        return Ok(());
    }
    let mut occlusion =
        if config.methods.contains(&Method::Occlusion) { Some(Occlusion::open(run, tuned)?) } else { None };
    let mut gradients = Gradients::open(run, tuned)?;
    let mut faithful = Faithful::open(run, tuned)?;
    let each = occlusion.as_ref().map_or(0, Occlusion::windows) + faithful.runs(config.methods.len());
    let progress = run.progress("computing saliency maps", chosen.len() * each);
    let (mut targets, mut areas) = (Vec::new(), Vec::new());
    for chosen in chosen {
        pipeline::stop::check()?;
        let row = chosen.of(dataset);
        let image = images::read(dataset, row, tuned.network.input.size)?;
        let asked = Asked { id: &row.id, image: &image, input: tuned.network.input.tensor(&image) };
        let probabilities = faithful.ask(&asked.input)?;
        let probed = occlusion.as_mut().map(|occlusion| occlusion.probe(run, tuned, &asked, &progress)).transpose()?;
        let named =
            argmax(probabilities.iter().copied()).ok_or_else(|| Error::NotANumber { image: row.source.clone() })?;
        let label = dataset.label_index(row);
        let mut classes = vec![(named, maps::maps_of(&row.id), TargetClass::Predicted)];
        if label != named {
            classes.push((label, maps::label_maps_of(&row.id), TargetClass::Label));
        }
        for (class, folder, of) in classes {
            let mut found: Vec<Map> = Vec::new();
            if let Some(probed) = &probed {
                found.push(probed.write(run, class, &folder)?);
            }
            found.extend(gradients.maps(run, &asked, class, probabilities.len(), &folder)?);
            // In the order that was asked for.
            found.sort_by_key(|map| config.methods.iter().position(|method| *method == map.method));
            for map in &found {
                run.write(maps::overlay_file(&folder, map.method), &imaging::png(&overlay::drawn(&image, map)))?;
                // Occlusion writes its values itself: the file has drops of the probability, the drawing shows log-odds.
                if map.method != Method::Occlusion {
                    write_array(run, &maps::values_file(&folder, map.method), &map.values)?;
                }
            }
            if class == named {
                areas.extend(faithful.write(run, &asked, &found, class, &folder, &progress)?);
            }
            targets.push(MapTarget {
                id: row.id.clone(),
                folder,
                target: dataset.classes.get(class).map_or_else(|| class.to_string(), Clone::clone),
                probability: probabilities.get(class).copied().unwrap_or_default(),
                of,
            });
        }
    }
    targets.write(run)?;
    if config.steps > 0 {
        areas.write(run)?;
    }
    Ok(())
}

/// Writes an array's raw values as `.npy`.
fn write_array(run: &Run, file: &str, values: &Array2<f32>) -> Result<()> {
    let mut raw = Vec::new();
    values.write_npy(&mut raw)?;
    run.write(file, &raw)
}
