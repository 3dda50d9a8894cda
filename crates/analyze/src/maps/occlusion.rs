//! Occlusion sensitivity (Zeiler & Fergus 2013): cover a part, see how the probability falls.
//!
//! The overlay is coloured by the log-odds of that probability: a network that is sure of an image stays at 99.9 %
//! wherever it is covered, and a map of the probability would be blank.

use crate::view::Run;
use anyhow::{Context, Result, ensure};
use attribution::{Occluded, Occluder, Rect, Reuse, Windows};
use contract::config::{self, Method};
use contract::tables::maps;
use contract::{Artifact, WindowRow};
use ndarray::{Array2, ArrayView1, Axis, concatenate};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use pipeline::{HintExt, Progress};

use super::{Asked, Map, cover, write_array};
use crate::tuned::Tuned;

/// A map of smaller changes of the log-odds than this is shown faint, not stretched to full colour.
const LEAST: f32 = 0.5;

/// What the network is asked for: probabilities and logits.
const OUTPUTS: usize = 2;

/// The windows that the configuration asks for, in images of `size` x `size` pixels.
pub(crate) fn windows(config: &config::Occlusion, size: u32) -> Result<Windows> {
    let windows = Windows::new(size as usize, config.patch, config.stride);
    let windows = windows.map_err(|error| pipeline::error::UsageError(format!("`analyze.occlusion`: {error}")));
    windows.hint(format!("patch and stride from 1 to {size}, the side of the network's input in pixels"))
}

/// What the network says of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Answer {
    probability: f32,
    /// The natural logarithm of probability / (1 - probability), from the logits: exact where the probability is next
    /// to 0 or 1.
    log_odds: f32,
}

/// The tuned network, ready to be covered.
pub(super) struct Occlusion {
    occluder: Occluder,
    windows: Windows,
}

/// What covering did to one image, for all classes.
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
            run.say("nothing of this network can be reused between windows: each runs as a whole");
        }
        Ok(Self { occluder, windows })
    }

    /// Windows of one image.
    pub(super) fn windows(&self) -> usize {
        self.windows.count * self.windows.count
    }

    /// Covers the image window by window, unless an earlier run that was stopped has done so.
    pub(super) fn probe(&mut self, run: &Run, tuned: &Tuned, asked: &Asked, progress: &Progress) -> Result<Covered> {
        let mut fresh = false;
        let bytes = run.remember(&format!("occlusion of {}", asked.id), || {
            fresh = true;
            let baseline = run.config.analyze.occlusion.baseline;
            let cover = cover::cover(run, baseline, &tuned.network, asked.image, asked.id);
            let probed = self.occluder.probe(&asked.input, &cover, &|windows| progress.inc(windows as u64))?;
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

/// What was probed as one array, `[1 + windows, OUTPUTS x classes]`, the uncovered image first.
fn stacked(probed: &Occluded) -> Result<Array2<f32>> {
    let outputs = probed.uncovered.iter().zip(&probed.covered);
    let whole: Vec<Array2<f32>> = outputs
        .map(|(uncovered, covered)| concatenate(Axis(0), &[uncovered.view().insert_axis(Axis(0)), covered.view()]))
        .collect::<Result<_, _>>()?;
    let views: Vec<_> = whole.iter().map(|part| part.view()).collect();
    Ok(concatenate(Axis(1), &views)?)
}

/// The reverse of [`stacked`].
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
    /// Writes the table and the drops of the probability of `class`; the map is one of log-odds.
    pub(super) fn write(&self, run: &Run, class: usize, folder: &str) -> Result<Map> {
        let [probabilities, logits] = &self.probed.uncovered[..] else { return none() };
        let uncovered = answer(&probabilities.view(), &logits.view(), class)?;
        let [probabilities, logits] = &self.probed.covered[..] else { return none() };
        let rows = probabilities.axis_iter(Axis(0)).zip(logits.axis_iter(Axis(0)));
        let covered: Vec<Answer> =
            rows.map(|(probabilities, logits)| answer(&probabilities, &logits, class)).collect::<Result<_>>()?;
        let rects = self.windows.rects();
        table(self.windows, &rects, uncovered, &covered).write_in(run, folder)?;
        let drops: Vec<f32> = covered.iter().map(|answer| uncovered.probability - answer.probability).collect();
        write_array(run, &maps::values_file(folder, Method::Occlusion), &self.windows.accumulate(&drops))?;
        let drops: Vec<f32> = covered.iter().map(|answer| uncovered.log_odds - answer.log_odds).collect();
        let values = self.windows.accumulate(&drops);
        Ok(Map { method: Method::Occlusion, values, unit: "fall of the log-odds when covered", least: LEAST })
    }
}

fn none<T>() -> Result<T> {
    anyhow::bail!("the network gives no probabilities and logits")
}

/// What a row of all classes says of one.
fn answer(probabilities: &ArrayView1<f32>, logits: &ArrayView1<f32>, class: usize) -> Result<Answer> {
    let missing = || format!("the network gives no probability of class {class}");
    let probability = *probabilities.get(class).with_context(missing)?;
    let own = f64::from(*logits.get(class).with_context(missing)?);
    let others = logits.iter().enumerate().filter(|(other, _)| *other != class);
    let others: Vec<f64> = others.map(|(_, logit)| f64::from(*logit) - own).collect();
    let log_odds = -log_of_sum(&others) as f32;
    ensure!(probability.is_finite() && !log_odds.is_nan(), "the network's answer is not a finite number");
    Ok(Answer { probability, log_odds })
}

/// ln(Σ exp(values)).
fn log_of_sum(values: &[f64]) -> f64 {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most.is_finite() { most + values.iter().map(|v| (v - most).exp()).sum::<f64>().ln() } else { most }
}

/// Returns the row of each window.
fn table(windows: Windows, rects: &[Rect], uncovered: Answer, covered: &[Answer]) -> Vec<WindowRow> {
    let row = |(place, (rect, answer)): (usize, (&Rect, &Answer))| WindowRow {
        row: place / windows.count,
        column: place % windows.count,
        left: rect.left,
        top: rect.top,
        probability: answer.probability,
        drop: uncovered.probability - answer.probability,
        log_odds: answer.log_odds,
        log_odds_drop: uncovered.log_odds - answer.log_odds,
    };
    rects.iter().zip(covered).enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn log_odds_of_two_are_their_difference() {
        assert!((log_of_sum(&[-3.0]) + 3.0).abs() < 1e-12);
        assert!((log_of_sum(&[1000.0, 1000.0]) - (1000.0 + 2f64.ln())).abs() < 1e-9, "no overflow");
        assert!(log_of_sum(&[]) == f64::NEG_INFINITY, "one class alone is certain");
    }

    #[test]
    fn what_was_probed_survives_being_remembered() {
        let uncovered = vec![array![0.1, 0.9], array![-1.0, 1.0]];
        let covered = vec![array![[0.2, 0.8], [0.3, 0.7], [0.4, 0.6]], array![[0.0, 2.0], [3.0, 4.0], [5.0, 6.0]]];
        let again = unstacked(&stacked(&Occluded { uncovered: uncovered.clone(), covered: covered.clone() }).unwrap());
        assert_eq!((again.uncovered, again.covered), (uncovered, covered));
    }

    #[test]
    fn impossible_windows_are_answered_with_a_hint() {
        for (patch, stride) in [(225, 10), (10, 225)] {
            let config = config::Occlusion { patch, stride, ..config::Occlusion::default() };
            let error = windows(&config, 224).unwrap_err();
            assert!(pipeline::error::render(&error).contains("hint: patch and stride from 1 to 224"));
        }
    }
}
