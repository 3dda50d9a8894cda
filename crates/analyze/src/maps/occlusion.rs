//! Occlusion sensitivity (Zeiler & Fergus 2013): how much the probability falls while a window of the image is covered.
//!
//! The overlay shows differences of log-odds. If the network is very certain, the probability stays at 99.9 % whatever is
//! covered, and a map of probabilities would be blank.

use crate::view::Run;
use anyhow::{Context, Result, ensure};
use attribution::{Occluded, Occluder, Rect, Reuse, Windows};
use contract::config::{self, Method};
use contract::tables::maps;
use contract::{Artifact, WindowRow};
use ndarray::{Array2, ArrayView1, Axis, concatenate};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use pipeline::{HintExt, Progress};

use super::baseline;
use super::saliency_map::{SaliencyMap, Subject, write_array};
use crate::tuned::Tuned;

/// The smallest difference of log-odds that has full colour. A map with smaller differences only is drawn pale.
const FULL_COLOUR: f32 = 0.5;

/// Number of outputs that are computed: probabilities and logits.
const OUTPUTS: usize = 2;

/// Returns the windows of the configuration for images of `size` x `size` pixels.
///
/// # Errors
/// Returns an error when `patch` or `stride` is out of range.
pub(crate) fn windows(config: &config::Occlusion, size: u32) -> Result<Windows> {
    let windows = Windows::new(size as usize, config.patch, config.stride);
    let windows = windows.map_err(|error| pipeline::error::UsageError(format!("`analyze.occlusion`: {error}")));
    windows.hint(format!("patch and stride from 1 to {size}, the side of the network's input in pixels"))
}

/// The output of the network for one class.
#[derive(Debug, Clone, Copy, PartialEq)]
struct ClassOutput {
    probability: f32,
    /// The natural logarithm of probability / (1 - probability). It is computed from the logits, so it is also exact when the
    /// probability is almost 0 or 1.
    log_odds: f32,
}

/// Computes occlusion with the tuned network.
pub(super) struct Occlusion {
    occluder: Occluder,
    windows: Windows,
}

/// The outputs for one image and its covered versions, for all classes.
pub(super) struct Covered {
    probed: Occluded,
    windows: Windows,
}

impl Occlusion {
    pub(super) fn open(run: &Run, tuned: &Tuned) -> Result<Self> {
        let config = &run.config.analyze.occlusion;
        let windows = windows(config, tuned.network.input.size)?;
        let reuse = if config.reuse { Reuse::On } else { Reuse::Off };
        let outputs: [&str; OUTPUTS] = [tuned.probabilities()?, tuned.logits()?];
        let occluder = Occluder::new(&tuned.model, &outputs, &windows.rects(), reuse, run.threads())?;
        if config.reuse && occluder.reused_up_to() == tuned.network.input.tensor {
            run.say("no computation of this network can be reused between windows; each window runs the whole network");
        }
        Ok(Self { occluder, windows })
    }

    /// Returns the number of windows of one image.
    pub(super) fn windows(&self) -> usize {
        self.windows.count * self.windows.count
    }

    /// Runs the network on the image and on each covered version.
    ///
    /// The outputs of an earlier run that was stopped are used again.
    pub(super) fn probe(
        &mut self,
        run: &Run,
        tuned: &Tuned,
        subject: &Subject,
        progress: &Progress,
    ) -> Result<Covered> {
        let mut fresh = false;
        let bytes = run.remember(&format!("occlusion of {}", subject.id), || {
            fresh = true;
            let kind = run.config.analyze.occlusion.baseline;
            let cover = baseline::pixels(run, kind, &tuned.network, subject.image, subject.id);
            let probed = self.occluder.probe(&subject.input, &cover, &|windows| progress.inc(windows as u64))?;
            let mut bytes = Vec::new();
            stacked(&probed)?.write_npy(&mut bytes)?;
            Ok(bytes)
        })?;
        if !fresh {
            progress.fewer(self.windows() as u64);
        }
        let probed = unstacked(&Array2::read_npy(bytes.as_slice())?);
        Ok(Covered { probed, windows: self.windows })
    }
}

/// Stores the outputs in one array, `[1 + windows, OUTPUTS x classes]`. The first row is the uncovered image.
fn stacked(probed: &Occluded) -> Result<Array2<f32>> {
    let outputs = probed.uncovered.iter().zip(&probed.covered);
    let whole: Vec<Array2<f32>> = outputs
        .map(|(uncovered, covered)| concatenate(Axis(0), &[uncovered.view().insert_axis(Axis(0)), covered.view()]))
        .collect::<Result<_, _>>()?;
    let views: Vec<_> = whole.iter().map(|part| part.view()).collect();
    Ok(concatenate(Axis(1), &views)?)
}

/// Reads the outputs from an array of [`stacked`].
fn unstacked(whole: &Array2<f32>) -> Occluded {
    let mut probed = Occluded { uncovered: Vec::new(), covered: Vec::new() };
    for part in whole.axis_chunks_iter(Axis(1), (whole.ncols() / OUTPUTS).max(1)) {
        let (uncovered, covered) = part.split_at(Axis(0), 1.min(part.nrows()));
        probed.uncovered.push(uncovered.iter().copied().collect());
        probed.covered.push(covered.to_owned());
    }
    probed
}

impl Covered {
    /// Writes the table of the windows and the differences of the probability of `class`. Returns the map of log-odds.
    pub(super) fn write(&self, run: &Run, class: usize, folder: &str) -> Result<SaliencyMap> {
        let [probabilities, logits] = &self.probed.uncovered[..] else { return missing_output() };
        let uncovered = class_output(&probabilities.view(), &logits.view(), class)?;
        let [probabilities, logits] = &self.probed.covered[..] else { return missing_output() };
        let rows = probabilities.axis_iter(Axis(0)).zip(logits.axis_iter(Axis(0)));
        let covered: Vec<ClassOutput> =
            rows.map(|(probabilities, logits)| class_output(&probabilities, &logits, class)).collect::<Result<_>>()?;
        let rects = self.windows.rects();
        table(self.windows, &rects, uncovered, &covered).write_in(run, folder)?;
        let drops: Vec<f32> = covered.iter().map(|output| uncovered.probability - output.probability).collect();
        write_array(run, &maps::values_file(folder, Method::Occlusion), &self.windows.accumulate(&drops))?;
        let drops: Vec<f32> = covered.iter().map(|output| uncovered.log_odds - output.log_odds).collect();
        let values = self.windows.accumulate(&drops);
        Ok(SaliencyMap {
            method: Method::Occlusion,
            values,
            quantity: "decrease of the log-odds when covered",
            full_colour: FULL_COLOUR,
        })
    }
}

fn missing_output<T>() -> Result<T> {
    anyhow::bail!("the network computes no probabilities and logits")
}

/// Returns the output for `class` from the probabilities and logits of all classes.
fn class_output(probabilities: &ArrayView1<f32>, logits: &ArrayView1<f32>, class: usize) -> Result<ClassOutput> {
    let missing = || format!("the network computes no probability of class {class}");
    let probability = *probabilities.get(class).with_context(missing)?;
    let own = f64::from(*logits.get(class).with_context(missing)?);
    let others = logits.iter().enumerate().filter(|(other, _)| *other != class);
    let others: Vec<f64> = others.map(|(_, logit)| f64::from(*logit) - own).collect();
    let log_odds = -log_of_sum(&others) as f32;
    ensure!(probability.is_finite() && !log_odds.is_nan(), "an output of the network is not a finite number");
    Ok(ClassOutput { probability, log_odds })
}

/// Computes ln(Σ exp(values)) without overflow.
fn log_of_sum(values: &[f64]) -> f64 {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most.is_finite() { most + values.iter().map(|v| (v - most).exp()).sum::<f64>().ln() } else { most }
}

/// Returns the row of each window.
fn table(windows: Windows, rects: &[Rect], uncovered: ClassOutput, covered: &[ClassOutput]) -> Vec<WindowRow> {
    let row = |(place, (rect, output)): (usize, (&Rect, &ClassOutput))| WindowRow {
        row: place / windows.count,
        column: place % windows.count,
        left: rect.left,
        top: rect.top,
        probability: output.probability,
        drop: uncovered.probability - output.probability,
        log_odds: output.log_odds,
        log_odds_drop: uncovered.log_odds - output.log_odds,
    };
    rects.iter().zip(covered).enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_log_of_a_sum_does_not_overflow() {
        assert!((log_of_sum(&[-3.0]) + 3.0).abs() < 1e-12);
        assert!((log_of_sum(&[1000.0, 1000.0]) - (1000.0 + 2f64.ln())).abs() < 1e-9, "large values");
        assert!(log_of_sum(&[]) == f64::NEG_INFINITY, "no values");
    }

    #[test]
    fn stored_outputs_are_read_back_unchanged() {
        let uncovered = vec![array![0.1, 0.9], array![-1.0, 1.0]];
        let covered = vec![array![[0.2, 0.8], [0.3, 0.7], [0.4, 0.6]], array![[0.0, 2.0], [3.0, 4.0], [5.0, 6.0]]];
        let again = unstacked(&stacked(&Occluded { uncovered: uncovered.clone(), covered: covered.clone() }).unwrap());
        assert_eq!((again.uncovered, again.covered), (uncovered, covered));
    }

    #[test]
    fn windows_larger_than_the_image_cause_an_error_with_a_hint() {
        for (patch, stride) in [(225, 10), (10, 225)] {
            let config = config::Occlusion { patch, stride, ..config::Occlusion::default() };
            let error = windows(&config, 224).unwrap_err();
            assert!(pipeline::error::render(&error).contains("hint: patch and stride from 1 to 224"));
        }
    }
}
