//! Activations of layers: feature maps of chosen images, and statistics over the data set.
//!
//! Each chosen image gets its feature maps as an image and as numbers. [`survey`] computes the statistics of every channel
//! over the data set, and [`top`] writes them with the images that activate a channel most.

mod stage;
mod survey;
mod top;
mod view;

use crate::view::Run;
use anyhow::{Result, bail};
use contract::Dataset;
use contract::tables::activations;
use contract::tables::layer_files::file_name;
use image::RgbImage;
use ndarray::{ArrayViewD, Axis};
use ndarray_npy::WriteNpyExt;
use pipeline::{HintExt, stop};
use rayon::prelude::*;
use report::colormap::{Colormap, Range};
use report::grid::{self, Layout};
use report::{scale, sheet};

use crate::images;
use crate::selection::Selected;
use crate::tuned::Tuned;

pub(crate) use stage::Activations;
pub(crate) use top::write as write_top;

/// Approximate width of a grid of feature maps, in pixels.
const WIDTH: u32 = 640;
/// Share of the values that the colours span. A few extreme values would make all others dark.
const SHARE: f64 = 0.995;
/// Number of layers that are analyzed when the configuration names none.
const LAYERS: usize = 5;

/// The feature maps of one layer for one image.
#[derive(Debug)]
struct Maps {
    /// Name of the layer.
    layer: String,
    /// Shape without the batch axis, such as `[256, 13, 13]`.
    shape: Vec<usize>,
    /// The colours of the values.
    range: Range,
    /// The file of the grid, relative to the stage's folder. The raw values are next to it as `.npy`.
    file: String,
}

/// Writes the feature maps of `layers` for each chosen image to `<folder>/<id>/<layer>.png` and `.npy`.
///
/// The image is a grid of all maps of the layer, in the order of the channels. All maps have one scale, and the title states
/// it. The `.npy` file is the output of the layer, `[c, h, w]` or `[c]`, float32.
///
/// # Errors
/// Returns an error when an image cannot be read, or when a layer computes a value that is not a finite number.
pub(crate) fn write(
    run: &Run,
    tuned: &Tuned,
    dataset: &Dataset,
    chosen: &[Selected],
    layers: &[String],
    folder: &str,
) -> Result<()> {
    let names: Vec<&str> = layers.iter().map(String::as_str).collect();
    if names.is_empty() || chosen.is_empty() {
        return Ok(());
    }
    let mut opened = tuned.layers(&names)?;
    let progress = run.progress("computing feature maps", chosen.len());
    for image in chosen {
        stop::check()?;
        let row = image.row(dataset);
        let image = images::read(dataset, row, tuned.network.input.size)?;
        let outputs = opened.run(&[image])?;
        let maps = layers.par_iter().zip(outputs.par_iter()).map(|(layer, output)| {
            let values = output.index_axis(Axis(0), 0);
            if !values.iter().all(|v| v.is_finite()) {
                bail!("layer {layer} computes values that are not finite numbers for {}", row.source);
            }
            let (folder, stem) = (activations::maps_of(folder, &row.id), file_name(layer));
            let (maps, whole) = draw(layer, &values, activations::maps_file(&folder, &stem));
            let title = format!("Image {}. {}", row.id, maps.caption());
            run.write(&maps.file, &imaging::png(&sheet::titled(&title, &whole)))?;
            let mut raw = Vec::new();
            values.as_standard_layout().write_npy(&mut raw)?;
            run.write(activations::values_file(&folder, &stem), &raw)
        });
        maps.collect::<Result<()>>().hint("`layers` in train/model.json lists the names")?;
        progress.inc(1);
    }
    Ok(())
}

impl Maps {
    /// Returns the caption of the grid: its contents and its scale.
    fn caption(&self) -> String {
        let what = match self.shape[..] {
            [count, height, width] => format!("{count} feature maps of {width} x {height}"),
            _ => format!("{} values", self.shape.iter().product::<usize>()),
        };
        let high = scale::short(self.range.high);
        let colours = match self.range.map {
            Colormap::Diverging => {
                format!("blue is negative, white is 0, red is positive, with full colour at -{high} and {high}")
            }
            Colormap::Viridis | Colormap::Inferno => format!("from violet (0) to yellow ({high} or more)"),
        };
        format!("{}: {what}, in the order of the channels, all in one scale: {colours}.", self.layer)
    }
}

/// Returns the layers to analyze: those of `analyze.layers`, or else up to [`LAYERS`] convolutions.
///
/// The convolutions are evenly spread over the network. If a `Relu` follows a convolution, the output of the `Relu` is used.
pub(crate) fn layers(run: &Run, tuned: &Tuned) -> Vec<String> {
    let mut requested = run.config.analyze.layers.clone();
    if requested.is_empty() {
        let all = &tuned.network.layers;
        let convolutions = (0..all.len()).filter(|at| all[*at].operator == "Conv");
        let outputs = convolutions.map(|at| all.get(at + 1).filter(|next| next.operator == "Relu").unwrap_or(&all[at]));
        requested = spread(&outputs.map(|layer| layer.name.clone()).collect::<Vec<_>>(), LAYERS);
    }
    let mut layers: Vec<String> = Vec::new();
    for layer in requested {
        if !layers.contains(&layer) {
            layers.push(layer);
        }
    }
    layers
}

/// Returns up to `most` of `items`, evenly spread. They include the first and the last item.
fn spread(items: &[String], most: usize) -> Vec<String> {
    let count = items.len().min(most);
    (0..count).map(|i| items[i * (items.len() - 1) / (count - 1).max(1)].clone()).collect()
}

/// Draws the output `values` of a layer as a grid, in the order of the channels.
///
/// An array `[c, h, w]` is drawn as `c` maps. Every value of any other array is drawn as a map of one pixel.
fn draw(layer: &str, values: &ArrayViewD<f32>, file: String) -> (Maps, RgbImage) {
    let range = Range::of(values.iter().copied(), SHARE);
    let flat: Vec<f32> = values.iter().copied().collect();
    let (map, width) = match values.shape() {
        &[_, height, width] => (height * width, width),
        _ => (1, 1),
    };
    let maps = flat.chunks(map.max(1));
    let tiles: Vec<RgbImage> = maps.map(|values| grid::map_image(values, width as u32, range)).collect();
    let sheet = grid::tile(&tiles, Layout::near_square(tiles.len(), width as u32, WIDTH));
    (Maps { layer: layer.to_owned(), shape: values.shape().to_vec(), range, file }, sheet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array, Array3};

    #[test]
    fn few_layers_are_chosen_evenly_from_many() {
        let names: Vec<String> = (0..26).map(|i| i.to_string()).collect();
        assert_eq!(spread(&names, 5), ["0", "6", "12", "18", "25"]);
        assert_eq!(spread(&names[..5], 5), names[..5]);
        assert_eq!(spread(&names[..1], 5), ["0"]);
        assert!(spread(&[], 5).is_empty());
    }

    #[test]
    fn a_channel_is_drawn_as_a_map_and_a_vector_as_points() {
        let mut values = Array3::<f32>::zeros((4, 2, 2));
        values[[3, 0, 0]] = 1.0;
        let (maps, sheet) = draw("conv1", &values.view().into_dyn(), "a.png".into());
        assert_eq!(maps.range.map, Colormap::Viridis);
        let (width, height) = sheet.dimensions();
        let at = |x: u32, y: u32| sheet.get_pixel(x, y).0;
        assert_eq!(
            at(width / 2 + 20, height / 2 + 20),
            Colormap::Viridis.at(1.0).0,
            "the first pixel of the fourth map"
        );
        assert_eq!(at(20, 20), Colormap::Viridis.at(0.0).0, "the first map is 0 everywhere");

        let vector = Array::linspace(-1.0f32, 1.0, 9);
        let (maps, sheet) = draw("fc8", &vector.view().into_dyn(), "b.png".into());
        assert_eq!(maps.range.map, Colormap::Diverging, "signed values");
        assert_eq!(sheet.width(), sheet.height(), "nine points form three rows");
    }
}
