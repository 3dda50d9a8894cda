//! A layer's weights as an image: the filters that weigh most, and the inputs that weigh most in each.

use ndarray::{ArrayD, Axis, Ix4};
use report::colormap::{Colormap, Range};
use report::sheet::{Row, Tile, sheet};
use report::{grid, scale};

/// Filters shown of a layer of filters.
const FILTERS: usize = 12;
/// Input channels shown of each.
const INPUTS: usize = 12;
/// Side of a filter's image in pixels, about.
const SIDE: u32 = 44;
/// Outputs shown of a layer without places, and pixels of each.
const OUTPUTS: usize = 32;
/// Inputs shown of such a layer.
const ACROSS: usize = 128;
/// Pixels of one value of such a layer.
const POINT: u32 = 5;
/// Share of the values that the colours span.
const SHARE: f64 = 0.995;

/// What is shown of a layer: some of its filters and of their inputs, by their numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chosen {
    /// The filters of the largest norm, in the order of their numbers.
    pub filters: Vec<usize>,
    /// For each, its input channels of the largest norm, strongest first. One list for all where a layer has no places.
    pub inputs: Vec<Vec<usize>>,
}

impl Chosen {
    /// From `weight` `[m, c, kh, kw]` (a convolution) or `[m, c]` (a dense layer, its outputs first).
    pub fn of(weight: &ArrayD<f32>) -> Self {
        let (count, most) = if small(weight) { (OUTPUTS, ACROSS) } else { (FILTERS, INPUTS) };
        let filters = largest(&norms(weight, 0), count);
        let of_filter = |filter: &usize| {
            let own = weight.index_axis(Axis(0), *filter).to_owned();
            by_norm(&norms(&own, 0), most)
        };
        let inputs = if small(weight) {
            vec![largest(&norms(weight, 1), most)]
        } else {
            filters.iter().map(of_filter).collect()
        };
        Self { filters, inputs }
    }

    /// Colours for what is shown of `weights`, which have one shape: blue below 0, white at 0, red above.
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

    /// In words, for above the image.
    pub fn words(&self, layer: &str, weight: &ArrayD<f32>, range: Range) -> String {
        let (all, shown) = (weight.len_of(Axis(0)), self.filters.len());
        let (inputs, across) = (weight.len_of(Axis(1)), self.inputs.first().map_or(0, Vec::len));
        let full = scale::short(range.high);
        let sides = weight.shape().get(2..).unwrap_or_default();
        let size = sides.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ");
        let colours = format!("Blue below 0, red above, full colour at -{full} and {full}.");
        let which = |shown: usize, all: usize, what: &str| {
            if shown == all {
                format!("all {all} {what}")
            } else {
                format!("the {shown} of {all} {what} of the largest norm")
            }
        };
        if small(weight) {
            let (down, over) = (which(shown, all, "outputs"), which(across, inputs, "inputs"));
            return format!("{layer}: {down} downwards, {over} across, in their order. {colours}");
        }
        let (down, over) = (which(shown, all, &format!("filters of {size}")), which(across, inputs, "input channels"));
        format!("{layer}: {down}, a row each; {over} in each, strongest first, with their numbers. {colours}")
    }

    /// The image, below `title`.
    pub fn draw(&self, title: &str, weight: &ArrayD<f32>, range: Range) -> image::RgbImage {
        let rows = if small(weight) { self.matrix(weight, range) } else { self.kernels(weight, range) };
        sheet(title, &rows)
    }

    fn matrix(&self, weight: &ArrayD<f32>, range: Range) -> Vec<Row> {
        let flat = flat(weight);
        let across = self.inputs.first().map_or(&[][..], Vec::as_slice);
        let values: Vec<f32> =
            self.filters.iter().flat_map(|filter| across.iter().map(|input| flat[[*filter, *input]])).collect();
        let image = grid::map_image(&values, across.len().max(1) as u32, range);
        let (width, height) = image.dimensions();
        let zoom = (POINT.max(480 / width.max(1)).min(24), POINT.max(96 / height.max(1)).min(24));
        vec![Row { label: String::new(), tiles: vec![tile(&image, zoom, String::new())] }]
    }

    fn kernels(&self, weight: &ArrayD<f32>, range: Range) -> Vec<Row> {
        let Ok(weight) = weight.view().into_dimensionality::<Ix4>() else { return Vec::new() };
        let (_, _, height, width) = weight.dim();
        let zoom = (SIDE / (height.max(width) as u32).max(1)).max(1);
        let row = |(filter, inputs): (&usize, &Vec<usize>)| {
            let tile = |input: &usize| {
                let kernel = weight.index_axis(Axis(0), *filter);
                let values: Vec<f32> = kernel.index_axis(Axis(0), *input).iter().copied().collect();
                tile(&grid::map_image(&values, width as u32, range), (zoom, zoom), input.to_string())
            };
            Row { label: filter.to_string(), tiles: inputs.iter().map(tile).collect() }
        };
        self.filters.iter().zip(&self.inputs).map(row).collect()
    }
}

/// Whether a filter is a single value for each input: dense layers, and convolutions of 1 x 1.
fn small(weight: &ArrayD<f32>) -> bool {
    weight.shape().get(2..).unwrap_or_default().iter().all(|side| *side == 1) || weight.ndim() != 4
}

/// `[m, c, …]` as `[m, c * …]`.
fn flat(weight: &ArrayD<f32>) -> ndarray::Array2<f32> {
    let rows = weight.len_of(Axis(0));
    let columns = weight.len() / rows.max(1);
    ndarray::Array2::from_shape_fn((rows, columns), {
        let values: Vec<f32> = weight.iter().copied().collect();
        move |(row, column)| values[row * columns + column]
    })
}

/// The norm of each slice along an axis.
fn norms(weight: &ArrayD<f32>, axis: usize) -> Vec<f64> {
    let norm = |slice: ndarray::ArrayViewD<f32>| slice.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    weight.axis_iter(Axis(axis)).map(norm).collect()
}

/// Places of the largest values, largest first; of equals the first.
fn by_norm(norms: &[f64], most: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..norms.len()).collect();
    places.sort_by(|a, b| norms[*b].total_cmp(&norms[*a]).then(a.cmp(b)));
    places.truncate(most);
    places
}

/// The same in the order of their places.
fn largest(norms: &[f64], most: usize) -> Vec<usize> {
    let mut places = by_norm(norms, most);
    places.sort_unstable();
    places
}

fn tile(image: &image::RgbImage, zoom: (u32, u32), caption: String) -> Tile {
    let (width, height) = (image.width() * zoom.0, image.height() * zoom.1);
    Tile { image: image::imageops::resize(image, width, height, image::imageops::FilterType::Nearest), caption }
}

/// `[c]` or `[m, c, …]` turned so that outputs come first: weights of `MatMul` and of `Gemm` without `transB` have them
/// last.
pub(super) fn outputs_first(weight: ArrayD<f32>, last: bool) -> ArrayD<f32> {
    if last && weight.ndim() == 2 { weight.reversed_axes().as_standard_layout().into_owned() } else { weight }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array4};

    #[test]
    fn the_strongest_filters_and_inputs_are_shown() {
        let mut weight = Array4::<f32>::zeros((20, 30, 3, 3));
        weight[[7, 4, 1, 1]] = 2.0;
        weight[[7, 9, 0, 2]] = -3.0;
        weight[[3, 0, 0, 0]] = 9.0;
        let weight = weight.into_dyn();
        let chosen = Chosen::of(&weight);
        assert_eq!(chosen.filters.len(), 12);
        assert!(chosen.filters.is_sorted(), "in their order");
        let seven = chosen.filters.iter().position(|filter| *filter == 7).unwrap();
        assert_eq!(chosen.inputs[seven][..2], [9, 4], "strongest first");
        let range = chosen.range([&weight]);
        let words = chosen.words("conv2", &weight, range);
        assert!(words.contains("the 12 of 20 filters of 3 x 3 of the largest norm, a row each"), "{words}");
        let image = chosen.draw(&words, &weight, range);
        let colours = |rgb: [u8; 3]| image.pixels().filter(|pixel| pixel.0 == rgb).count();
        let zoom = (SIDE / 3).pow(2) as usize;
        for value in [9.0, 2.0, -3.0] {
            assert_eq!(colours(range.color(value).0), zoom, "{value}");
        }
    }

    #[test]
    fn a_dense_layer_is_a_matrix() {
        let weight = Array2::from_shape_fn((3, 40), |(m, c)| (m * 40 + c) as f32 - 60.0).into_dyn();
        let chosen = Chosen::of(&weight);
        assert_eq!((chosen.filters.len(), chosen.inputs.len(), chosen.inputs[0].len()), (3, 1, 40));
        let words = chosen.words("fc8", &weight, chosen.range([&weight]));
        assert!(words.starts_with("fc8: all 3 outputs downwards, all 40 inputs across"), "{words}");
        let turned = outputs_first(weight.clone().reversed_axes(), true);
        assert_eq!(turned, weight);
    }
}
