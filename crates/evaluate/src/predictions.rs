//! Runs the tuned network on the images of `preprocess`.

use anyhow::{Result, anyhow};
use contract::{Dataset, ImageRow, Split, stages};
use inference::{BATCH, Classifier, argmax};
use ndarray::{Array2, Axis};
use pipeline::{HintExt, HintFrom, Progress, run_again, stop};

use crate::Outcomes;
use crate::classifier::tuned_advice;

/// The images of one split and the predictions for them.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The split.
    pub split: Split,
    /// The images, in the order of the data set.
    pub rows: Vec<&'a ImageRow>,
    /// The labels and predictions, in the same order.
    pub outcomes: Outcomes,
}

/// Runs the network on the images of `split`. Returns `None` when the split is empty.
///
/// # Errors
/// The network has other classes than the data set, an image cannot be read, or the network gives NaN for it. The message
/// names the image.
pub fn judge<'a>(
    classifier: &mut Classifier,
    dataset: &'a Dataset,
    split: Split,
    progress: &Progress,
) -> Result<Option<Judged<'a>>> {
    if classifier.network().classes != dataset.classes {
        let (network, data) = (classifier.network().classes.join(", "), dataset.classes.join(", "));
        return Err(anyhow!("the network has the classes {network}, but the data set has {data}"))
            .hint(run_again(stages::TRAIN));
    }
    let rows = dataset.split(split);
    if rows.is_empty() {
        return Ok(None);
    }
    let mut probabilities = Array2::zeros((0, dataset.classes.len()));
    let side = classifier.network().input.size;
    let read = |at: usize| inference::read(&dataset.file(rows[at]), side).hint(run_again(stages::PREPROCESS));
    inference::in_batches(rows.len(), BATCH, read, |first, images| {
        stop::check()?;
        let values = classifier.probabilities(&images).hint_from(tuned_advice)?;
        if let Some(place) = values.rows().into_iter().position(|row| argmax(row.iter().copied()).is_none()) {
            return Err(inference::Error::NotANumber { image: rows[first + place].source.clone() })
                .hint_from(tuned_advice);
        }
        probabilities.append(Axis(0), values.mapv(f64::from).view())?;
        progress.inc(images.len() as u64);
        anyhow::Ok(())
    })?;
    let labels = rows.iter().map(|row| dataset.label_index(row)).collect();
    let outcomes = Outcomes::new(labels, probabilities)?;
    Ok(Some(Judged { split, rows, outcomes }))
}
