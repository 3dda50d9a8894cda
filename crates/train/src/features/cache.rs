//! The features at one cut: read from the cache, and computed where the cache lacks them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::view::Run;
use anyhow::Result;
use contract::stages;
use contract::{Dataset, Split};
use imaging::RgbImage;
use ndarray::{ArrayD, IxDyn};
use pipeline::Environment;
use zoo::InputTransform;

use super::pass;
use super::pictures::Pictures;
use super::row::{Copies, Row};
use super::store::{self, Place, Store};
use crate::cut::{Base, Cut};

/// The values at one cut of every picture of the training and the validation split, and of the training pictures'
/// copies. May be read from several threads.
#[derive(Debug)]
pub(crate) struct Features {
    item: Vec<usize>,
    form: Form,
    store: Store,
    /// Where the records of each picture are, by copy; empty for the test split.
    places: Vec<Vec<Place>>,
}

/// What a record is.
#[derive(Debug)]
enum Form {
    /// The values, little-endian.
    Values,
    /// A picture's pixels, RGB, of which the values are made.
    Pixels(InputTransform),
}

/// The folder of all cuts' values, whichever stage asks.
fn folder(environment: &Environment) -> PathBuf {
    environment.stage(stages::TRAIN).join("features")
}

impl Features {
    /// Reads the values from the cache; what is missing there is made first, and what is there at this cut of pictures
    /// that are gone or of copies made otherwise is dropped.
    pub fn open(run: &Run, base: &Base, cut: &Cut, dataset: &Dataset, copies: &Copies) -> Result<Self> {
        let input = &base.network.input;
        let pictures = Pictures::new(run.config.seed, dataset, input, copies);
        let wanted = pictures.keys(run.environment, &rows(dataset, copies.count))?;
        let (form, length) = match cut.trunk {
            Some(_) => (Form::Values, size_of::<f32>() * cut.item.iter().product::<usize>()),
            None => (Form::Pixels(input.clone()), (3 * input.size * input.size) as usize),
        };
        let mut store = Store::open(&folder(run.environment).join(&cut.key), length)?;
        for file in &store.damaged {
            run.warn(&format!("{} is damaged; what it held is made again", file.display()));
        }
        pass::run(run, &pictures, cut, &mut store, &wanted)?;
        let mut places = vec![Vec::new(); dataset.pictures.len()];
        for (key, row) in &wanted {
            places[row.picture].extend(store.place(key));
        }
        store.keep(&wanted.into_iter().map(|(key, _)| key).collect())?;
        Ok(Self { item: cut.item.clone(), form, store, places })
    }

    /// The values of `rows`, `[n, …item]`.
    ///
    /// # Panics
    /// A row that is not among those the features were opened for: a picture of the test split, a copy of a picture
    /// that is not trained on, or one above the count.
    pub fn batch(&self, rows: &[Row]) -> ArrayD<f32> {
        let mut values = Vec::with_capacity(rows.len() * self.item.iter().product::<usize>());
        for row in rows {
            let record = self.store.record(self.places[row.picture][row.copy]);
            match &self.form {
                Form::Values => values.extend(record.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))),
                Form::Pixels(input) => {
                    let picture = RgbImage::from_raw(input.size, input.size, record.to_vec());
                    let picture = picture.expect("a record of pixels has the length of a picture");
                    values.extend(input.tensor(&picture));
                }
            }
        }
        let shape = [&[rows.len()], self.item.as_slice()].concat();
        ArrayD::from_shape_vec(IxDyn(&shape), values).expect("a record has the values of one item")
    }
}

/// Drops what is cached at all cuts but those of these [`Cut::key`]s: for the end of a run, which needs it no more.
pub(crate) fn drop_other_cuts(environment: &Environment, kept: &BTreeSet<String>) -> Result<()> {
    for entry in fs_err::read_dir(folder(environment))? {
        let entry = entry?;
        if entry.file_name().to_str().is_none_or(|name| !kept.contains(name)) {
            store::remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Every row that training may ask for, the originals first: a run without copies is done with those.
fn rows(dataset: &Dataset, copies: usize) -> Vec<Row> {
    let of = |copy: usize| {
        let trained = move |split| if copy == 0 { split != Split::Test } else { split == Split::Train };
        let pictures = dataset.pictures.iter().enumerate();
        pictures.filter(move |(_, picture)| trained(picture.split)).map(move |(picture, _)| Row { picture, copy })
    };
    (0..=copies).flat_map(of).collect()
}
