//! What lies at a cut: made once for each picture and each augmented copy, then read from a cache.

pub(crate) mod pictures;

use anyhow::{Result, bail};
use imaging::Augment;
use ndarray::{ArrayD, Axis};
use pipeline::Run;
use pipeline::dataset::Dataset;
use runtime::Session;

use crate::cut::{Base, Cut};

/// One row of a batch: a picture, or a copy of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// Place in [`Dataset::pictures`].
    pub picture: usize,
    /// 0: the picture itself; from 1: its augmented copies.
    pub copy: usize,
}

/// The augmented copies of each training picture.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copies {
    /// How many there are beside the original.
    pub count: usize,
    /// How they are made.
    pub augment: Augment,
}

/// The values at one cut of every picture of the training and the validation split, and of the training pictures'
/// copies. May be read from several threads.
#[derive(Debug)]
pub(crate) struct Features {
    values: ArrayD<f32>,
}

impl Features {
    /// Reads the values from the cache in `artifacts/train/features/`; what is missing there is made first.
    pub fn open(run: &Run, base: &Base, cut: &Cut, dataset: &Dataset, copies: &Copies) -> Result<Self> {
        const BATCH: usize = 16;
        if copies.count > 0 && !copies.augment.is_off() {
            bail!("augmented copies are not made yet");
        }
        let mut session =
            cut.trunk.as_ref().map(|trunk| Session::from_bytes(&trunk.to_bytes(), run.threads())).transpose()?;
        let mut values = ArrayD::zeros([&[0], cut.item.as_slice()].concat());
        let progress = run.progress("runs the frozen trunk", dataset.pictures.len());
        for pictures in dataset.pictures.chunks(BATCH) {
            let pictures: Vec<_> = pictures.iter().collect();
            let input = pictures::batch(&base.network.input, dataset, &pictures)?.into_dyn();
            let rows = match &mut session {
                Some(session) => session.run(&[(&base.network.input.tensor, input.view())])?.remove(0).1,
                None => input,
            };
            values.append(Axis(0), rows.view())?;
            progress.inc(pictures.len() as u64);
        }
        Ok(Self { values })
    }

    /// The values of `rows`, `[n, …item]`.
    ///
    /// # Panics
    /// A row that is not among those the features were opened for: a picture of the test split, a copy of a picture
    /// that is not trained on, or one above the count.
    pub fn batch(&self, rows: &[Row]) -> ArrayD<f32> {
        let rows: Vec<usize> = rows.iter().map(|row| row.picture).collect();
        self.values.select(Axis(0), &rows)
    }
}
