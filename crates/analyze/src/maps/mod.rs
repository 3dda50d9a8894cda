//! Saliency maps: which parts of an image led to the prediction, by several methods.
//!
//! The maps explain the predicted class. If the prediction is wrong, there is a second set of maps for the label. Deletion and
//! insertion curves measure how faithful each map is. [`contract::tables::maps`] lists the files.

mod baseline;
mod faithfulness;
mod gradients;
mod occlusion;
mod overlay;
mod saliency_map;

use crate::view::Run;
use anyhow::Result;
use contract::config::Method;
use contract::tables::maps;
use contract::{Artifact, Dataset, MapTarget, TargetClass};
use inference::{Error, argmax};

use crate::images;
use crate::selection::Selected;
use crate::tuned::Tuned;

use faithfulness::Curves;
use gradients::Gradients;
use occlusion::Occlusion;
pub(crate) use occlusion::windows;
use saliency_map::{SaliencyMap, Subject, write_array};

/// Writes the saliency maps of the chosen images, their curves, `targets.csv` and `faithfulness.csv`.
///
/// # Errors
/// Returns an error when an image cannot be read, or when the network computes a value that is not a finite number.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset, chosen: &[Selected]) -> Result<()> {
    let config = &run.config.analyze.maps;
    if chosen.is_empty() || config.methods.is_empty() {
        return Ok(());
    }
    let mut occlusion =
        if config.methods.contains(&Method::Occlusion) { Some(Occlusion::open(run, tuned)?) } else { None };
    let mut gradients = Gradients::open(run, tuned)?;
    let mut curves = Curves::open(run, tuned)?;
    let each = occlusion.as_ref().map_or(0, Occlusion::windows) + curves.runs(config.methods.len());
    let progress = run.progress("running the network for saliency maps", chosen.len() * each);
    let (mut targets, mut areas) = (Vec::new(), Vec::new());
    for image in chosen {
        pipeline::stop::check()?;
        let row = image.row(dataset);
        let image = images::read(dataset, row, tuned.network.input.size)?;
        let subject = Subject { id: &row.id, image: &image, input: tuned.network.input.tensor(&image) };
        let probabilities = curves.probabilities(&subject.input)?;
        let covered =
            occlusion.as_mut().map(|occlusion| occlusion.probe(run, tuned, &subject, &progress)).transpose()?;
        let predicted =
            argmax(probabilities.iter().copied()).ok_or_else(|| Error::NotANumber { image: row.source.clone() })?;
        let label = dataset.label_index(row);
        let mut classes = vec![(predicted, maps::maps_of(&row.id), TargetClass::Predicted)];
        if label != predicted {
            classes.push((label, maps::label_maps_of(&row.id), TargetClass::Label));
        }
        for (class, folder, of) in classes {
            let mut found: Vec<SaliencyMap> = Vec::new();
            if let Some(covered) = &covered {
                found.push(covered.write(run, class, &folder)?);
            }
            found.extend(gradients.maps(run, &subject, class, probabilities.len(), &folder)?);
            // The maps are in the order of the configuration.
            found.sort_by_key(|map| config.methods.iter().position(|method| *method == map.method));
            for map in &found {
                run.write(maps::overlay_file(&folder, map.method), &imaging::png(&overlay::draw(&image, map)))?;
                // Occlusion writes its values itself: the file has differences of probabilities, and the overlay shows
                // differences of log-odds.
                if map.method != Method::Occlusion {
                    write_array(run, &maps::values_file(&folder, map.method), &map.values)?;
                }
            }
            if class == predicted {
                areas.extend(curves.write(run, &subject, &found, class, &folder, &progress)?);
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
