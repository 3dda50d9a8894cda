//! Source `drawn`: the pictures as files, numbered from 1 in each class.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use pipeline::{Run, stop};
use rayon::prelude::*;

use super::Subject;
use crate::source::{Found, Picture, Source};
use crate::store::Store;

/// The source.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    /// Pictures of each class.
    pub per_class: usize,
    /// What every choice derives from.
    pub seed: u64,
}

impl Source for Drawn {
    fn inputs(&self) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::from([("seed".to_owned(), self.seed.to_string())]))
    }

    fn gather(&self, run: &Run, store: &Store) -> Result<Vec<Found>> {
        let numbers = 1..=self.per_class;
        let wanted: Vec<(Subject, usize)> =
            Subject::ALL.into_iter().flat_map(|subject| numbers.clone().map(move |number| (subject, number))).collect();
        let progress = run.progress("drawing", wanted.len());
        let found = wanted
            .into_par_iter()
            .map(|(subject, number)| {
                stop::check()?;
                let class = subject.class();
                // One stream for each picture: asking for more pictures leaves the others as they are.
                let bytes = subject.file(run.rng(&format!("drawn/{class}/{number}")));
                let stored = store.put(class, &bytes[..])?.context("reading from memory")?;
                progress.inc(1);
                Ok(Found::Picture(Picture {
                    class: class.to_owned(),
                    stored,
                    source: format!("drawn:{class}:{number}"),
                    page: String::new(),
                    title: format!("{class} {number}"),
                    author: "Tunescope".to_owned(),
                    licence: "CC0-1.0".to_owned(),
                }))
            })
            .collect();
        progress.finish();
        found
    }
}
