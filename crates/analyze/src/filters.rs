//! What the first layer looks for: its filters as colour pictures.

use anyhow::Result;
use graph::Model;
use image::RgbImage;
use ndarray::{ArrayD, Axis, Ix3};
use pipeline::Run;
use report::grid::{self, Layout};
use zoo::Channels;

use crate::tuned::Tuned;

/// Width of the picture in pixels, about.
const WIDTH: u32 = 640;

/// Writes `weights/<layer>.png`, unless the first layer is no convolution of colours.
pub(crate) fn write(run: &Run, tuned: &Tuned) -> Result<()> {
    let Some((layer, weights)) = first_convolution(&tuned.model)? else {
        run.say("the first layer is no convolution of three colours: no filters to show");
        return Ok(());
    };
    let picture = sheet(&weights, tuned.network.input.channels)?;
    let file = format!("weights/{}.png", file_name(&layer));
    run.write(&file, &imaging::png(&picture))
}

/// A layer's name as the name of a file: `fire2/squeeze1x1` becomes `fire2-squeeze1x1`.
pub(crate) fn file_name(layer: &str) -> String {
    layer.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect()
}

/// The first convolution on three channels: the name of what it gives out and its weight `[n, 3, h, w]`.
fn first_convolution(model: &Model) -> Result<Option<(String, ArrayD<f32>)>> {
    let Some(node) = model.nodes().iter().find(|node| node.op_type() == "Conv") else { return Ok(None) };
    let (Some(weight), Some(layer)) = (node.input.get(1), node.output.first()) else { return Ok(None) };
    let weights = model.weight(weight)?;
    Ok((weights.ndim() == 4 && weights.len_of(Axis(1)) == 3).then(|| (layer.clone(), weights)))
}

/// All filters in a grid, in their order.
fn sheet(weights: &ArrayD<f32>, channels: Channels) -> Result<RgbImage> {
    // Red, green and blue, whatever order the network takes them in.
    let order = match channels {
        Channels::Rgb => [0, 1, 2],
        Channels::Bgr => [2, 1, 0],
    };
    let mut tiles = Vec::new();
    for filter in weights.axis_iter(Axis(0)) {
        let filter = filter.into_dimensionality::<Ix3>()?;
        let planes = order.map(|channel| filter.index_axis(Axis(0), channel).iter().copied().collect::<Vec<f32>>());
        let [red, green, blue] = &planes;
        tiles.push(grid::filter_picture([red, green, blue], filter.len_of(Axis(2)) as u32));
    }
    let width = tiles.first().map_or(1, RgbImage::width);
    Ok(grid::tile(&tiles, Layout::near_square(tiles.len(), width, WIDTH)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    #[test]
    fn a_filter_for_red_is_red_in_either_channel_order() {
        for (channels, red) in [(Channels::Rgb, 0), (Channels::Bgr, 2)] {
            let mut weights = Array4::<f32>::zeros((1, 3, 2, 2));
            weights.index_axis_mut(Axis(1), red).fill(1.0);
            let sheet = sheet(&weights.into_dyn(), channels).unwrap();
            let (width, height) = sheet.dimensions();
            assert!(width > 500, "legible: {width} pixels");
            assert_eq!(sheet.get_pixel(width / 2, height / 2).0, [255, 0, 0], "{channels:?}");
        }
    }

    #[test]
    fn names_make_no_folders() {
        assert_eq!(file_name("fire2/squeeze1x1"), "fire2-squeeze1x1");
        assert_eq!(file_name("../x"), "..-x");
    }
}
