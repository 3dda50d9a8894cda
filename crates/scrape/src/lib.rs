//! The stage `scrape`: it gathers the images of each class from the sources of the configuration.
//!
//! A [`source`] names candidates in a stable order and judges none. The rest is common to all sources:
//!
//! - `filter` refuses candidates by licence, media type and size before a download.
//! - `fetch` downloads and inspects files, `journal` records the results, and `cache` keeps the files between runs.
//! - `contents` finds copies as files arrive.
//! - `selection` decides which candidates become part of the data set.
//! - `tables`, `credits` and `sheets` write the tables, `ATTRIBUTION.md` and a contact sheet of each class.
//!
//! The stage copies the user's own files without inspection. `preprocess` inspects them.

pub mod api_client;
mod cache;
pub mod candidate;
mod candidate_queue;
mod class_names;
mod content;
mod contents;
mod credits;
mod fetch;
mod filter;
mod gather;
mod journal;
pub mod licence;
mod live;
mod plan;
mod polyglot;
pub mod rate_limit;
mod selection;
mod sheets;
pub mod source;
pub mod sources;
mod store;
mod summary;
mod tables;
pub mod text;
mod user_table;
pub mod view;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use contract::config::SourceConfig;
use contract::{ShortfallRow, stages};
use pipeline::cli::{Common, run_stage};
use pipeline::{HintExt, Problems, Stage, Summary, Table, regular};
use rayon::prelude::*;
use web::{Network, SystemNetwork};

use crate::cache::{Cache, FOLDER};
use crate::candidate_queue::FileState;
use crate::gather::{Gathered, Wish, gather};
use crate::journal::Journal;
use crate::source::Source;
use crate::sources::{Credentials, google, open};
use crate::store::path_of;
use crate::view::{Finished, Run, Scope, ScrapeView};

/// Gather the images of each class
///
/// The configuration may combine several sources: drawn images (kind = "drawn"), a folder with one subfolder per class
/// ("folder"), a list of web addresses ("urls"), or a search on Wikimedia Commons ("commons"), Openverse ("openverse") or Google
/// ("google"). The stage writes artifacts/scrape/images/<class>/<hash>.<ext>, sources.csv, rejects.csv, ATTRIBUTION.md, and a
/// contact sheet of each class in contact-sheets/. It keeps downloads in fetched/ and never downloads a file twice.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Examples:\n  scrape --set scrape.sources.0.per_class=40\n  scrape --set 'scrape.sources=[{kind=\"folder\", path=\"photos\"}]'\n  scrape --config examples/commons.toml --dry-run"
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    /// Fetch only the files, and repeat only the requests to the sources, that failed or were refused in earlier runs
    #[arg(long)]
    retry_failed: bool,
    /// Send all requests to the sources again instead of reusing their recorded answers; keep the downloaded images
    #[arg(long)]
    ask_again: bool,
}

/// Parses the command line, runs the stage, and returns its exit code.
pub fn run() -> ExitCode {
    run_by(std::env::args_os(), Arc::new(SystemNetwork))
}

/// Runs the stage like [`run`], with these arguments and with the addresses of `network`. The first argument is the name of the
/// program.
pub fn run_by<T: Into<OsString> + Clone>(args: impl IntoIterator<Item = T>, network: Arc<dyn Network>) -> ExitCode {
    let cli = Cli::parse_from(args);
    let wish = Wish { retry_failed: cli.retry_failed, ask_again: cli.ask_again };
    run_stage(&Scrape { wish, credentials: Credentials::from_environment(), network }, &cli.common)
}

/// The stage with its command line options.
struct Scrape {
    wish: Wish,
    credentials: Credentials,
    network: Arc<dyn Network>,
}

/// The placeholder for `scrape.web.contact` in `examples/`.
const PLACEHOLDER_CONTACT: &str = "your-name@example.org";

/// The file with the reasons why a later run may find more images. Not an output, because its name is hidden.
const UNFINISHED: &str = ".left.json";
/// The most bytes of that file that are read.
const MOST_REASONS: u64 = 1 << 24;

impl Stage for Scrape {
    type Root = contract::Config;
    type Config = ScrapeView;

    const NAME: &'static str = stages::SCRAPE;
    // Also increases when the drawn images change.
    const FORMAT: u32 = 3;
    const UPSTREAM: &'static [&'static str] = &[];
    const CACHES: &'static [&'static str] = &[FOLDER];

    fn inputs(&self, scope: Scope) -> Result<BTreeMap<String, String>> {
        let sources = open(scope.config, &self.credentials);
        check_sources(&sources)?;
        let mut inputs = BTreeMap::new();
        for (number, source) in (1..).zip(sources) {
            // Several sources of one kind have inputs of the same name.
            let named = source.inputs()?.into_iter().map(|(name, value)| (format!("source {number}: {name}"), value));
            inputs.extend(named);
        }
        Ok(inputs)
    }

    fn check(&self, scope: Scope) -> Result<()> {
        let scrape = &scope.config.scrape;
        if scrape.web.contact == PLACEHOLDER_CONTACT && scrape.sources.iter().any(SourceConfig::is_web) {
            return Err(anyhow!("scrape.web.contact is still the placeholder {PLACEHOLDER_CONTACT}")).hint(
                "set it to your e-mail address or to the address of a web page about you; every host receives it",
            );
        }
        let google = scrape.sources.iter().any(|source| matches!(source, SourceConfig::Google(_)));
        if google && !self.credentials.has_google() {
            return Err(anyhow!("the source `google` needs an API key and an engine id")).hint(format!(
                "set the environment variables {} and {}",
                google::KEY,
                google::ENGINE
            ));
        }
        Ok(())
    }

    fn due(&self, done: &Finished) -> Result<Vec<String>> {
        if self.wish.ask_again {
            return Ok(vec!["--ask-again repeats all requests to the sources".to_owned()]);
        }
        let unfinished = regular::read(&done.folder.join(UNFINISHED), MOST_REASONS).unwrap_or_default();
        let mut due: Vec<String> = serde_json::from_slice(&unfinished).unwrap_or_default();
        if self.wish.retry_failed {
            let journal = Journal::read(&Cache::journal(&done.folder));
            let (files, requests) = (journal.failed().len(), journal.unanswered().len());
            due = Vec::new();
            if files > 0 {
                due.push(format!("--retry-failed fetches {files} files again"));
            }
            if requests > 0 {
                due.push(format!("--retry-failed sends {requests} requests to the sources again"));
            }
        }
        Ok(due)
    }

    fn plan(&self, scope: Scope) -> Result<Vec<Table>> {
        plan::plan(scope, &open(scope.config, &self.credentials), self.wish)
    }

    fn run(&self, run: &Run) -> Result<()> {
        let gathered = self.gather(run)?;
        let unfinished = tables::unfinished(&gathered);
        let json = serde_json::to_vec(&unfinished).context("cannot encode the reasons for another run")?;
        run.write(UNFINISHED, &json)?;
        tables::write(&gathered, run)?;
        credits::write(&gathered, run)?;
        for reason in unfinished {
            run.warn(&format!("{reason}; the next run tries again"));
        }
        for ShortfallRow { class, kind, wanted, found, reason } in tables::shortfalls(&gathered) {
            run.warn(&format!("class `{class}` has {found} of {wanted} images of {kind}: {reason}"));
        }
        sheets::write(run, &gathered)
    }

    fn summary(&self, done: &Finished) -> Result<Summary> {
        summary::summary(&done.folder)
    }
}

/// Returns an error that lists everything that is wrong with the sources and the names of their classes.
fn check_sources(sources: &[Box<dyn Source + '_>]) -> Result<()> {
    let mut problems = Problems::default();
    for source in sources {
        source.problems(&mut problems);
    }
    class_names::check(classes(sources).iter().map(String::as_str), &mut problems);
    problems.into_result("the data set")
}

/// Returns the classes of the sources that can be read.
fn classes(sources: &[Box<dyn Source + '_>]) -> Vec<String> {
    let quotas = sources.iter().filter_map(|source| source.quotas().ok()).flatten();
    quotas.map(|quota| quota.class).collect()
}

/// The maximum number of attempts to gather images while cached files change.
const ATTEMPTS: usize = 3;

impl Scrape {
    /// Gathers images and links the kept images into the outputs.
    fn gather(&self, run: &Run) -> Result<Gathered> {
        for allowed in &run.config.scrape.licences {
            if let Some(licence::Licence::Other(name)) = licence::Licence::read(allowed, "") {
                run.warn(&format!("`{name}` in scrape.licences is not a Creative Commons licence; it matches only licences with this name"));
            }
        }
        let sources = open(run.config, &self.credentials);
        for warning in class_names::check(classes(&sources).iter().map(String::as_str), &mut Problems::default()) {
            run.warn(&warning);
        }
        let any_web = run.config.scrape.sources.iter().any(SourceConfig::is_web);
        let web = any_web.then(|| api_client::web(run, Arc::clone(&self.network))).transpose()?;
        for _ in 0..ATTEMPTS {
            let gathered = gather(run, &sources, &self.credentials, self.wish, web.as_ref())?;
            if publish(run, &gathered)? {
                return Ok(gathered);
            }
            run.warn("images in the cache changed after their download; the stage fetches them again");
            fs_err::remove_dir_all(run.folder().join("images"))?;
        }
        Err(anyhow!("images in {} change while the stage runs", run.home().join(FOLDER).display()))
            .hint("does another program write to the folder?")
    }
}

/// Links the kept images from the web into the outputs, and deletes the copies of the user's files that are not kept.
/// Returns `false` if a cached file has changed since its download.
fn publish(run: &Run, gathered: &Gathered) -> Result<bool> {
    let cache = Cache::new(run.home());
    let mut paths = std::collections::BTreeSet::new();
    let mut fetched = Vec::new();
    for (at, slot) in gathered.selection.kept() {
        let queue = &gathered.queues[at];
        let FileState::Image(index) = queue.slots[slot].file else { continue };
        let content = gathered.contents.get(index);
        let path = path_of(&queue.quota.class, content);
        if queue.on_web {
            fetched.push((content, path.clone()));
        }
        paths.insert(path);
    }
    let published = fetched.par_iter().map(|(content, path)| cache.publish(run, content, path));
    let intact = published.try_reduce(|| true, |one, other| Ok(one && other))?;
    for queue in gathered.queues.iter().filter(|queue| !queue.on_web) {
        for slot in &queue.slots {
            let FileState::Image(index) = slot.file else { continue };
            let path = path_of(&queue.quota.class, gathered.contents.get(index));
            let file = run.folder().join(&path);
            if !paths.contains(&path) && file.exists() {
                fs_err::remove_file(file)?;
            }
        }
    }
    Ok(intact)
}
