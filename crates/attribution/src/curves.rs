//! How faithful a map is: the pixels that it ranks highest are taken away, or put back, and the network is asked.
//!
//! Deletion and insertion as in RISE (Petsiuk et al. 2018, section 4.3): where a map is right, the probability falls fast
//! as its first pixels go, and rises fast as they come, so a small area under the first curve and a large one under the
//! second are good.

use graph::Model;
use ndarray::{Array2, Array3, Array4, ArrayView2, Axis, s};
use runtime::Session;

use crate::Error;
use crate::backward::row;

/// Pictures in one run. Fixed: another number could change the last bits.
const BATCH: usize = 20;

/// What the network says while the pixels of one picture become another's.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Shares of the pixels that are changed, from 0 to 1.
    pub shares: Vec<f32>,
    /// The class's value at each.
    pub values: Vec<f32>,
}

impl Curve {
    /// The area under the curve, by the trapezoidal rule: the mean value over all shares.
    pub fn area(&self) -> f64 {
        let points: Vec<(f64, f64)> =
            self.shares.iter().zip(&self.values).map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
        points.windows(2).map(|pair| (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1)).sum()
    }
}

/// A network made ready to be asked while pixels change.
#[derive(Debug)]
pub struct Fader {
    session: Session,
    input: String,
}

impl Fader {
    /// Makes `model` ready, of which the only input is a picture; `output` `[n, classes]` is what it is asked for.
    pub fn new(model: &Model, output: &str, threads: usize) -> Result<Self, Error> {
        let model = model.cut(output)?;
        let [input] = model.inputs()[..] else {
            let reason = "it has not one input".to_owned();
            return Err(Error::Unsuitable { model: model.label().to_owned(), reason });
        };
        Ok(Self { session: Session::from_bytes(&model.to_bytes(), threads)?, input: input.to_owned() })
    }

    /// What the network says of each class of some pictures `[n, channels, height, width]`: `[n, classes]`.
    pub fn ask(&mut self, pictures: &Array4<f32>) -> Result<Array2<f32>, Error> {
        let outputs = self.session.run(&[(&self.input, pictures.view().into_dyn())])?;
        outputs.first().map_or_else(|| Ok(Array2::zeros((0, 0))), |(_, values)| row(values))
    }

    /// The curve of `class` from the picture `from` to the picture `to`, both `[channels, height, width]`, as pixels
    /// change in the order of `map` `[height, width]`, highest first and equal ones by their place, in `steps` equal
    /// steps.
    pub fn fade(
        &mut self,
        [from, to]: [&Array3<f32>; 2],
        map: ArrayView2<f32>,
        class: usize,
        steps: usize,
    ) -> Result<Curve, Error> {
        let (channels, height, width) = from.dim();
        if to.dim() != from.dim() || map.dim() != (height, width) || steps == 0 {
            let reason = format!("pictures {:?} and {:?}, a map {:?}, {steps} steps", from.dim(), to.dim(), map.dim());
            return Err(Error::Unsuitable { model: self.input.clone(), reason });
        }
        let mut order: Vec<(usize, usize)> = (0..height).flat_map(|y| (0..width).map(move |x| (y, x))).collect();
        // A stable sort: equal pixels stay in the order of their places.
        order.sort_by(|a, b| map[*b].total_cmp(&map[*a]));
        let reached = |step: usize| step * order.len() / steps;
        let mut picture = from.clone();
        let (mut changed, mut values) = (0, Vec::new());
        let all: Vec<usize> = (0..=steps).collect();
        for some in all.chunks(BATCH) {
            let mut batch = Array4::zeros((some.len(), channels, height, width));
            for (step, mut item) in some.iter().zip(batch.outer_iter_mut()) {
                for (y, x) in &order[changed..reached(*step)] {
                    picture.slice_mut(s![.., *y, *x]).assign(&to.slice(s![.., *y, *x]));
                }
                changed = reached(*step);
                item.assign(&picture);
            }
            let answers = self.ask(&batch)?;
            values.extend(answers.axis_iter(Axis(0)).filter_map(|row| row.get(class).copied()));
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
