//! What the first layer looks for: its filters as colour images.

use anyhow::Result;
use image::RgbImage;
use ndarray::{ArrayD, Axis, Ix3};
use report::colormap::Range;
use report::grid::{self, Layout};
use report::{Color, scale, sheet};
use zoo::Channels;

/// Width of the image in pixels, about.
const WIDTH: u32 = 640;
/// Share of the values that the colours span.
const SHARE: f64 = 0.999;

/// The first layer's filters.
#[derive(Debug)]
pub(crate) struct Filters {
    /// Name of the layer.
    pub layer: String,
    /// Number of filters.
    pub count: usize,
    /// Their height and width.
    pub side: (usize, usize),
    /// All of them in a grid, in one scale.
    pub image: RgbImage,
    /// Weights of plus and minus this are full colour, 0 is mid gray.
    pub extent: f64,
}

impl Filters {
    /// The filters `[n, 3, h, w]` of `layer`; `before` has their scale in common. `None` where they are not for three
    /// colours.
    pub fn of(
        layer: &str,
        weights: &ArrayD<f32>,
        before: Option<&ArrayD<f32>>,
        channels: Channels,
    ) -> Result<Option<Self>> {
        if weights.ndim() != 4 || weights.len_of(Axis(1)) != 3 {
            return Ok(None);
        }
        let values = weights.iter().chain(before.into_iter().flatten()).copied();
        let extent = Range::of(values, SHARE).high;
        let image = grid_of(weights, channels, extent)?;
        let [count, _, height, width] = [0, 1, 2, 3].map(|axis| weights.len_of(Axis(axis)));
        Ok(Some(Self { layer: layer.to_owned(), count, side: (height, width), image, extent }))
    }

    /// The image's title: what it shows, in which scale.
    pub fn words(&self) -> String {
        let (height, width) = self.side;
        let extent = scale::short(self.extent);
        format!(
            "{}: all {} filters of {width} x {height} in their order, as colours. One scale for all: 0 is mid gray, \
             -{extent} is none of a colour, {extent} all of it.",
            self.layer, self.count
        )
    }

    /// The image below its title, with that of the weights `before` beside it where there are some.
    pub fn sheet(&self, before: Option<&ArrayD<f32>>, channels: Channels) -> Result<RgbImage> {
        let Some(before) = before else { return Ok(sheet::titled(&self.words(), &self.image)) };
        let earlier =
            sheet::titled(&format!("Before tuning. {}", self.words()), &grid_of(before, channels, self.extent)?);
        Ok(sheet::beside(&earlier, &sheet::titled(&format!("After tuning. {}", self.words()), &self.image)))
    }
}

/// All filters in a grid, in their order.
fn grid_of(weights: &ArrayD<f32>, channels: Channels, extent: f64) -> Result<RgbImage> {
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
        tiles.push(grid::filter_image([red, green, blue], filter.len_of(Axis(2)) as u32, extent));
    }
    let width = tiles.first().map_or(1, RgbImage::width);
    Ok(grid::tile_on(Color([0xff; 3]), &tiles, Layout::near_square(tiles.len(), width, WIDTH)))
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
            let filters = Filters::of("conv1", &weights.into_dyn(), None, channels).unwrap().unwrap();
            let (width, height) = filters.image.dimensions();
            assert!(width > 500, "legible: {width} pixels");
            assert_eq!(filters.image.get_pixel(width / 2, height / 2).0, [255, 128, 128], "{channels:?}");
        }
    }
}
