//! Stage `preprocess`: from scraped files to pictures of the network's input size, in three splits.
//!
//! Every file is looked at on its own ([`examine`]), and what cannot be used goes to the quarantine
//! with its reason. What looks alike is grouped ([`duplicates`]), and groups are dealt to train,
//! val and test ([`split`]) so that no near-copy of a training picture judges the network.

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
use contract::{Dataset, Picture, QuarantineRow, Row, Split};
use pipeline::cli::{Common, run_stage};
use pipeline::{HintExt, Stage, Summary};
use rand::Rng;
use zoo::Network;

use crate::duplicates::Look;
use crate::quarantine::Quarantine;
use crate::scraped::Scraped;

/// Check, orient, crop, resize and split the scraped pictures
///
/// Reads artifacts/scrape/ and writes to artifacts/preprocess/: the usable pictures at the network's
/// input size (images/, dataset.csv, classes.json), and the unusable ones with the reason
/// (quarantine.csv).
#[derive(Debug, Parser)]
#[command(version, after_help = "Example:\n  preprocess --set preprocess.min_side=64 --strict")]
struct Cli {
    #[command(flatten)]
    common: Common,
}

/// Parses the command line, runs the stage, and gives its exit code.
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
        let distinct = duplicates::one_of_each(scraped.pictures, &mut quarantine);
        let looks = examine::all(run, distinct, size, &mut quarantine)?;
        // Before anything can fail: it is where the reasons are.
        quarantine.write(run)?;
        let groups = duplicates::near(run, &looks);
        check_classes(&scraped.classes, &looks, &groups)?;
        let splits = deal(run, &looks, &groups);
        let pictures: Vec<Picture> =
            looks.into_iter().zip(groups).zip(splits).map(|((look, group), split)| look.row(group, split)).collect();
        let classes: Vec<String> = scraped.classes.into_iter().collect();
        Dataset::write(run, &pictures, &classes)
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        summary::of(&done.environment.artifacts)
    }
}

fn input_size(scope: Scope) -> Result<u32> {
    let (network, _) = Network::open(&scope.environment.data, &scope.config.network).hint("run `just setup`")?;
    Ok(network.input.size)
}

/// The split of each picture.
fn deal(run: &Run, looks: &[Look], groups: &[usize]) -> Vec<Split> {
    let shares = &run.config.preprocess.split;
    let items: Vec<split::Item> = looks
        .iter()
        .zip(groups)
        .map(|(look, group)| split::Item { id: &look.id, label: &look.class, group: *group })
        .collect();
    split::split(&items, [shares.train, shares.val, shares.test], run.rng("split").next_u64())
}

/// Refuses data that nothing can be learnt from, saying what is missing.
fn check_classes(classes: &BTreeSet<String>, looks: &[Look], groups: &[usize]) -> Result<()> {
    if classes.len() < 2 {
        let one = classes
            .first()
            .map_or_else(|| "there is no class".to_owned(), |class| format!("`{class}` is the only class"));
        return Err(anyhow!("{one}, and telling pictures apart takes two"))
            .hint("give every class a folder of its own, and look at [[scrape.sources]] in the configuration");
    }
    for class in classes {
        let members: Vec<usize> =
            looks.iter().zip(groups).filter(|(look, _)| look.class == *class).map(|(_, group)| *group).collect();
        let different = members.iter().collect::<BTreeSet<_>>().len();
        if members.is_empty() {
            return Err(anyhow!("class `{class}` has no usable picture"))
                .hint(format!("{} in the stage's folder says why each was refused", QuarantineRow::FILE));
        }
        if members.len() < 3 {
            return Err(anyhow!(
                "class `{class}` has too few usable pictures ({}): train, val and test need one each",
                members.len()
            ))
            .hint(format!("add images, or see {} in the stage's folder", QuarantineRow::FILE));
        }
        if different < 3 {
            return Err(anyhow!(
                "class `{class}` has too few pictures that look different ({different} of {}): train, val and test need one each",
                members.len()
            ))
            .hint("add other pictures, or lower preprocess.near_duplicate_distance");
        }
    }
    Ok(())
}
