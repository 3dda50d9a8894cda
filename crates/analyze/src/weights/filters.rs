//! The filters of the first layer as colour images.

use anyhow::Result;
use image::RgbImage;
use ndarray::{ArrayD, Axis, Ix3};
use report::colormap::Range;
use report::grid::{self, Layout};
use report::{Color, scale, sheet};
use zoo::Channels;

/// Approximate width of the image, in pixels.
const WIDTH: u32 = 640;
/// Share of the values that the colours span. More extreme values have the colour of the end.
const SHARE: f64 = 0.999;

/// The filters of the first layer.
#[derive(Debug)]
pub(crate) struct Filters {
    /// Name of the layer.
    pub layer: String,
    /// Number of filters.
    pub count: usize,
    /// Height and width of a filter.
    pub side: (usize, usize),
    /// A grid of all filters in one scale.
    pub image: RgbImage,
    /// The weights `-extent` and `extent` have full colour. The weight 0 is mid gray.
    pub extent: f64,
}

impl Filters {
    /// Draws the filters `weights` `[n, 3, h, w]` of `layer`. The scale also covers the weights `before` tuning.
    ///
    /// Returns `None` if the filters are not for three colour channels.
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

    /// Returns the caption of the image: its contents and its scale.
    pub fn caption(&self) -> String {
        let (height, width) = self.side;
        let extent = scale::short(self.extent);
        format!(
            "{}: all {} filters of {width} x {height} in colour, in the order of the channels and in one scale. The weight 0 is \
             mid gray, -{extent} is no colour, and {extent} is full colour.",
            self.layer, self.count
        )
    }

    /// Returns the image below its caption. With `before`, the image of these weights is on the left.
    pub fn sheet(&self, before: Option<&ArrayD<f32>>, channels: Channels) -> Result<RgbImage> {
        let Some(before) = before else { return Ok(sheet::titled(&self.caption(), &self.image)) };
        let earlier =
            sheet::titled(&format!("Before tuning. {}", self.caption()), &grid_of(before, channels, self.extent)?);
        Ok(sheet::beside(&earlier, &sheet::titled(&format!("After tuning. {}", self.caption()), &self.image)))
    }
}

/// Draws all filters as a grid, in their order.
fn grid_of(weights: &ArrayD<f32>, channels: Channels, extent: f64) -> Result<RgbImage> {
    // The network may take the channels in another order than red, green, blue.
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
    fn a_filter_for_red_is_red_in_both_channel_orders() {
        for (channels, red) in [(Channels::Rgb, 0), (Channels::Bgr, 2)] {
            let mut weights = Array4::<f32>::zeros((1, 3, 2, 2));
            weights.index_axis_mut(Axis(1), red).fill(1.0);
            let filters = Filters::of("conv1", &weights.into_dyn(), None, channels).unwrap().unwrap();
            let (width, height) = filters.image.dimensions();
            assert!(width > 500, "the image is large enough: {width} pixels");
            assert_eq!(filters.image.get_pixel(width / 2, height / 2).0, [255, 128, 128], "{channels:?}");
        }
    }
}
