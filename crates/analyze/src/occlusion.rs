//! Occlusion sensitivity (Zeiler & Fergus 2013): cover a part, see how the probability falls.
//!
//! A square of the network's mean colour is laid over the picture at every position of a grid, and
//! the network is asked again. Where the probability of the label falls, the decision rests.
//!
//! The overlay is coloured by the log-odds of that probability: a network that is sure of a picture
//! stays at 99.9 % wherever it is covered, and a map of the probability would be blank.

use anyhow::{Result, bail, ensure};
use ndarray::{Array3, Array4, Axis, s};
use pipeline::dataset::Dataset;
use pipeline::error::UsageError;
use pipeline::{HintExt, Run};
use report::overlay::{self, PointGrid};

use crate::choose::Chosen;
use crate::pictures;
use crate::tuned::{Opened, Tuned};

/// Windows in one run of the session. Fixed: another number could change the last bits.
const BATCH: usize = 18;
/// A map of smaller changes of the log-odds than this is shown faint, not stretched to full colour.
const LEAST_EXTENT: f32 = 0.5;

/// The positions of the covering square: all windows lie inside the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    /// Side of the square, in pixels.
    pub patch: usize,
    /// Pixels from one position to the next.
    pub stride: usize,
    /// Positions each way.
    pub count: usize,
}

impl Windows {
    /// The positions in a picture of `size` x `size` pixels.
    pub fn new(size: usize, patch: usize, stride: usize) -> Result<Self> {
        if patch > size || patch == 0 || stride == 0 {
            let text = format!("`analyze.occlusion`: a patch of {patch} every {stride} pixels in a picture of {size}");
            return Err(UsageError(text)).hint(format!("patch from 1 to {size}, stride from 1 up"));
        }
        Ok(Self { patch, stride, count: (size - patch) / stride + 1 })
    }

    /// Top and left pixel of each window, row by row.
    pub fn corners(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.count * self.count).map(move |i| (i / self.count * self.stride, i % self.count * self.stride))
    }
}

/// What the network says of one class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Answer {
    /// Its probability.
    pub probability: f32,
    /// The natural logarithm of probability / (1 - probability), from the logits: exact where the probability is next
    /// to 0 or 1.
    pub log_odds: f32,
}

/// The map of each chosen picture: `maps/<id>/occlusion.png` and `.csv`.
pub(crate) fn write(run: &Run, tuned: &Tuned, dataset: &Dataset, chosen: &[Chosen]) -> Result<()> {
    let config = &run.config.analyze.occlusion;
    let size = tuned.network.input.size as usize;
    let windows = Windows::new(size, config.patch, config.stride)?;
    let mut opened = tuned.open_at(&[tuned.probabilities()?, tuned.logits()?])?;
    let progress = run.progress("covers parts", chosen.len() * windows.count * windows.count);
    for chosen in chosen {
        let picture = chosen.of(dataset);
        let image = pictures::read_one(dataset, picture, tuned.network.input.size)?;
        let class = dataset.label_index(picture);
        let input = tuned.network.input.tensor(&image);
        let (uncovered, covered) = probe(&mut opened, &input, windows, class, |n| progress.inc(n as u64))?;
        let values = covered.iter().map(|answer| uncovered.log_odds - answer.log_odds).collect();
        let grid = PointGrid {
            rows: windows.count,
            columns: windows.count,
            values,
            origin: windows.patch as f32 / 2.0,
            step: windows.stride as f32,
        };
        let overlay = overlay::signed(&image, &grid, grid.extent().max(LEAST_EXTENT));
        let file = format!("maps/{}/occlusion.png", picture.id);
        run.write(&file, &imaging::png(&overlay))?;
        table(run, &file.replace(".png", ".csv"), windows, uncovered, &covered)?;
    }
    Ok(())
}

/// What the network says of `class` for `input` `[3, size, size]`, uncovered and for each window.
fn probe(
    opened: &mut Opened,
    input: &Array3<f32>,
    windows: Windows,
    class: usize,
    mut done: impl FnMut(usize),
) -> Result<(Answer, Vec<Answer>)> {
    let uncovered = ask(opened, class, &input.clone().insert_axis(Axis(0)))?[0];
    let corners: Vec<(usize, usize)> = windows.corners().collect();
    let mut covered = Vec::with_capacity(corners.len());
    for some in corners.chunks(BATCH) {
        let (channels, height, width) = input.dim();
        let mut batch = Array4::zeros((some.len(), channels, height, width));
        for (mut one, (y, x)) in batch.outer_iter_mut().zip(some) {
            one.assign(input);
            // The input transform subtracts the mean colour: that colour is 0 here.
            one.slice_mut(s![.., *y..y + windows.patch, *x..x + windows.patch]).fill(0.0);
        }
        covered.extend(ask(opened, class, &batch)?);
        done(some.len());
    }
    Ok((uncovered, covered))
}

/// What the network says of `class` for each input of `batch`.
fn ask(opened: &mut Opened, class: usize, batch: &Array4<f32>) -> Result<Vec<Answer>> {
    let outputs = opened.run(batch)?;
    let [probabilities, logits] = &outputs[..] else { bail!("the network gives no probabilities and logits") };
    let rows = probabilities.axis_iter(Axis(0)).zip(logits.axis_iter(Axis(0)));
    let answers: Vec<Answer> = rows
        .filter_map(|(probabilities, logits)| {
            let probability = *probabilities.iter().nth(class)?;
            let logits: Vec<f64> = logits.iter().copied().map(f64::from).collect();
            let own = *logits.get(class)?;
            let others = logits.iter().enumerate().filter(|(other, _)| *other != class).map(|(_, logit)| logit - own);
            let log_odds = -log_of_sum(&others.collect::<Vec<f64>>()) as f32;
            (probability.is_finite() && !log_odds.is_nan()).then_some(Answer { probability, log_odds })
        })
        .collect();
    ensure!(answers.len() == batch.len_of(Axis(0)), "the network gives no probability of class {class}");
    Ok(answers)
}

/// ln(Σ exp(values)).
fn log_of_sum(values: &[f64]) -> f64 {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most.is_finite() { most + values.iter().map(|v| (v - most).exp()).sum::<f64>().ln() } else { most }
}

/// The numbers behind the overlay.
fn table(run: &Run, file: &str, windows: Windows, uncovered: Answer, covered: &[Answer]) -> Result<()> {
    let rows = windows.corners().zip(covered).map(|((y, x), answer)| {
        let place = [y / windows.stride, x / windows.stride, y, x].map(|v| v.to_string());
        let Answer { probability, log_odds } = *answer;
        let numbers = [probability, uncovered.probability - probability, log_odds, uncovered.log_odds - log_odds]
            .map(|v| v.to_string());
        place.into_iter().chain(numbers)
    });
    run.write_csv(file, &["row", "col", "y", "x", "probability", "drop", "log_odds", "log_odds_drop"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_of_two_are_their_difference() {
        assert!((log_of_sum(&[-3.0]) + 3.0).abs() < 1e-12);
        assert!((log_of_sum(&[1000.0, 1000.0]) - (1000.0 + 2f64.ln())).abs() < 1e-9, "no overflow");
        assert!(log_of_sum(&[]) == f64::NEG_INFINITY, "one class alone is certain");
    }

    #[test]
    fn windows_lie_inside_and_meet_the_edge() {
        let windows = Windows::new(224, 50, 10).unwrap();
        assert_eq!(windows.count, 18);
        assert_eq!(windows.corners().count(), 324);
        assert_eq!(windows.corners().last(), Some((170, 170)), "170 + 50 = 220, and the next would cross the edge");
        assert_eq!(Windows::new(50, 50, 10).unwrap().count, 1);
        for (patch, stride) in [(225, 10), (0, 10), (10, 0)] {
            let error = Windows::new(224, patch, stride).unwrap_err();
            assert!(pipeline::error::render(&error).contains("hint: patch from 1 to 224"));
        }
    }
}
