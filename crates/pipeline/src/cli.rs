//! The command line that all stages share, and how a stage runs from there to an exit code.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::config::{self, ExternalPath, Root};
use crate::facts::facts;
use crate::folder::State;
use crate::panics::{self, Panicked};
use crate::pieces::{self, Pieces};
use crate::run::Work;
use crate::writer::WriterLock;
use crate::{
    Environment, Exit, Finished, Key, Run, Scope, Stage, StageFolder, Summary, error, log, overlap, print_message, stop,
};

/// Options of every stage.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Common {
    /// The configuration file
    #[arg(long, value_name = "FILE", default_value = "pipeline.toml", global = true)]
    pub config: PathBuf,
    /// Override one key of the configuration, such as `threads=4`. Repeatable
    #[arg(long, value_name = "KEY=VALUE", global = true)]
    pub set: Vec<String>,
    /// Report whether the stage would run, and why, without running it
    #[arg(long)]
    pub dry_run: bool,
    /// Run even when everything is up to date
    #[arg(long)]
    pub force: bool,
    /// Print tables as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Exit with code 4 when inputs were rejected
    #[arg(long)]
    pub strict: bool,
    /// Show errors and warnings only
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

impl Common {
    /// Returns the paths that every stage uses.
    fn used_paths(&self, environment: &Environment) -> [ExternalPath; 2] {
        let named = |key: &str, path: &Path| ExternalPath { key: key.to_owned(), path: path.to_owned() };
        [named("--config", &self.config), named("data", &environment.data)]
    }

    /// Reads the configuration with the overrides applied.
    pub fn load<R: Root>(&self) -> Result<R> {
        config::load(&self.config, &self.set)
    }
}

/// Runs a stage with the options of its command line, reports how it went, and returns the exit code.
pub fn run_stage<S: Stage>(stage: &S, common: &Common) -> ExitCode {
    run_to_exit(stage, common).into()
}

/// Runs a stage as [`run_stage`] does, and returns how it ended.
pub fn run_to_exit<S: Stage>(stage: &S, common: &Common) -> Exit {
    settle(panics::caught(|| stage_exit(stage, common)).inspect_err(|failed| {
        if error::exit_of(failed) == Exit::Stopped {
            let kept = !S::CACHES.is_empty() || !S::CHECKPOINTS.is_empty();
            let then = if kept {
                "finished work is kept, and the next run continues there"
            } else {
                "the next run starts from the beginning"
            };
            print_message(&format!("{:<12}stopped; {then}", S::NAME));
        }
    }))
}

/// Does the work of a binary and returns its exit code. Prints an error to stderr.
pub fn conclude(work: impl FnOnce() -> Result<Exit>) -> ExitCode {
    settle(panics::caught(work)).into()
}

/// Converts the result of a binary into how it ended. Prints an error to stderr.
fn settle(result: Result<Exit>) -> Exit {
    result.unwrap_or_else(|failed| {
        let exit = error::exit_of(&failed);
        if exit != Exit::Stopped && !failed.is::<Panicked>() {
            tracing::error!("{failed:#}");
            print_message(error::render(&failed).trim_end());
        }
        exit
    })
}

/// Prints data to stdout. A closed pipe is not an error.
pub fn print(text: &str) -> Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

fn stage_exit<S: Stage>(stage: &S, common: &Common) -> Result<Exit> {
    let root: S::Root = common.load()?;
    let environment = root.environment();
    let config = S::Config::from(&root);
    let scope = Scope { config: &config, environment: &environment };
    let folder = StageFolder::new(&environment.artifacts, S::NAME).with_outputs_elsewhere(S::ELSEWHERE);
    overlap::check(&environment.artifacts, &folder, &root.external_paths())?;
    overlap::check_inside(&folder, &common.used_paths(&environment))?;
    folder.check_owner()?;
    if common.dry_run {
        return dry_run(stage, &root, scope, &folder, common);
    }
    // Without the right to write, a stage can still be up to date.
    let writer = match WriterLock::take(&environment.artifacts) {
        Err(error) if !error::is_read_only(&error) => return Err(error),
        writer => writer,
    };
    if writer.is_ok() {
        folder.recover(S::CACHES)?;
        S::UPSTREAM.iter().try_for_each(|name| StageFolder::new(&environment.artifacts, name).restore())?;
    }
    // Fails when a test runs several stages in one process. The first pool stays then.
    rayon::ThreadPoolBuilder::new().num_threads(environment.thread_count()).build_global().ok();
    let key = key_of(stage, scope, outputs_of::<S>(&environment)?)?;
    for reason in StageFolder::outdated(&root, S::UPSTREAM) {
        print_message(&format!("{:<12}warning: {reason}; its outputs are used as they are", S::NAME));
    }
    let found = state(stage, scope, &folder, &key)?;
    let began = Instant::now();
    let ran = found != State::UpToDate || common.force;
    let _writer = if ran { Some(writer?) } else { writer.ok() };
    if ran {
        if let (State::Stale(reasons), false) = (&found, common.quiet) {
            print_message(&format!("{:<12}runs: {}", S::NAME, shorten(reasons)));
        }
        stage.check(scope)?;
        build(stage, scope, &folder, &key, common.quiet).inspect_err(|_| {
            if folder.lock().is_some() && !common.quiet {
                print_message(&format!("{:<12}the outputs of the last finished run stay as they are", S::NAME));
            }
        })?;
    }
    let done = Finished { config: &config, environment: &environment, folder: folder.path().to_owned() };
    let summary = stage.summary(&done)?;
    if !common.quiet {
        let how = if ran { format!("({:.1} s)", began.elapsed().as_secs_f64()) } else { "up to date".to_owned() };
        print_message(&format!("{:<12}{}  {how}", S::NAME, summary.headline));
    }
    tell(S::NAME, ran, &summary, common)
}

/// Runs the stage and replaces its outputs. An error leaves the outputs of the last run as they are.
fn build<S: Stage>(stage: &S, scope: Scope<S::Config>, folder: &StageFolder, key: &Key, quiet: bool) -> Result<()> {
    let began = Instant::now();
    let kept = [S::CACHES, S::CHECKPOINTS].concat();
    let building = folder.begin(&kept)?;
    log::begin(&folder.unfinished_log())?;
    let pieces = S::CHECKPOINTS
        .contains(&pieces::FOLDER)
        .then(|| Pieces::open(folder.path(), key, scope.environment.thread_count()))
        .transpose()?;
    stop::listen(S::NAME)?;
    let outputs = building.path().to_owned();
    let work = Work { stage: S::NAME, folder: folder.clone(), outputs, quiet, pieces, recorded: Mutex::default() };
    let run = Run { config: scope.config, environment: scope.environment, work: &work };
    stage.run(&run)?;
    let resolved = run.resolved()?;
    let mut recorded = work.recorded.into_inner().unwrap_or_default();
    recorded.extend(facts(scope.environment, began.elapsed()));
    building.finish(key, &kept, &resolved, recorded)?;
    building.publish(S::CACHES)
}

/// Prints the tables and decides the exit code: gates first, then rejected inputs.
fn tell(name: &str, ran: bool, summary: &Summary, common: &Common) -> Result<Exit> {
    for gate in &summary.unmet {
        print_message(&format!("{name:<12}gate not met: {gate}"));
    }
    let exit = if !summary.unmet.is_empty() {
        Exit::Gate
    } else if common.strict && summary.rejected > 0 {
        print_message(&format!("{name:<12}{} inputs were rejected, and --strict is set", summary.rejected));
        Exit::Rejected
    } else {
        Exit::Done
    };
    if common.json {
        let status = if ran { "done" } else { "up to date" };
        let text = json!({ "stage": name, "status": status, "exit": exit.code(), "rejected": summary.rejected,
            "unmet": summary.unmet, "tables": summary.tables });
        print(&format!("{text:#}\n"))?;
    } else if ran && !common.quiet {
        for table in &summary.tables {
            print(&format!("{}\n", table.for_stdout()))?;
        }
    }
    Ok(exit)
}

/// Reports what a run would do. An upstream stage that has not finished, or that would itself run, is part of the report
/// and not an error.
fn dry_run<S: Stage>(
    stage: &S,
    root: &S::Root,
    scope: Scope<S::Config>,
    folder: &StageFolder,
    common: &Common,
) -> Result<Exit> {
    let upstream = outputs_of::<S>(scope.environment);
    let mut waits = StageFolder::outdated(root, S::UPSTREAM);
    let reasons = match upstream {
        Err(error) => {
            waits.insert(0, error.root_cause().to_string());
            waits.clone()
        }
        Ok(_) if !waits.is_empty() => waits.clone(),
        Ok(upstream) => match state(stage, scope, folder, &key_of(stage, scope, upstream)?)? {
            State::UpToDate => Vec::new(),
            State::Stale(reasons) => reasons,
        },
    };
    let verdict = match (waits.is_empty(), reasons.is_empty()) {
        (false, _) => "may run, after its upstream stages",
        (true, true) => "up to date",
        (true, false) => "would run",
    };
    let plan = if waits.is_empty() && !reasons.is_empty() { stage.plan(scope)? } else { Vec::new() };
    if common.json {
        let mut text =
            json!({ "stage": S::NAME, "verdict": verdict, "would_run": !reasons.is_empty(), "reasons": reasons });
        if !plan.is_empty() {
            text["plan"] = json!(plan);
        }
        print(&format!("{text:#}\n"))?;
    } else {
        let lines: String =
            [verdict.to_owned()].into_iter().chain(reasons).collect::<Vec<_>>().join("\n              ");
        print(&format!("{:<12}{lines}\n", S::NAME))?;
        for table in &plan {
            print(&format!("\n{}", table.for_stdout()))?;
        }
    }
    Ok(Exit::Done)
}

/// Returns whether the stage has to run, from the state of its folder and from the work that the stage has left over.
fn state<S: Stage>(stage: &S, scope: Scope<S::Config>, folder: &StageFolder, key: &Key) -> Result<State> {
    match folder.state(key) {
        State::UpToDate => {
            let due = stage.due(&Finished {
                config: scope.config,
                environment: scope.environment,
                folder: folder.path().to_owned(),
            })?;
            Ok(if due.is_empty() { State::UpToDate } else { State::Stale(due) })
        }
        outdated @ State::Stale(_) => Ok(outdated),
    }
}

/// Checks the outputs of each upstream stage and returns their hashes.
fn outputs_of<S: Stage>(environment: &Environment) -> Result<BTreeMap<String, String>> {
    let hash = |name: &&str| Ok(((*name).to_owned(), StageFolder::new(&environment.artifacts, name).outputs_hash()?));
    S::UPSTREAM.iter().map(hash).collect()
}

fn key_of<S: Stage>(stage: &S, scope: Scope<S::Config>, upstream: BTreeMap<String, String>) -> Result<Key> {
    Ok(Key { format: S::FORMAT, config: config::flatten(scope.config)?, upstream, inputs: stage.inputs(scope)? })
}

/// Returns the first reason and the number of further reasons.
fn shorten(reasons: &[String]) -> String {
    match reasons {
        [] => "forced".to_owned(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} (and {} more; --dry-run lists them)", rest.len()),
    }
}
