//! Statistics of the activations of each channel over the data set, and the images that activate it most.
//!
//! The survey is one pass over the data set. Its memory does not grow with the number of images. It is divided into pieces of
//! [`PIECE`] images. A run that is stopped keeps the finished pieces for the next run.

use anyhow::{Context, Result, bail, ensure};
use contract::{Dataset, ImageRow};
use inference::{BATCH, argmax};
use ndarray::{ArrayD, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::images;
use crate::tuned::Tuned;
use crate::view::Run;

/// Number of images in a piece of work, a multiple of the batch size.
const PIECE: usize = 4 * BATCH;

/// The activations of one layer over the data set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LayerSurvey {
    /// Name of the layer.
    pub layer: String,
    /// Shape of the output for one image, channels first.
    pub shape: Vec<usize>,
    /// The statistics of each channel.
    pub channels: Vec<Channel>,
}

/// The statistics of one channel over all positions of all images.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Channel {
    /// Number of values.
    pub count: u64,
    /// Mean of the values.
    pub mean: f64,
    /// Sum of the squared differences from the mean.
    pub squares: f64,
    /// The largest value.
    pub max: f32,
    /// Number of values that are exactly 0. After a `Relu`, the channel is inactive there.
    pub zeros: u64,
    /// The peaks of the images with the largest values, one peak for each image. The largest value comes first. Equal values
    /// are in the order of the data set. A value of exactly 0 is not a peak.
    pub top: Vec<Peak>,
}

/// The largest value of a channel in one image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Peak {
    /// The value.
    pub value: f32,
    /// Index of the image in the data set.
    pub image: u32,
    /// Index of the position in the map, row by row. It is the first position with this value.
    pub place: u32,
}

impl Channel {
    /// Computes the statistics of the map `values` of one image.
    fn of(values: &[f32], image: u32) -> Self {
        let count = values.len().max(1) as f64;
        let mean = values.iter().copied().map(f64::from).sum::<f64>() / count;
        let squares = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum();
        // The values are finite. A map without values has no peak.
        let best = argmax(values.iter().copied()).map_or((0, f32::NEG_INFINITY), |place| (place, values[place]));
        let zeros = values.iter().filter(|v| **v == 0.0).count() as u64;
        let peak = Peak { value: best.1, image, place: best.0 as u32 };
        let top = if best.1 == 0.0 || values.is_empty() { vec![] } else { vec![peak] };
        Self { count: values.len() as u64, mean, squares, max: best.1, zeros, top }
    }

    /// Adds the statistics of later images. Keeps the `most` largest peaks.
    ///
    /// The mean and the squares follow Chan, Golub & `LeVeque` (1983), equation 2.1.
    fn add(&mut self, other: &Self, most: usize) {
        let (own, new) = (self.count as f64, other.count as f64);
        if self.count == 0 {
            self.clone_from(other);
        } else if other.count > 0 {
            let difference = other.mean - self.mean;
            self.mean += difference * new / (own + new);
            self.squares += other.squares + difference * difference * own * new / (own + new);
            self.max = self.max.max(other.max);
            self.count += other.count;
            self.zeros += other.zeros;
            self.top.extend(&other.top);
        }
        self.top.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.image.cmp(&b.image)));
        self.top.truncate(most);
    }

    /// Returns the standard deviation of the population.
    pub fn deviation(&self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }

    /// Returns the share of values that are exactly 0, in [0, 1].
    pub fn zero(&self) -> f64 {
        self.zeros as f64 / self.count.max(1) as f64
    }

    /// Returns the mean of the peaks.
    pub fn strength(&self) -> f64 {
        self.top.iter().map(|peak| f64::from(peak.value)).sum::<f64>() / self.top.len().max(1) as f64
    }
}

/// Surveys the activations of `layers` over all images of the data set, whatever their split.
///
/// # Errors
/// Returns an error when an image cannot be read, when a layer computes a value that is not a finite number, or when the
/// shape of a layer is unknown.
pub(crate) fn survey(run: &Run, tuned: &Tuned, dataset: &Dataset, layers: &[String]) -> Result<Vec<LayerSurvey>> {
    let names: Vec<&str> = layers.iter().map(String::as_str).collect();
    if names.is_empty() || dataset.images.is_empty() {
        return Ok(Vec::new());
    }
    let most = run.config.analyze.activations.top;
    let shapes = tuned.model.shapes();
    let mut surveys = Vec::new();
    for layer in layers {
        let shape = shapes
            .per_item(layer)
            .with_context(|| format!("the shape of layer {layer} is unknown before the network runs"))?;
        let channels = vec![Channel::default(); shape.first().copied().unwrap_or(1)];
        surveys.push(LayerSurvey { layer: layer.clone(), shape, channels });
    }
    let counts: Vec<usize> = surveys.iter().map(|survey| survey.channels.len()).collect();
    let progress = run.progress("surveying the data set", dataset.images.len());
    let mut layers = None;
    for (piece, rows) in dataset.images.chunks(PIECE).enumerate() {
        let first = piece * PIECE;
        let what = format!("activations of {names:?} from image {first}, top {most}");
        let mut fresh = false;
        let bytes = run.remember(&what, || {
            fresh = true;
            let layers = match &mut layers {
                Some(layers) => layers,
                None => layers.insert(tuned.layers(&names)?),
            };
            let mut found: Vec<Vec<Channel>> = counts.iter().map(|count| vec![Channel::default(); *count]).collect();
            let read = |at: usize| images::read(dataset, &rows[at], tuned.network.input.size);
            inference::in_batches(rows.len(), BATCH, read, |start, images| {
                pipeline::stop::check()?;
                let batch = &rows[start..start + images.len()];
                let some = summarize(&layers.run(&images)?, batch, first + start, &counts)?;
                for (found, layer) in found.iter_mut().zip(some) {
                    found.iter_mut().zip(&layer).for_each(|(found, channel)| found.add(channel, most));
                }
                progress.inc(images.len() as u64);
                anyhow::Ok(())
            })?;
            Ok(postcard::to_stdvec(&found)?)
        })?;
        if !fresh {
            progress.fewer(rows.len() as u64);
        }
        let found: Vec<Vec<Channel>> =
            postcard::from_bytes(&bytes).context("a stored piece of an earlier run is damaged")?;
        for (survey, found) in surveys.iter_mut().zip(&found) {
            survey.channels.iter_mut().zip(found).for_each(|(channel, found)| channel.add(found, most));
        }
    }
    Ok(surveys)
}

/// Summarizes the `outputs` of each layer, by channel, for one batch whose first image is `first`.
fn summarize(outputs: &[ArrayD<f32>], batch: &[ImageRow], first: usize, counts: &[usize]) -> Result<Vec<Vec<Channel>>> {
    let layers = outputs.par_iter().zip(counts).map(|(output, count)| {
        let mut channels = vec![Channel::default(); *count];
        for (at, (values, row)) in output.axis_iter(Axis(0)).zip(batch).enumerate() {
            let values: ArrayD<f32> = values.as_standard_layout().into_owned();
            let values = values.as_slice().context("the values are not contiguous")?;
            ensure!(
                values.len().is_multiple_of((*count).max(1)),
                "the output of a layer does not have the expected shape"
            );
            if !values.iter().all(|v| v.is_finite()) {
                bail!("the network computes values that are not finite numbers for {}", row.source);
            }
            let maps = values.chunks((values.len() / (*count).max(1)).max(1));
            for (channel, map) in channels.iter_mut().zip(maps) {
                channel.add(&Channel::of(map, (first + at) as u32), usize::MAX);
            }
        }
        Ok(channels)
    });
    layers.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_add_up_to_the_whole_and_survive_the_disk() {
        // np.concatenate(maps).mean() and .std() of the three maps below.
        let maps = [[0.0f32, 1.0, 5.0], [0.0, 0.0, 0.0], [5.0, 2.0, 2.5]];
        let mut whole = Channel::default();
        for (image, map) in maps.iter().enumerate() {
            let bytes = postcard::to_stdvec(&Channel::of(map, image as u32)).unwrap();
            whole.add(&postcard::from_bytes(&bytes).unwrap(), 2);
        }
        assert!(
            (whole.mean - 1.722_222_222).abs() < 1e-8 && (whole.deviation() - 1.959_465_787).abs() < 1e-8,
            "{whole:?}"
        );
        assert!((whole.zero() - 4.0 / 9.0).abs() < 1e-12 && (whole.max - 5.0).abs() < 1e-12);
        let peak = |image, place| Peak { value: 5.0, image, place };
        assert_eq!(
            whole.top,
            [peak(0, 2), peak(2, 0)],
            "an image that is 0 everywhere has no peak, and equal peaks keep the order of the images"
        );
        assert!((whole.strength() - 5.0).abs() < 1e-6);
    }
}
