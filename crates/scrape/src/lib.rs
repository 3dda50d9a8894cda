//! Stage `scrape`: pictures by class, whatever their source.
//!
//! A [`source`] puts pictures, named by their content, below `images/<class>/` and says where each
//! came from. What is common to all sources happens here: duplicates and contradicting labels are
//! found ([`collection`]), the tables are written, and a contact sheet of each class is drawn to
//! look at before training ([`sheets`]). No picture is judged: that is the work of `preprocess`.
//!
//! To add a source, add a file with a type that implements [`source::Source`], and name it in
//! [`open`].

mod collection;
mod drawn;
mod folder;
mod sheets;
mod source;
mod store;
mod summary;

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use pipeline::cli::{Common, run_stage};
use pipeline::config::Source as SourceConfig;
use pipeline::{Config, Finished, Run, Stage, Summary};

use crate::collection::Collection;
use crate::drawn::Drawn;
use crate::folder::Folder;
use crate::source::Source;
use crate::store::Store;

/// Gather the pictures of each class
///
/// Draws them (kind = "drawn") or copies them from a folder that has one folder for each class
/// (kind = "folder"). Writes artifacts/scrape/images/<class>/<hash>.<ext>, sources.csv, rejects.csv,
/// and a contact sheet of each class in contact-sheets/.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  scrape --set scrape.source.per_class=40\n  scrape --set 'scrape.source={kind=\"folder\", path=\"photos\"}'"
)]
struct Cli {
    #[command(flatten)]
    common: Common,
}

/// Parses the command line, runs the stage, and gives its exit code.
pub fn run() -> ExitCode {
    run_stage(&Scrape, &Cli::parse().common)
}

struct Scrape;

impl Stage for Scrape {
    const NAME: &'static str = "scrape";
    // Raised with every change of what the drawn pictures look like, too.
    const FORMAT: u32 = 1;
    const UPSTREAM: &'static [&'static str] = &[];
    const CONFIG: &'static [&'static str] = &["scrape"];

    fn inputs(&self, config: &Config) -> Result<BTreeMap<String, String>> {
        open(config).inputs()
    }

    fn run(&self, run: &Run) -> Result<()> {
        let source = open(run.config);
        let store = Store::new(run)?;
        let collection = Collection::new(source.gather(run, &store)?)?;
        collection.write(run)?;
        sheets::write(run, &collection.kept())
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        summary::summary(&done.folder)
    }
}

/// The source that the configuration names.
fn open(config: &Config) -> Box<dyn Source + '_> {
    match &config.scrape.source {
        SourceConfig::Drawn { per_class } => Box::new(Drawn { per_class: *per_class, seed: config.seed }),
        SourceConfig::Folder { path } => Box::new(Folder { path }),
    }
}
