//! One pass over the data set: how each channel of some layers answers, and which images excite it most.
//!
//! Nothing is held but what is asked for, however many images there are. Each [`PIECE`] images are a piece of work
//! that a stopped run leaves to the next.

use anyhow::{Context, Result, bail, ensure};
use contract::{Dataset, ImageRow};
use inference::{BATCH, argmax};
use ndarray::{ArrayD, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::images;
use crate::tuned::Tuned;
use crate::view::Run;

/// Images of one piece of work: a multiple of a batch.
const PIECE: usize = 4 * BATCH;

/// How one layer answers to the data set.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LayerSurvey {
    /// Name of the layer.
    pub layer: String,
    /// Shape for one image, channels first.
    pub shape: Vec<usize>,
    /// What each channel does.
    pub channels: Vec<Channel>,
}

/// How one channel answers, over all places of all images.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Channel {
    /// Values seen.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// Sum of their squared distances from the mean.
    pub squares: f64,
    /// The largest.
    pub max: f32,
    /// How many are exactly 0: behind a `Relu`, where the channel does not answer.
    pub zeros: u64,
    /// The images with the largest values, one place each, largest first; of equals the first image. Values of
    /// exactly 0 are no answer.
    pub top: Vec<Peak>,
}

/// Where a channel answers most in one image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Peak {
    /// The value.
    pub value: f32,
    /// Place of the image in the data set.
    pub image: u32,
    /// Place in the map, row by row; the first of equals.
    pub place: u32,
}

impl Channel {
    /// What one image's map says.
    fn of(values: &[f32], image: u32) -> Self {
        let count = values.len().max(1) as f64;
        let mean = values.iter().copied().map(f64::from).sum::<f64>() / count;
        let squares = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum();
        // The values are finite; a map without a value has no peak.
        let best = argmax(values.iter().copied()).map_or((0, f32::NEG_INFINITY), |place| (place, values[place]));
        let zeros = values.iter().filter(|v| **v == 0.0).count() as u64;
        let peak = Peak { value: best.1, image, place: best.0 as u32 };
        let top = if best.1 == 0.0 || values.is_empty() { vec![] } else { vec![peak] };
        Self { count: values.len() as u64, mean, squares, max: best.1, zeros, top }
    }

    /// Adds what later images say (Chan, Golub & `LeVeque` 1983, equation 2.1); keeps the `most` largest peaks.
    fn add(&mut self, other: &Self, most: usize) {
        let (own, new) = (self.count as f64, other.count as f64);
        if self.count == 0 {
            self.clone_from(other);
        } else if other.count > 0 {
            let apart = other.mean - self.mean;
            self.mean += apart * new / (own + new);
            self.squares += other.squares + apart * apart * own * new / (own + new);
            self.max = self.max.max(other.max);
            self.count += other.count;
            self.zeros += other.zeros;
            self.top.extend(&other.top);
        }
        self.top.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.image.cmp(&b.image)));
        self.top.truncate(most);
    }

    /// The standard deviation (of the population).
    pub fn deviation(&self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }

    /// Share of values that are exactly 0.
    pub fn zero(&self) -> f64 {
        self.zeros as f64 / self.count.max(1) as f64
    }

    /// Mean of the largest values: how strong the channel's answers are.
    pub fn strength(&self) -> f64 {
        self.top.iter().map(|peak| f64::from(peak.value)).sum::<f64>() / self.top.len().max(1) as f64
    }
}

/// How `layers` answer to all images of the data set, whatever their split.
pub(crate) fn survey(run: &Run, tuned: &Tuned, dataset: &Dataset, layers: &[String]) -> Result<Vec<LayerSurvey>> {
    let names: Vec<&str> = layers.iter().map(String::as_str).collect();
    if names.is_empty() || dataset.images.is_empty() {
        return Ok(Vec::new());
    }
    let most = run.config.analyze.activations.top;
    let shapes = tuned.model.shapes();
    let mut surveys = Vec::new();
    for layer in layers {
        let shape =
            shapes.per_item(layer).with_context(|| format!("the shape of {layer} is not known before it runs"))?;
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
                let some = look(&layers.run(&images)?, batch, first + start, &counts)?;
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
        let found: Vec<Vec<Channel>> = postcard::from_bytes(&bytes).context("a piece of an earlier run is damaged")?;
        for (survey, found) in surveys.iter_mut().zip(&found) {
            survey.channels.iter_mut().zip(found).for_each(|(channel, found)| channel.add(found, most));
        }
    }
    Ok(surveys)
}

/// Summarizes the `outputs` of each layer, by channel, for one batch whose first image is `first`.
fn look(outputs: &[ArrayD<f32>], batch: &[ImageRow], first: usize, counts: &[usize]) -> Result<Vec<Vec<Channel>>> {
    let layers = outputs.par_iter().zip(counts).map(|(output, count)| {
        let mut channels = vec![Channel::default(); *count];
        for (at, (values, row)) in output.axis_iter(Axis(0)).zip(batch).enumerate() {
            let values: ArrayD<f32> = values.as_standard_layout().into_owned();
            let values = values.as_slice().context("values that lie apart")?;
            ensure!(values.len().is_multiple_of((*count).max(1)), "a layer of another shape than the network's own");
            if !values.iter().all(|v| v.is_finite()) {
                bail!("the network gives values out that are not finite numbers for {}", row.source);
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
        assert_eq!(whole.top, [peak(0, 2), peak(2, 0)], "the image without an answer is none; equals in their order");
        assert!((whole.strength() - 5.0).abs() < 1e-6);
    }
}
