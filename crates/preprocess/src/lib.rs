//! The stage `preprocess`: converts scraped files to images of the network's input size, in three splits.
//!
//! The module `examine` decodes each file. A file that cannot be used goes to the quarantine with the reason. The module
//! `duplicates` groups near-duplicates, and [`split`] assigns whole groups to train, val and test. No near-duplicate of a
//! training image is therefore used for testing.

mod budget;
mod duplicates;
mod examine;
mod quarantine;
mod scraped;
pub mod split;
mod summary;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use crate::view::{Finished, PreprocessView, Run, Scope};
use anyhow::{Result, anyhow};
use clap::Parser;
use contract::stages;
use contract::{Dataset, ImageRow, QuarantineRow, Row, Split};
use pipeline::cli::{Common, run_stage};
use pipeline::{HintExt, Stage, Summary};
use rand::Rng;
use zoo::Network;

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
    const FORMAT: u32 = 1;
    const UPSTREAM: &'static [&'static str] = &[stages::SCRAPE];

    /// Of the network only its input size matters: another network of the same size changes nothing.
    fn inputs(&self, scope: Scope) -> Result<BTreeMap<String, String>> {
        Ok(BTreeMap::from([("input size".to_owned(), input_size(scope)?.to_string())]))
    }

    fn run(&self, run: &Run) -> Result<()> {
        let size = input_size(run.scope())?;
        let scraped = Scraped::read(run.artifacts())?;
        let mut quarantine = Quarantine::new(scraped.rejects);
        let distinct = duplicates::one_of_each(scraped.images, &mut quarantine);
        let images = examine::all(run, distinct, size, &mut quarantine)?;
        // The quarantine is written first, because the hints of the following errors refer to it.
        quarantine.write(run)?;
        let groups = duplicates::groups(run, &images);
        check_classes(&scraped.classes, &images, &groups)?;
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
    let (network, _) = Network::open(&scope.environment.data, &scope.config.network).hint("run `just setup`")?;
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

/// Returns an error when the images are not enough for training.
fn check_classes(classes: &BTreeSet<String>, images: &[Usable], groups: &[usize]) -> Result<()> {
    if classes.len() < 2 {
        let one = classes
            .first()
            .map_or_else(|| "there is no class".to_owned(), |class| format!("`{class}` is the only class"));
        return Err(anyhow!("{one}, but a classifier needs at least two"))
            .hint("make one folder per class, and check [[scrape.sources]] in the configuration");
    }
    for class in classes {
        let members: Vec<usize> =
            images.iter().zip(groups).filter(|(image, _)| image.class == *class).map(|(_, group)| *group).collect();
        let different = members.iter().collect::<BTreeSet<_>>().len();
        if members.is_empty() {
            return Err(anyhow!("class `{class}` has no usable image"))
                .hint(format!("`{}` in the folder of the stage has the reasons", QuarantineRow::FILE));
        }
        if members.len() < 3 {
            return Err(anyhow!(
                "class `{class}` has too few usable images ({}): train, val and test need one each",
                members.len()
            ))
            .hint(format!("add images, or see the reasons in `{}` in the folder of the stage", QuarantineRow::FILE));
        }
        if different < 3 {
            return Err(anyhow!(
                "class `{class}` has too few different images ({different} of {}): train, val and test need one each",
                members.len()
            ))
            .hint("add other images, or lower preprocess.near_duplicate_distance");
        }
    }
    Ok(())
}
