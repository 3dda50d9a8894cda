//! Draws an excerpt of the weight of a layer: the filters and the inputs with the largest norms.

use ndarray::{ArrayD, Axis, Ix4};
use report::colormap::{Colormap, Range};
use report::sheet::{SheetRow, Tile, sheet};
use report::{grid, scale};

/// Maximum number of filters that are drawn.
const FILTERS: usize = 12;
/// Maximum number of input channels that are drawn of each filter.
const INPUTS: usize = 12;
/// Approximate side of a drawn kernel, in pixels.
const SIDE: u32 = 44;
/// Maximum number of outputs that are drawn of a layer with kernels of 1 x 1.
const OUTPUTS: usize = 32;
/// Maximum number of inputs that are drawn of such a layer.
const ACROSS: usize = 128;
/// Least side of a drawn value of such a layer, in pixels.
const POINT: u32 = 5;
/// Share of the values that the colours span. More extreme values have the colour of the end.
const SHARE: f64 = 0.995;

/// The filters and inputs that are drawn, by their numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Excerpt {
    /// The filters with the largest norms, in the order of their numbers.
    pub filters: Vec<usize>,
    /// The input channels with the largest norms: a list for each filter, largest norm first. A layer with kernels of 1 x 1
    /// has one list for all filters, in the order of the numbers.
    pub inputs: Vec<Vec<usize>>,
}

impl Excerpt {
    /// Chooses from `weight`, which is `[m, c, kh, kw]` (a convolution) or `[m, c]` (a dense layer). The first axis is the
    /// outputs.
    pub fn of(weight: &ArrayD<f32>) -> Self {
        let (count, most) = if is_matrix(weight) { (OUTPUTS, ACROSS) } else { (FILTERS, INPUTS) };
        let filters = largest(&norms(weight, 0), count);
        let of_filter = |filter: &usize| {
            let own = weight.index_axis(Axis(0), *filter).to_owned();
            by_norm(&norms(&own, 0), most)
        };
        let inputs = if is_matrix(weight) {
            vec![largest(&norms(weight, 1), most)]
        } else {
            filters.iter().map(of_filter).collect()
        };
        Self { filters, inputs }
    }

    /// Returns one range of colours for the excerpt of all `weights`, which have the same shape.
    ///
    /// Negative values are blue, 0 is white, positive values are red.
    pub fn range<'a>(&self, weights: impl IntoIterator<Item = &'a ArrayD<f32>>) -> Range {
        let mut values = Vec::new();
        for weight in weights {
            for (at, filter) in self.filters.iter().enumerate() {
                let filter = weight.index_axis(Axis(0), *filter);
                for input in self.inputs.get(at).or(self.inputs.first()).into_iter().flatten() {
                    values.extend(filter.index_axis(Axis(0), *input).iter().copied());
                }
            }
        }
        let range = Range::of(values, SHARE);
        Range { low: -range.high, high: range.high, map: Colormap::Diverging }
    }

    /// Returns the caption of the image.
    pub fn caption(&self, layer: &str, weight: &ArrayD<f32>, range: Range) -> String {
        let (all, shown) = (weight.len_of(Axis(0)), self.filters.len());
        let (inputs, across) = (weight.len_of(Axis(1)), self.inputs.first().map_or(0, Vec::len));
        let full = scale::short(range.high);
        let sides = weight.shape().get(2..).unwrap_or_default();
        let size = sides.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
        let colours = format!("Blue is negative, red is positive, with full colour at -{full} and {full}.");
        let which = |shown: usize, all: usize, what: &str| {
            if shown == all {
                format!("all {all} {what}")
            } else {
                format!("the {shown} of {all} {what} with the largest norms")
            }
        };
        if is_matrix(weight) {
            let (down, over) = (which(shown, all, "outputs"), which(across, inputs, "inputs"));
            return format!("{layer}: {down} from top to bottom, {over} from left to right, in their order. {colours}");
        }
        let (down, over) = (which(shown, all, &format!("filters of {size}")), which(across, inputs, "input channels"));
        format!(
            "{layer}: {down}, one row for each filter. A row shows {over}, largest norm first, with their numbers. {colours}"
        )
    }

    /// Draws the excerpt below `title`.
    pub fn draw(&self, title: &str, weight: &ArrayD<f32>, range: Range) -> image::RgbImage {
        let rows = if is_matrix(weight) { self.matrix(weight, range) } else { self.kernels(weight, range) };
        sheet(title, &rows)
    }

    fn matrix(&self, weight: &ArrayD<f32>, range: Range) -> Vec<SheetRow> {
        let flat = flat(weight);
        let across = self.inputs.first().map_or(&[][..], Vec::as_slice);
        let values: Vec<f32> =
            self.filters.iter().flat_map(|filter| across.iter().map(|input| flat[[*filter, *input]])).collect();
        let image = grid::map_image(&values, across.len().max(1) as u32, range);
        let (width, height) = image.dimensions();
        let zoom = (POINT.max(480 / width.max(1)).min(24), POINT.max(96 / height.max(1)).min(24));
        vec![SheetRow { label: String::new(), tiles: vec![tile(&image, zoom, String::new())] }]
    }

    fn kernels(&self, weight: &ArrayD<f32>, range: Range) -> Vec<SheetRow> {
        let Ok(weight) = weight.view().into_dimensionality::<Ix4>() else { return Vec::new() };
        let (_, _, height, width) = weight.dim();
        let zoom = (SIDE / (height.max(width) as u32).max(1)).max(1);
        let row = |(filter, inputs): (&usize, &Vec<usize>)| {
            let tile = |input: &usize| {
                let kernel = weight.index_axis(Axis(0), *filter);
                let values: Vec<f32> = kernel.index_axis(Axis(0), *input).iter().copied().collect();
                tile(&grid::map_image(&values, width as u32, range), (zoom, zoom), input.to_string())
            };
            SheetRow { label: filter.to_string(), tiles: inputs.iter().map(tile).collect() }
        };
        self.filters.iter().zip(&self.inputs).map(row).collect()
    }
}

/// Returns whether a filter has a single value for each input. This holds for dense layers and convolutions of 1 x 1.
fn is_matrix(weight: &ArrayD<f32>) -> bool {
    weight.shape().get(2..).unwrap_or_default().iter().all(|side| *side == 1) || weight.ndim() != 4
}

/// Reshapes `[m, c, …]` to `[m, c * …]`.
fn flat(weight: &ArrayD<f32>) -> ndarray::Array2<f32> {
    let rows = weight.len_of(Axis(0));
    let columns = weight.len() / rows.max(1);
    ndarray::Array2::from_shape_fn((rows, columns), {
        let values: Vec<f32> = weight.iter().copied().collect();
        move |(row, column)| values[row * columns + column]
    })
}

/// Returns the Euclidean norm of each slice along an axis.
fn norms(weight: &ArrayD<f32>, axis: usize) -> Vec<f64> {
    let norm = |slice: ndarray::ArrayViewD<f32>| slice.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    weight.axis_iter(Axis(axis)).map(norm).collect()
}

/// Returns the indices of the `most` largest norms, largest first. Equal norms are in the order of their indices.
fn by_norm(norms: &[f64], most: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..norms.len()).collect();
    places.sort_by(|a, b| norms[*b].total_cmp(&norms[*a]).then(a.cmp(b)));
    places.truncate(most);
    places
}

/// Returns the indices of the `most` largest norms, ascending.
fn largest(norms: &[f64], most: usize) -> Vec<usize> {
    let mut places = by_norm(norms, most);
    places.sort_unstable();
    places
}

fn tile(image: &image::RgbImage, zoom: (u32, u32), caption: String) -> Tile {
    let (width, height) = (image.width() * zoom.0, image.height() * zoom.1);
    Tile { image: image::imageops::resize(image, width, height, image::imageops::FilterType::Nearest), caption }
}

/// Transposes a matrix whose `transposed` is true, so that the first axis is the outputs.
///
/// Weights of `MatMul` and of `Gemm` without `transB` have the outputs last.
pub(super) fn outputs_first(weight: ArrayD<f32>, transposed: bool) -> ArrayD<f32> {
    if transposed && weight.ndim() == 2 { weight.reversed_axes().as_standard_layout().into_owned() } else { weight }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array4};

    #[test]
    fn filters_and_inputs_with_the_largest_norms_are_drawn() {
        let mut weight = Array4::<f32>::zeros((20, 30, 3, 3));
        weight[[7, 4, 1, 1]] = 2.0;
        weight[[7, 9, 0, 2]] = -3.0;
        weight[[3, 0, 0, 0]] = 9.0;
        let weight = weight.into_dyn();
        let excerpt = Excerpt::of(&weight);
        assert_eq!(excerpt.filters.len(), 12);
        assert!(excerpt.filters.is_sorted(), "the filters are in their order");
        let seven = excerpt.filters.iter().position(|filter| *filter == 7).unwrap();
        assert_eq!(excerpt.inputs[seven][..2], [9, 4], "the largest norm comes first");
        let range = excerpt.range([&weight]);
        let caption = excerpt.caption("conv2", &weight, range);
        assert!(caption.contains("the 12 of 20 filters of 3 x 3 with the largest norms, one row"), "{caption}");
        let image = excerpt.draw(&caption, &weight, range);
        let colours = |rgb: [u8; 3]| image.pixels().filter(|pixel| pixel.0 == rgb).count();
        let zoom = (SIDE / 3).pow(2) as usize;
        for value in [9.0, 2.0, -3.0] {
            assert_eq!(colours(range.color(value).0), zoom, "{value}");
        }
    }

    #[test]
    fn a_dense_layer_is_drawn_as_a_matrix() {
        let weight = Array2::from_shape_fn((3, 40), |(m, c)| (m * 40 + c) as f32 - 60.0).into_dyn();
        let excerpt = Excerpt::of(&weight);
        assert_eq!((excerpt.filters.len(), excerpt.inputs.len(), excerpt.inputs[0].len()), (3, 1, 40));
        let caption = excerpt.caption("fc8", &weight, excerpt.range([&weight]));
        assert!(caption.starts_with("fc8: all 3 outputs from top to bottom, all 40 inputs from left"), "{caption}");
        let transposed = outputs_first(weight.clone().reversed_axes(), true);
        assert_eq!(transposed, weight);
    }
}
