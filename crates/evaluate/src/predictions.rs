//! Runs the tuned network over the pictures of `preprocess`.

use anyhow::{Result, anyhow};
use contract::{Dataset, Picture, Split};
use imaging::Limits;
use ndarray::{Array2, Axis};
use pipeline::{HintExt, Progress, stop};
use rayon::prelude::*;

use crate::{Classifier, Outcomes};

/// Pictures in one run of the session. Fixed: another number could change the last bits.
const BATCH: usize = 16;

/// The pictures of one split and what the network says of them.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The split.
    pub split: Split,
    /// The pictures, in the order of the data set.
    pub pictures: Vec<&'a Picture>,
    /// The outcome for each of them.
    pub outcomes: Outcomes,
}

/// Judges the pictures of `split`; none where it is empty.
pub fn judge<'a>(
    classifier: &mut Classifier,
    dataset: &'a Dataset,
    split: Split,
    progress: &Progress,
) -> Result<Option<Judged<'a>>> {
    if classifier.network.classes != dataset.classes {
        let (network, data) = (classifier.network.classes.join(", "), dataset.classes.join(", "));
        return Err(anyhow!("the network knows the classes {network}; the data set has {data}"))
            .hint("run `just train --force`");
    }
    let pictures = dataset.split(split);
    if pictures.is_empty() {
        return Ok(None);
    }
    let mut probabilities = Array2::zeros((0, dataset.classes.len()));
    for batch in pictures.chunks(BATCH) {
        stop::check()?;
        let read = |picture: &&Picture| imaging::read(&dataset.file(picture), &Limits::default());
        let decoded: Result<Vec<_>, _> = batch.par_iter().map(read).collect();
        let values = classifier.probabilities(&decoded.hint("run `just preprocess --force`")?)?;
        probabilities.append(Axis(0), values.mapv(f64::from).view())?;
        progress.inc(batch.len() as u64);
    }
    let labels = pictures.iter().map(|picture| dataset.label_index(picture)).collect();
    let outcomes = Outcomes::new(labels, probabilities)?;
    Ok(Some(Judged { split, pictures, outcomes }))
}
