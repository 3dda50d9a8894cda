//! Stage `scrape`: pictures by class, whatever their source.
//!
//! A [`source`] names candidates in an order of its own and judges nothing. Everything else is common to all sources: what
//! is told of a candidate is sifted ([`sieve`]), files from the web are fetched, looked at and kept from run to run ([`fetch`],
//! [`journal`], [`cache`]), copies are found as they arrive ([`looks`]), and what is taken is decided by the candidates'
//! order alone ([`pick`]). Then the tables and `ATTRIBUTION.md` are written, and a contact sheet of each class is drawn to
//! look at before training ([`sheets`]).
//!
//! Pictures of the user's own are not judged: that is the work of `preprocess`.

mod attribution;
mod cache;
pub mod candidate;
mod content;
pub mod desk;
mod fetch;
mod gather;
mod journal;
mod lane;
pub mod licence;
mod live;
mod looks;
mod passenger;
mod pick;
mod plan;
pub mod rate_limit;
mod sheets;
mod sieve;
pub mod source;
pub mod sources;
mod store;
mod summary;
mod tables;
pub mod text;
pub mod view;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use crate::view::{Finished, Run, Scope, ScrapeView};
use anyhow::{Context, Result, anyhow};
use clap::Parser;
use contract::config::Source as Settings;
use pipeline::cli::{Common, run_stage};
use pipeline::{HintExt, Stage, Summary, Table};
use rayon::prelude::*;
use web::{Dial, SystemDial};

use crate::cache::{Cache, FOLDER};
use crate::gather::{Gathered, Wish, gather};
use crate::journal::Journal;
use crate::lane::Known;
use crate::sources::{Credentials, google, open};
use crate::store::path_of;

/// Gather the pictures of each class
///
/// From the sources of the configuration, several side by side: drawn pictures (kind = "drawn"), a folder with one folder for
/// each class ("folder"), a list of addresses ("urls"), or a search on Wikimedia Commons ("commons"), Openverse ("openverse") or
/// Google ("google"). Writes artifacts/scrape/images/<class>/<hash>.<ext>, sources.csv, rejects.csv, ATTRIBUTION.md, and a contact
/// sheet of each class in contact-sheets/. What was fetched stays in fetched/, so that nothing is fetched twice.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  scrape --set scrape.sources.0.per_class=40\n  scrape --set 'scrape.sources=[{kind=\"folder\", path=\"photos\"}]'\n  scrape --config examples/commons.toml --dry-run"
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    /// Fetch what failed before, whatever the reason, and nothing else
    #[arg(long)]
    retry_failed: bool,
    /// Ask the sources anew instead of taking their remembered answers; fetched pictures are kept
    #[arg(long)]
    ask_again: bool,
}

/// Parses the command line, runs the stage, and gives its exit code.
pub fn run() -> ExitCode {
    run_by(std::env::args_os(), Arc::new(SystemDial))
}

/// As [`run`], with these arguments, the first of which is the program's name, and every connection made by `dial`.
pub fn run_by<T: Into<OsString> + Clone>(args: impl IntoIterator<Item = T>, dial: Arc<dyn Dial>) -> ExitCode {
    let cli = Cli::parse_from(args);
    let wish = Wish { retry_failed: cli.retry_failed, ask_again: cli.ask_again };
    run_stage(&Scrape { wish, credentials: Credentials::from_environment(), dial }, &cli.common)
}

struct Scrape {
    wish: Wish,
    credentials: Credentials,
    dial: Arc<dyn Dial>,
}

/// The contact in `examples/`, to be replaced.
const NOBODY: &str = "your-name@example.org";

/// What a later run may add, below [`FOLDER`].
const LEFT: &str = "left.json";

impl Stage for Scrape {
    type Root = contract::Config;
    type Config = ScrapeView;

    const NAME: &'static str = "scrape";
    // Raised with every change of what the drawn pictures look like, too.
    const FORMAT: u32 = 2;
    const UPSTREAM: &'static [&'static str] = &[];
    const CACHES: &'static [&'static str] = &[FOLDER];

    fn inputs(&self, scope: Scope) -> Result<BTreeMap<String, String>> {
        let mut inputs = BTreeMap::new();
        for source in open(scope.config, &self.credentials) {
            inputs.extend(source.inputs()?);
        }
        Ok(inputs)
    }

    fn check(&self, scope: Scope) -> Result<()> {
        let scrape = &scope.config.scrape;
        if scrape.web.contact == NOBODY && scrape.sources.iter().any(Settings::is_web) {
            return Err(anyhow!("scrape.web.contact is still {NOBODY}, which reaches nobody"))
                .hint("put your e-mail address or a page about you there: it is told to every host");
        }
        let google = scrape.sources.iter().any(|source| matches!(source, Settings::Google(_)));
        if google && !self.credentials.has_google() {
            return Err(anyhow!("the source google needs a key and an engine")).hint(format!(
                "set {} and {} in the environment",
                google::KEY,
                google::ENGINE
            ));
        }
        Ok(())
    }

    fn due(&self, done: &Finished) -> Result<Vec<String>> {
        if self.wish.ask_again {
            return Ok(vec!["the sources are asked again".to_owned()]);
        }
        let left = std::fs::read(done.folder.join(FOLDER).join(LEFT)).unwrap_or_default();
        let mut due: Vec<String> = serde_json::from_slice(&left).unwrap_or_default();
        if self.wish.retry_failed {
            let failed = Journal::peek(&Cache::journal(&done.folder)).failed().len();
            due = if failed > 0 { vec![format!("{failed} that failed are tried again")] } else { Vec::new() };
        }
        Ok(due)
    }

    fn plan(&self, scope: Scope) -> Result<Vec<Table>> {
        plan::plan(scope, &open(scope.config, &self.credentials), self.wish)
    }

    fn run(&self, run: &Run) -> Result<()> {
        let gathered = self.gather(run)?;
        let left = serde_json::to_vec(&gathered.left()).context("cannot write what is left")?;
        run.write(format!("{FOLDER}/{LEFT}"), &left)?;
        gathered.write(run)?;
        gathered.write_attribution(run)?;
        for reason in gathered.left() {
            run.warn(&format!("{reason}; the next run tries again"));
        }
        sheets::write(run, &gathered)
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        summary::summary(&done.folder)
    }
}

/// How often pictures are fetched again that were altered on the disk since.
const REPAIRS: usize = 3;

impl Scrape {
    /// Gathers, and puts the kept pictures into the outputs.
    fn gather(&self, run: &Run) -> Result<Gathered> {
        for wanted in &run.config.scrape.licences {
            if let Some(licence::Licence::Other(name)) = licence::Licence::read(wanted, "") {
                run.warn(&format!("`{name}` in scrape.licences is none of Creative Commons; it is compared with names letter by letter"));
            }
        }
        let sources = open(run.config, &self.credentials);
        let any_web = run.config.scrape.sources.iter().any(Settings::is_web);
        let web = any_web.then(|| desk::web(run, Arc::clone(&self.dial))).transpose()?;
        for _ in 0..REPAIRS {
            let gathered = gather(run, &sources, &self.credentials, self.wish, web.as_ref())?;
            if publish(run, &gathered)? {
                return Ok(gathered);
            }
            run.warn("pictures in the cache were altered since they were fetched; they are fetched again");
            fs_err::remove_dir_all(run.folder().join("images"))?;
        }
        Err(anyhow!("pictures in {} change while they are used", run.folder().join(FOLDER).display()))
            .hint("does another program write there?")
    }
}

/// Puts the kept pictures from the web into the outputs, and takes those of the user's own out that are not kept.
/// `false` when one of the cache is no longer what was fetched.
fn publish(run: &Run, gathered: &Gathered) -> Result<bool> {
    let cache = Cache::new(run.folder());
    let mut paths = std::collections::BTreeSet::new();
    let mut fetched = Vec::new();
    for (at, slot) in gathered.pick.kept() {
        let lane = &gathered.lanes[at];
        let Known::Picture(index) = lane.slots[slot].known else { continue };
        let content = gathered.contents.get(index);
        let path = path_of(&lane.want.class, content);
        if lane.on_web {
            fetched.push((content, path.clone()));
        }
        paths.insert(path);
    }
    let published = fetched.par_iter().map(|(content, path)| cache.publish(run, content, path));
    let whole = published.try_reduce(|| true, |one, other| Ok(one && other))?;
    for lane in gathered.lanes.iter().filter(|lane| !lane.on_web) {
        for slot in &lane.slots {
            let Known::Picture(index) = slot.known else { continue };
            let path = path_of(&lane.want.class, gathered.contents.get(index));
            let file = run.folder().join(&path);
            if !paths.contains(&path) && file.exists() {
                fs_err::remove_file(file)?;
            }
        }
    }
    Ok(whole)
}
