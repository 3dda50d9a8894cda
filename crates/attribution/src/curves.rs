//! The faithfulness of a saliency map: pixels are changed in the order of the map, and the network runs again.
//!
//! Deletion and insertion follow RISE (Petsiuk et al. 2018, section 4.3). If a map is right, the probability falls fast while its
//! highest pixels are deleted, and rises fast while they are inserted. The area under the deletion curve is then small, and that under
//! the insertion curve large.

use graph::Model;
use ndarray::{Array2, Array3, Array4, ArrayView2, s};
use runtime::Session;

use crate::Error;
use crate::rows::rows;

/// Number of images in one run. It is fixed, because another number could change the last bits.
const BATCH: usize = 20;

/// The value of one class while the pixels of one image become those of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The shares of the pixels that are changed, from 0 to 1.
    pub shares: Vec<f32>,
    /// The value of the class at each share.
    pub values: Vec<f32>,
}

impl Curve {
    /// Returns the area under the curve by the trapezoidal rule. It is the mean value over all shares.
    pub fn area(&self) -> f64 {
        let points: Vec<(f64, f64)> =
            self.shares.iter().zip(&self.values).map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
        points.windows(2).map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1)).sum()
    }
}

/// A network that runs while the pixels of an image change.
#[derive(Debug)]
pub struct PixelFader {
    session: Session,
    input: String,
}

impl PixelFader {
    /// Prepares `model`, whose only input is an image, for the tensor `output`, `[n, classes]`. `threads` is 0 for all processors.
    ///
    /// # Errors
    /// Returns an error if the network does not have exactly one input, or if `output` does not depend on it.
    pub fn new(model: &Model, output: &str, threads: usize) -> Result<Self, Error> {
        let model = model.cut(output)?;
        let [input] = model.inputs()[..] else {
            let reason = "the network does not have exactly one input".to_owned();
            return Err(Error::Unsuitable { model: model.label().to_owned(), reason });
        };
        Ok(Self { session: Session::new(&model, threads)?, input: input.to_owned() })
    }

    /// Returns the output `[n, classes]` for `images`, `[n, channels, height, width]`.
    pub fn outputs(&mut self, images: &Array4<f32>) -> Result<Array2<f32>, Error> {
        let found = self.session.run(&[(&self.input, images.view().into_dyn())])?;
        found.first().map_or_else(|| Ok(Array2::zeros((0, 0))), |(_, values)| rows(values))
    }

    /// Returns the curve of `class` while the image `from` becomes the image `to`, both `[channels, height, width]`, in `steps` equal
    /// steps. Pixels change in the order of `map`, `[height, width]`, the highest first, and equal ones in row-major order.
    ///
    /// # Errors
    /// Returns an error if the sizes differ, if `steps` is 0, if the network has no such class, or if the runtime fails.
    pub fn curve(
        &mut self,
        [from, to]: [&Array3<f32>; 2],
        map: ArrayView2<f32>,
        class: usize,
        steps: usize,
    ) -> Result<Curve, Error> {
        let (channels, height, width) = from.dim();
        if to.dim() != from.dim() || map.dim() != (height, width) || steps == 0 {
            let reason = format!(
                "the images {:?} and {:?} and the map {:?} must have one size, and the {steps} steps must not be 0",
                from.dim(),
                to.dim(),
                map.dim()
            );
            return Err(Error::Unsuitable { model: self.input.clone(), reason });
        }
        let mut order: Vec<(usize, usize)> = (0..height).flat_map(|y| (0..width).map(move |x| (y, x))).collect();
        // The sort is stable, so equal pixels stay in row-major order.
        order.sort_by(|a, b| map[*b].total_cmp(&map[*a]));
        let reached = |step: usize| step * order.len() / steps;
        let mut image = from.clone();
        let (mut changed, mut values) = (0, Vec::new());
        let all: Vec<usize> = (0..=steps).collect();
        for some in all.chunks(BATCH) {
            let mut batch = Array4::zeros((some.len(), channels, height, width));
            for (step, mut item) in some.iter().zip(batch.outer_iter_mut()) {
                for (y, x) in &order[changed..reached(*step)] {
                    image.slice_mut(s![.., *y, *x]).assign(&to.slice(s![.., *y, *x]));
                }
                changed = reached(*step);
                item.assign(&image);
            }
            let answers = self.outputs(&batch)?;
            if class >= answers.ncols() {
                return Err(Error::Class { class, classes: answers.ncols() });
            }
            values.extend(answers.column(class));
        }
        let shares = all.iter().map(|step| reached(*step) as f32 / order.len().max(1) as f32).collect();
        Ok(Curve { shares, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_mean_over_the_shares() {
        let curve = Curve { shares: vec![0.0, 0.5, 1.0], values: vec![1.0, 0.5, 0.0] };
        assert!((curve.area() - 0.5).abs() < 1e-9);
        let uneven = Curve { shares: vec![0.0, 0.1, 1.0], values: vec![1.0, 0.0, 0.0] };
        assert!((uneven.area() - 0.05).abs() < 1e-6);
    }
}
