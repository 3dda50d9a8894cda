//! The stage `preprocess`: converts scraped files to images of the network's input size, in three splits.
//!
//! The module `examine` decodes each file. A file that cannot be used goes to the quarantine with the reason. The module
//! `duplicates` groups near-duplicates, and [`split`] assigns whole groups to train, val and test. No near-duplicate of a
//! training image is therefore used for testing.

mod budget;
mod duplicates;
mod enough;
mod examine;
mod quarantine;
mod scraped;
pub mod split;
mod summary;
mod view;

use std::collections::BTreeMap;
use std::process::ExitCode;

use crate::view::{Finished, PreprocessView, Run, Scope};
use anyhow::Result;
use clap::Parser;
use contract::stages;
use contract::{Dataset, ImageRow, Split};
use pipeline::cli::{Common, run_stage};
use pipeline::{HintFrom, Stage, Summary};
use rand::Rng;
use zoo::{Network, ZooError};

use crate::duplicates::Usable;
use crate::quarantine::Quarantine;
use crate::scraped::Scraped;

/// Check, orient, crop, resize and split the scraped images
///
/// Reads artifacts/scrape/ and writes to artifacts/preprocess/: the usable images in the input size of the network (images/,
/// dataset.csv, classes.json), and a table of the unusable images with the reasons (quarantine.csv).
#[derive(Debug, Parser)]
#[command(version, after_help = "Example:\n  preprocess --set preprocess.min_side=64 --strict")]
struct Cli {
    #[command(flatten)]
    common: Common,
}

/// Runs the stage with the arguments of the process. Returns the exit code.
pub fn run() -> ExitCode {
    run_stage(&Preprocess, &Cli::parse().common)
}

struct Preprocess;

impl Stage for Preprocess {
    type Root = contract::Config;
    type Config = PreprocessView;

    const NAME: &'static str = stages::PREPROCESS;
    const FORMAT: u32 = 3;
    const UPSTREAM: &'static [&'static str] = &[stages::SCRAPE];

    /// Returns the input size of the network. The outputs depend on no other property of the network.
    fn inputs(&self, scope: Scope) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::from([("input size".to_owned(), input_size(scope)?.to_string())]))
    }

    fn run(&self, run: &Run) -> Result<()> {
        let size = input_size(run.scope())?;
        let scraped = Scraped::read(run.artifacts())?;
        let mut quarantine = Quarantine::new(scraped.rejects);
        let distinct = duplicates::one_of_each(scraped.images, &mut quarantine);
        let images = examine::all(run, distinct, size, &mut quarantine)?;
        quarantine.write(run)?;
        let groups = duplicates::groups(run, &images);
        enough::check(run, &scraped.classes, &images, &groups).or_else(|failed| {
            quarantine.write_unfinished(run)?;
            Err(failed)
        })?;
        let splits = assign(run, &images, &groups);
        let images: Vec<ImageRow> =
            images.into_iter().zip(groups).zip(splits).map(|((image, group), split)| image.row(group, split)).collect();
        let classes: Vec<String> = scraped.classes.into_iter().collect();
        Dataset::write(run, &images, &classes)
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        summary::of(&done.environment.artifacts)
    }
}

fn input_size(scope: Scope) -> Result<u32> {
    let (network, _) = Network::open(&scope.environment.data, &scope.config.network).hint_from(ZooError::advice)?;
    Ok(network.input.size)
}

/// Returns the split of each image.
fn assign(run: &Run, images: &[Usable], groups: &[usize]) -> Vec<Split> {
    let shares = &run.config.preprocess.split;
    let items: Vec<split::Item> = images
        .iter()
        .zip(groups)
        .map(|(image, group)| split::Item { id: &image.id, label: &image.class, group: *group })
        .collect();
    split::split(&items, [shares.train, shares.val, shares.test], run.rng("split").next_u64())
}
