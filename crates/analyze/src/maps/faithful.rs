//! Deletion and insertion: how fast the probability falls or rises as a map's pixels go or come.

use anyhow::{Context, Result};
use attribution::Fader;
use ndarray::{Array3, Axis};
use pipeline::{Progress, Run};

use super::{Asked, Map, cover};
use crate::tuned::Tuned;

/// The network, ready to be asked of changed pictures.
pub(super) struct Faithful<'a> {
    fader: Fader,
    tuned: &'a Tuned,
    steps: usize,
}

impl<'a> Faithful<'a> {
    pub(super) fn open(run: &Run, tuned: &'a Tuned) -> Result<Self> {
        let fader = Fader::new(&tuned.model, tuned.probabilities()?, run.threads())?;
        Ok(Self { fader, tuned, steps: run.config.analyze.maps.steps })
    }

    /// Runs of the network for one picture with so many maps.
    pub(super) fn runs(&self, maps: usize) -> usize {
        if self.steps == 0 { 0 } else { 2 * maps * (self.steps + 1) }
    }

    /// The probability of each class for one picture.
    pub(super) fn ask(&mut self, input: &Array3<f32>) -> Result<Vec<f32>> {
        let answer = self.fader.ask(&input.clone().insert_axis(Axis(0)))?;
        let row = answer.outer_iter().next().map(|row| row.to_vec());
        row.filter(|row| !row.is_empty()).context("the network gives no probabilities")
    }

    /// Writes the curves of all maps of a picture; returns the rows of `faithfulness.csv`.
    ///
    /// Deleted pixels take the mean colour, inserted ones come into the blurred picture.
    pub(super) fn write(
        &mut self,
        run: &Run,
        asked: &Asked,
        maps: &[Map],
        class: usize,
        folder: &str,
        progress: &Progress,
    ) -> Result<Vec<[String; 4]>> {
        if self.steps == 0 {
            return Ok(Vec::new());
        }
        let mean = Array3::zeros(asked.input.dim());
        let blurred = cover::blurred(&self.tuned.network, asked.image);
        let (mut rows, mut areas) = (Vec::new(), Vec::new());
        for map in maps {
            let name = map.method.name();
            let mut found = Vec::new();
            for (kind, pictures) in [("deletion", [&asked.input, &mean]), ("insertion", [&blurred, &asked.input])] {
                let curve = self.fader.fade(pictures, map.values.view(), class, self.steps)?;
                progress.inc(self.steps as u64 + 1);
                found.push(curve.area().to_string());
                let points = curve.shares.iter().zip(&curve.values);
                rows.extend(
                    points
                        .map(|(share, value)| [name.to_owned(), kind.to_owned(), share.to_string(), value.to_string()]),
                );
            }
            let [deletion, insertion] = [0, 1].map(|place| found.get(place).cloned().unwrap_or_default());
            areas.push([asked.id.to_owned(), name.to_owned(), deletion, insertion]);
        }
        run.write_csv(format!("{folder}/curves.csv"), &["method", "kind", "share", "probability"], rows)?;
        Ok(areas)
    }
}
