//! The features at one cut: read from the cache, and computed where the cache lacks them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;
use contract::stages;
use contract::{Dataset, Split};
use imaging::RgbImage;
use ndarray::{ArrayD, IxDyn};
use pipeline::{Environment, StageFolder};
use zoo::InputTransform;

use super::images::Images;
use super::pass;
use super::row::{Copies, FeatureRow};
use super::store::{RecordPlace, Store};
use crate::cut::{Base, Cut};
use crate::view::Run;

/// The features at one cut of all images of the training split and the validation split, and of the copies of the
/// training images. Several threads can read them at once.
#[derive(Debug)]
pub(crate) struct Features {
    item: Vec<usize>,
    form: Form,
    store: Store,
    /// The positions of the records of each image, by copy. Empty for an image of the test split.
    places: Vec<Vec<RecordPlace>>,
}

/// The content of a record.
#[derive(Debug)]
enum Form {
    /// The features, little-endian.
    Values,
    /// The pixels of an image, RGB. They are transformed when they are read.
    Pixels(InputTransform),
}

/// Returns the folder with the features of all cuts. `find-lr` uses the same folder as `train`.
fn folder(environment: &Environment) -> PathBuf {
    environment.stage(stages::TRAIN).join("features")
}

impl Features {
    /// Opens the features in the cache. Computes the missing ones first, and removes the records at this cut of images and
    /// copies that the data set no longer has.
    pub fn open(run: &Run, base: &Base, cut: &Cut, dataset: &Dataset, copies: &Copies) -> Result<Self> {
        let input = &base.network.input;
        let images = Images::new(run.config.seed, dataset, input, copies);
        let wanted = images.keys(run.environment, &rows(dataset, copies.count))?;
        let (form, length) = match cut.trunk {
            Some(_) => (Form::Values, size_of::<f32>() * cut.item.iter().product::<usize>()),
            None => (Form::Pixels(input.clone()), (3 * input.size * input.size) as usize),
        };
        // `find-lr` can come before the first run of `train`.
        StageFolder::new(run.artifacts(), stages::TRAIN).claim()?;
        let mut store = Store::open(&folder(run.environment).join(&cut.key), length)?;
        for file in &store.damaged {
            run.warn(&format!("{} is damaged; its features are computed again", file.display()));
        }
        pass::run(run, &images, cut, &mut store, &wanted)?;
        let mut places = vec![Vec::new(); dataset.images.len()];
        for (key, row) in &wanted {
            places[row.image].extend(store.place(key));
        }
        store.keep(&wanted.into_iter().map(|(key, _)| key).collect())?;
        Ok(Self { item: cut.item.clone(), form, store, places })
    }

    /// Returns the features of `rows`, `[n, ...item]`.
    ///
    /// # Panics
    /// When a row names an image of the test split, a copy of an image outside the training split, or a copy above the
    /// count.
    pub fn batch(&self, rows: &[FeatureRow]) -> ArrayD<f32> {
        let mut values = Vec::with_capacity(rows.len() * self.item.iter().product::<usize>());
        for row in rows {
            let record = self.store.record(self.places[row.image][row.copy]);
            match &self.form {
                Form::Values => values.extend(record.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))),
                Form::Pixels(input) => {
                    let image = RgbImage::from_raw(input.size, input.size, record.to_vec());
                    let image = image.expect("a record of pixels has the length of an image");
                    values.extend(input.tensor(&image));
                }
            }
        }
        let shape = [&[rows.len()], self.item.as_slice()].concat();
        ArrayD::from_shape_vec(IxDyn(&shape), values).expect("a record holds the features of one image")
    }
}

/// Removes the features of all cuts except those with a [`Cut::key`] in `kept`. The sweep calls it at its end.
pub(crate) fn drop_other_cuts(environment: &Environment, kept: &BTreeSet<String>) -> Result<()> {
    for entry in fs_err::read_dir(folder(environment))? {
        let entry = entry?;
        if entry.file_name().to_str().is_none_or(|name| !kept.contains(name)) {
            pipeline::remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Returns every row that training can read, the originals first.
fn rows(dataset: &Dataset, copies: usize) -> Vec<FeatureRow> {
    let of = |copy: usize| {
        let trained = move |split| if copy == 0 { split != Split::Test } else { split == Split::Train };
        let images = dataset.images.iter().enumerate();
        images.filter(move |(_, image)| trained(image.split)).map(move |(image, _)| FeatureRow { image, copy })
    };
    (0..=copies).flat_map(of).collect()
}
