//! What a layer answers to a picture: its feature maps, as a picture and as raw numbers.

use anyhow::{Result, bail};
use image::RgbImage;
use ndarray::{ArrayViewD, Axis};
use ndarray_npy::WriteNpyExt;
use pipeline::dataset::Dataset;
use pipeline::{HintExt, Run};
use rayon::prelude::*;
use report::colormap::Range;
use report::grid::{self, Layout};

use crate::choose::Chosen;
use crate::filters::file_name;
use crate::pictures;
use crate::tuned::Tuned;

/// Width of a picture of feature maps in pixels, about.
const WIDTH: u32 = 640;
/// Share of the values that the colours span: a few extreme ones would leave the rest dark.
const SHARE: f64 = 0.995;
/// Layers looked at where the configuration names none.
const LAYERS: usize = 5;
/// Writes the maps of every layer asked for, for each chosen picture.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset, chosen: &[Chosen]) -> Result<()> {
    let layers = layers(run, tuned);
    let names: Vec<&str> = layers.iter().map(String::as_str).collect();
    if names.is_empty() || chosen.is_empty() {
        return Ok(());
    }
    let mut opened = tuned.open_at(&names)?;
    let progress = run.progress("looks at feature maps", chosen.len());
    for picture in chosen {
        let picture = picture.of(dataset);
        let image = pictures::read_one(dataset, picture, tuned.network.input.size)?;
        let outputs = opened.run(&tuned.network.input.batch([&image]))?;
        let maps = layers.par_iter().zip(outputs.par_iter()).map(|(layer, output)| {
            let values = output.index_axis(Axis(0), 0);
            if !values.iter().all(|v| v.is_finite()) {
                bail!("layer {layer} gives values out that are not finite numbers for {}", picture.source);
            }
            let file = format!("activations/{}/{}.png", picture.id, file_name(layer));
            run.write(&file, &imaging::png(&draw(&values)))?;
            let mut raw = Vec::new();
            values.as_standard_layout().write_npy(&mut raw)?;
            run.write(file.replace(".png", ".npy"), &raw)
        });
        maps.collect::<Result<()>>().hint("`layers` in train/model.json lists the names")?;
        progress.inc(1);
    }
    Ok(())
}

/// The layers asked for; where none are, some of the convolutions from first to last, each after its `Relu` where the
/// network names one.
fn layers(run: &Run, tuned: &Tuned) -> Vec<String> {
    let mut asked = run.config.analyze.layers.clone();
    if asked.is_empty() {
        let all = &tuned.network.layers;
        let convolutions = (0..all.len()).filter(|at| all[*at].operator == "Conv");
        let seen = convolutions.map(|at| all.get(at + 1).filter(|next| next.operator == "Relu").unwrap_or(&all[at]));
        asked = spread(&seen.map(|layer| layer.name.clone()).collect::<Vec<_>>(), LAYERS);
    }
    let mut layers: Vec<String> = Vec::new();
    for layer in asked {
        if !layers.contains(&layer) {
            layers.push(layer);
        }
    }
    layers
}

/// Up to `most` of `items`, evenly spread, the first and the last among them.
fn spread(items: &[String], most: usize) -> Vec<String> {
    let count = items.len().min(most);
    (0..count).map(|i| items[i * (items.len() - 1) / (count - 1).max(1)].clone()).collect()
}

/// `values` in a grid, in the order of the channels: `[c, h, w]` as `c` maps, anything else as single points.
fn draw(values: &ArrayViewD<f32>) -> RgbImage {
    let range = Range::of(values.iter().copied(), SHARE);
    let flat: Vec<f32> = values.iter().copied().collect();
    let (map, width) = match values.shape() {
        &[_, height, width] => (height * width, width),
        _ => (1, 1),
    };
    let maps = flat.chunks(map.max(1));
    let tiles: Vec<RgbImage> = maps.map(|values| grid::map_picture(values, width as u32, range)).collect();
    grid::tile(&tiles, Layout::near_square(tiles.len(), width as u32, WIDTH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array, Array3};
    use report::colormap::Colormap;

    #[test]
    fn a_few_layers_stand_for_many() {
        let names: Vec<String> = (0..26).map(|i| i.to_string()).collect();
        assert_eq!(spread(&names, 5), ["0", "6", "12", "18", "25"]);
        assert_eq!(spread(&names[..5], 5), names[..5]);
        assert_eq!(spread(&names[..1], 5), ["0"]);
        assert!(spread(&[], 5).is_empty());
    }

    #[test]
    fn each_channel_is_a_map_and_a_vector_a_field_of_points() {
        let mut values = Array3::<f32>::zeros((4, 2, 2));
        values[[3, 0, 0]] = 1.0;
        let sheet = draw(&values.view().into_dyn());
        let (width, height) = sheet.dimensions();
        let at = |x: u32, y: u32| sheet.get_pixel(x, y).0;
        assert_eq!(at(width / 2 + 20, height / 2 + 20), Colormap::Viridis.at(1.0).0, "the fourth, its first pixel");
        assert_eq!(at(20, 20), Colormap::Viridis.at(0.0).0, "the first is all 0");

        let vector = Array::linspace(-1.0f32, 1.0, 9);
        let sheet = draw(&vector.view().into_dyn());
        assert_eq!(sheet.get_pixel(20, 20).0, Colormap::Diverging.at(0.0).0, "signed values");
        assert_eq!(sheet.width(), sheet.height(), "nine points in three rows");
    }
}
