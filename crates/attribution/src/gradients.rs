//! Saliency maps from gradients: how the score of one class changes with the image, or with the output of a layer in between.

use graph::{Model, Rectifier, backward_through};
use ndarray::{Array2, Array3, ArrayD, ArrayView3, Axis, Ix3};
use runtime::Session;

use crate::Error;

/// A network whose gradients by the image and by one layer are computed for one class at a time.
#[derive(Debug)]
pub struct ScoreGradients {
    session: Session,
    input: String,
    top: String,
    of: Vec<String>,
    layer: Option<String>,
}

/// The gradients of one score.
#[derive(Debug, Clone)]
pub struct Gradients {
    /// The gradient by the image, `[channels, height, width]`.
    pub image: Array3<f32>,
    /// The output of the layer and the gradient by it, both `[channels, height, width]`, if a layer was named.
    pub layer: Option<(Array3<f32>, Array3<f32>)>,
}

impl ScoreGradients {
    /// Prepares `model`, whose only input is an image, for the gradients of the tensor `top`, `[n, classes]`, by the image and, if `layer`
    /// is given, by that tensor, `[n, channels, height, width]`. `rectifier` says what `Relu` passes back. `threads` is 0 for all
    /// processors.
    ///
    /// # Errors
    /// Returns an error if the network does not have exactly one input, or if an operator on the way has no gradient.
    pub fn new(
        model: &Model,
        top: &str,
        layer: Option<&str>,
        rectifier: Rectifier,
        threads: usize,
    ) -> Result<Self, Error> {
        let cut = model.cut(top)?;
        let [input] = cut.inputs()[..] else {
            let reason = "the network does not have exactly one input".to_owned();
            return Err(Error::Unsuitable { model: model.label().to_owned(), reason });
        };
        let of: Vec<&str> = [input].into_iter().chain(layer).collect();
        let mut back = backward_through(model, top, &of, rectifier)?;
        if let Some(layer) = layer {
            back = back.expose(&[layer])?;
        }
        Ok(Self {
            session: Session::new(&back, threads)?,
            input: input.to_owned(),
            top: top.to_owned(),
            of: of.iter().map(|tensor| format!("{tensor}_grad")).collect(),
            layer: layer.map(str::to_owned),
        })
    }

    /// Computes the gradients of the score of `class`, one of `classes`, for `image`, `[channels, height, width]`.
    ///
    /// # Errors
    /// Returns an error if `class` is not below `classes`, if the image does not have the size of the input, or if the runtime fails.
    pub fn compute(&mut self, image: ArrayView3<f32>, class: usize, classes: usize) -> Result<Gradients, Error> {
        let mut seed = Array2::<f32>::zeros((1, classes));
        *seed.get_mut((0, class)).ok_or(Error::Class { class, classes })? = 1.0;
        let batch = image.insert_axis(Axis(0)).into_dyn();
        let seed_name = format!("{}_grad", self.top);
        let outputs = self.session.run(&[(&self.input, batch), (&seed_name, seed.view().into_dyn())])?;
        let find = |name: &str| -> Result<Array3<f32>, Error> {
            let found = outputs.iter().find(|(found, _)| found == name).map(|(_, values)| values);
            found.map_or_else(|| Err(self.missing(name)), item)
        };
        let image = find(&self.of[0])?;
        let layer = match &self.layer {
            Some(layer) => Some((find(layer)?, find(&self.of[1])?)),
            None => None,
        };
        Ok(Gradients { image, layer })
    }

    fn missing(&self, name: &str) -> Error {
        Error::Unsuitable {
            model: self.top.clone(),
            reason: format!("the model of its gradients has no output `{name}`"),
        }
    }
}

/// Returns the only item of a batch of one, as an array of three axes.
fn item(batch: &ArrayD<f32>) -> Result<Array3<f32>, Error> {
    batch.index_axis(Axis(0), 0).to_owned().into_dimensionality::<Ix3>().map_err(Error::shape)
}

/// Returns the greatest absolute value among the channels of each pixel: `[channels, height, width]` -> `[height, width]`.
///
/// For a gradient this is the saliency map of Simonyan et al. 2013, section 3.1.
pub fn greatest_size(gradient: ArrayView3<f32>) -> Array2<f32> {
    gradient.fold_axis(Axis(0), 0.0f32, |most, value| most.max(value.abs()))
}

/// Returns the Grad-CAM map (Selvaraju et al. 2017, section 3): the sum of the channels of a layer, each weighted by the mean of its
/// gradient, with negative values set to 0. Both arguments are `[channels, height, width]`, the result is `[height, width]`.
pub fn grad_cam(activations: ArrayView3<f32>, gradient: ArrayView3<f32>) -> Array2<f32> {
    let (channels, height, width) = activations.dim();
    let places = (height * width).max(1) as f64;
    let mut sum = Array2::<f64>::zeros((height, width));
    for channel in 0..channels {
        let weight = gradient.index_axis(Axis(0), channel).iter().copied().map(f64::from).sum::<f64>() / places;
        sum.zip_mut_with(&activations.index_axis(Axis(0), channel), |sum, value| *sum += weight * f64::from(*value));
    }
    sum.mapv(|value| value.max(0.0) as f32)
}

/// Enlarges a map to `height` x `width` by bilinear interpolation. Pixels are squares, as in PyTorch's `interpolate` without
/// `align_corners`.
pub fn enlarged(map: &Array2<f32>, height: usize, width: usize) -> Array2<f32> {
    let place = |at: usize, to: usize, from: usize| {
        let source = ((at as f32 + 0.5) * from as f32 / to as f32 - 0.5).max(0.0);
        let low = (source as usize).min(from - 1);
        (low, (low + 1).min(from - 1), source - low as f32)
    };
    let (rows, columns) = map.dim();
    if rows == 0 || columns == 0 {
        return Array2::zeros((height, width));
    }
    Array2::from_shape_fn((height, width), |(y, x)| {
        let (top, bottom, down) = place(y, height, rows);
        let (left, right, across) = place(x, width, columns);
        let mix = |a: f32, b: f32, share: f32| a + (b - a) * share;
        let at = |y: usize, x: usize| map[[y, x]];
        mix(mix(at(top, left), at(top, right), across), mix(at(bottom, left), at(bottom, right), across), down)
    })
}

/// Returns the layer for Grad-CAM: the `Relu` that reads the last convolution with more than one pixel, or that convolution itself.
/// Returns `None` if there is no such convolution below `top`.
pub fn last_maps(model: &Model, top: &str) -> Option<String> {
    let part = model.cut(top).ok()?;
    let shapes = part.shapes();
    let maps = |name: &str| shapes.per_item(name).is_some_and(|sizes| sizes.len() == 3 && sizes[1] * sizes[2] > 1);
    let conv = part.nodes().iter().rev().find_map(|node| {
        let output = node.output.first().filter(|output| node.op_type() == "Conv" && maps(output))?;
        Some(output.as_str())
    })?;
    let relu = part.nodes().iter().find(|node| node.op_type() == "Relu" && node.input.iter().any(|name| name == conv));
    relu.and_then(|node| node.output.first().cloned()).or_else(|| Some(conv.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_map_is_enlarged_as_pytorch_does() {
        // torch.nn.functional.interpolate(torch.tensor([[[[0., 1.], [2., 5.]]]]), size=(4, 4), mode="bilinear")
        let expected =
            array![[0.0, 0.25, 0.75, 1.0], [0.5, 0.875, 1.625, 2.0], [1.5, 2.125, 3.375, 4.0], [2.0, 2.75, 4.25, 5.0]];
        assert_eq!(enlarged(&array![[0.0, 1.0], [2.0, 5.0]], 4, 4), expected);
        assert_eq!(enlarged(&array![[3.0]], 2, 3), array![[3.0, 3.0, 3.0], [3.0, 3.0, 3.0]]);
    }

    #[test]
    fn maps_are_weighted_by_the_mean_of_their_gradients() {
        let activations = array![[[1.0, 2.0]], [[3.0, 0.0]]];
        let gradient = array![[[1.0, 3.0]], [[-2.0, 0.0]]];
        assert_eq!(grad_cam(activations.view(), gradient.view()), array![[0.0, 4.0]]);
        assert_eq!(greatest_size(gradient.view()), array![[2.0, 3.0]]);
    }
}
