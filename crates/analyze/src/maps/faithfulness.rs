//! Deletion and insertion curves: the probability of the class while pixels are removed or inserted in the order of a map.

use crate::view::Run;
use anyhow::{Context, Result};
use attribution::{Curve, PixelFader};
use contract::{Artifact, Fade, FadePoint, Faithfulness};
use ndarray::{Array3, Array4, Axis};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use pipeline::Progress;

use super::baseline;
use super::saliency_map::{SaliencyMap, Subject};
use crate::tuned::Tuned;

/// The two curves of a saliency map.
const KINDS: [Fade; 2] = [Fade::Deletion, Fade::Insertion];

/// Computes the curves with the tuned network.
pub(super) struct Curves<'a> {
    fader: PixelFader,
    tuned: &'a Tuned,
    steps: usize,
}

impl<'a> Curves<'a> {
    pub(super) fn open(run: &Run, tuned: &'a Tuned) -> Result<Self> {
        let fader = PixelFader::new(&tuned.model, tuned.probabilities()?, run.threads())?;
        Ok(Self { fader, tuned, steps: run.config.analyze.maps.steps })
    }

    /// Returns the number of runs of the network for an image with `maps` maps.
    pub(super) fn runs(&self, maps: usize) -> usize {
        if self.steps == 0 { 0 } else { 2 * maps * (self.steps + 1) }
    }

    /// Returns the probability of each class for `input` `[3, size, size]`.
    pub(super) fn probabilities(&mut self, input: &Array3<f32>) -> Result<Vec<f32>> {
        let outputs = self.fader.outputs(&input.clone().insert_axis(Axis(0)))?;
        let row = outputs.outer_iter().next().map(|row| row.to_vec());
        row.filter(|row| !row.is_empty()).context("the network gives no probabilities")
    }

    /// Writes the curves of all maps of an image. Returns the rows of `faithfulness.csv`.
    ///
    /// Curves of an earlier run that was stopped are used again.
    pub(super) fn write(
        &mut self,
        run: &Run,
        subject: &Subject,
        maps: &[SaliencyMap],
        class: usize,
        folder: &str,
        progress: &Progress,
    ) -> Result<Vec<Faithfulness>> {
        if self.steps == 0 {
            return Ok(Vec::new());
        }
        let mut fresh = false;
        let bytes = run.remember(&format!("curves of {}", subject.id), || {
            fresh = true;
            let mut bytes = Vec::new();
            self.curves(subject, maps, class, progress)?.write_npy(&mut bytes)?;
            Ok(bytes)
        })?;
        if !fresh {
            progress.fewer(self.runs(maps.len()) as u64);
        }
        let curves = Array4::<f32>::read_npy(bytes.as_slice())?;
        let (mut points, mut areas) = (Vec::new(), Vec::new());
        for (map, curves) in maps.iter().zip(curves.outer_iter()) {
            let method = map.method;
            let mut area = [0.0; KINDS.len()];
            for ((kind, area), curve) in KINDS.into_iter().zip(&mut area).zip(curves.outer_iter()) {
                let curve = Curve { shares: curve.row(0).to_vec(), values: curve.row(1).to_vec() };
                *area = curve.area();
                let pairs = curve.shares.iter().zip(&curve.values);
                points.extend(pairs.map(|(share, value)| FadePoint {
                    method,
                    kind,
                    share: *share,
                    probability: *value,
                }));
            }
            let [deletion, insertion] = area;
            areas.push(Faithfulness { id: subject.id.to_owned(), method, deletion, insertion });
        }
        points.write_in(run, folder)?;
        Ok(areas)
    }

    /// Computes the curves of all maps, `[maps, KINDS, 2, steps + 1]`. The third axis has the shares of pixels and the
    /// probabilities.
    ///
    /// Deletion replaces pixels by the mean colour. Insertion puts pixels into the blurred image.
    fn curves(
        &mut self,
        subject: &Subject,
        maps: &[SaliencyMap],
        class: usize,
        progress: &Progress,
    ) -> Result<Array4<f32>> {
        let mean = Array3::zeros(subject.input.dim());
        let blurred = baseline::blurred(&self.tuned.network, subject.image);
        let mut found = Vec::new();
        for map in maps {
            for images in [[&subject.input, &mean], [&blurred, &subject.input]] {
                let curve = self.fader.curve(images, map.values.view(), class, self.steps)?;
                progress.inc(self.steps as u64 + 1);
                found.extend(curve.shares);
                found.extend(curve.values);
            }
        }
        Ok(Array4::from_shape_vec((maps.len(), KINDS.len(), 2, self.steps + 1), found)?)
    }
}
