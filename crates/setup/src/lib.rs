//! The stage `setup`: installs ONNX Runtime with training and the pre-trained network of the configuration into the data folder.
//!
//! `setup` downloads each package from the index that the user has configured for pip, as one file with a known SHA-256. It starts no
//! other program. It writes each file atomically and never overwrites a file that it did not install. `setup.json` in the data folder
//! lists the installed files. A second run does nothing unless a file is missing or has changed, or its source has changed.

mod archive;
mod fetch;
mod install;
mod part;
mod place;
mod reason;
mod storage;
mod table;
mod workplace;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use installed::Receipt;
use pipeline::cli::{Common, conclude, print};
use pipeline::error::UsageError;
use pipeline::{Exit, HintExt};

use install::Session;

/// Install ONNX Runtime with training and the network of the configuration into the data folder
#[derive(Debug, Parser)]
#[command(name = "setup", version)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Install into this folder instead of the folder `data` of the configuration
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Also install this network: alexnet, efficientnet-lite0 or squeezenet. Repeatable
    #[arg(long, value_name = "NAME")]
    network: Vec<String>,
    /// Print the names of all stages in the order in which they run, and install nothing
    #[arg(long)]
    stages: bool,
}

/// Runs the stage with the arguments of the process. Returns the exit code.
pub fn run() -> ExitCode {
    conclude(|| set_up(&Arguments::parse()))
}

fn set_up(arguments: &Arguments) -> Result<Exit> {
    let common = &arguments.common;
    if arguments.stages {
        print(&format!("setup\n{}\n", contract::STAGES.join("\n")))?;
        return Ok(Exit::Done);
    }
    let config: contract::Config = common.load()?;
    let data = arguments.data.clone().unwrap_or(config.data);
    for name in &arguments.network {
        zoo::source(name).map_err(|error| UsageError(error.to_string())).hint(
            "`--network` names a network that `setup` can install; docs/networks.md says how to use one of your own",
        )?;
    }
    let names: BTreeSet<&str> = arguments.network.iter().chain([&config.model.network]).map(String::as_str).collect();
    let mut parts = part::networks(&names, &Receipt::read(&data).unwrap_or_default());
    let library = runtime::named();
    if library.is_none() {
        part::check_platform(std::env::consts::OS, std::env::consts::ARCH)?;
        parts.insert(0, part::runtime());
    }
    let session = Session { data: &data, quiet: common.quiet, settings: None };
    if std::env::var_os("TUNESCOPE_PIP").is_some() {
        session
            .say("warning: TUNESCOPE_PIP has no effect: `setup` reads pip's settings and downloads the files itself");
    }
    if common.dry_run {
        return table::print_plan(&session.reasons(&parts, common.force), common);
    }
    if let Some(library) = &library {
        let variable = runtime::LIBRARY_VARIABLE;
        session.say(&format!("{variable} is set: using {} without changes", library.display()));
        runtime::load(library).hint(format!(
            "set {variable} to the library of an ONNX Runtime {} build with training",
            runtime::version()
        ))?;
    }
    let ran = session.install(&parts, common.force)?;
    table::print_installed(&session, &parts, library.as_deref(), ran, common)
}
