//! Stage 0: installs ONNX Runtime with training and the pre-trained networks into the data folder.
//!
//! Everything comes through the user's pip client from the index that it is set up for, is
//! checked by SHA-256 before it is used, and appears in its place whole or not at all. What was
//! installed is remembered in a [`Receipt`](receipt::Receipt), so that running again does nothing
//! unless a file is missing, damaged, or to be made from something else.

mod archive;
mod install;
mod part;
mod pip;
mod receipt;
mod storage;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use pipeline::cli::{Common, conclude, print};
use pipeline::{Exit, HintExt};

use install::Session;

/// Install ONNX Runtime with training and the networks into the data folder
#[derive(Debug, Parser)]
#[command(name = "setup", version)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    /// The folder to install into, in place of the configuration's `data`
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Print the names of all stages in the order in which they run, and install nothing
    #[arg(long)]
    stages: bool,
}

/// Runs the stage as the command line asks.
pub fn run() -> ExitCode {
    conclude(set_up(&Arguments::parse()))
}

fn set_up(arguments: &Arguments) -> Result<Exit> {
    let common = &arguments.common;
    if arguments.stages {
        print(&format!("setup\n{}\n", contract::STAGES.join("\n")))?;
        return Ok(Exit::Done);
    }
    let config: contract::Config = common.load()?;
    let data = arguments.data.clone().unwrap_or(config.data);
    let mut parts = part::networks();
    let library = runtime::named();
    if library.is_none() {
        part::check_platform(std::env::consts::OS, std::env::consts::ARCH)?;
        parts.insert(0, part::runtime());
    }
    let session = Session { data: &data, quiet: common.quiet, pip: pip::named() };
    if common.dry_run {
        return table::tell_plan(&session.reasons(&parts, common.force), common);
    }
    if let Some(library) = &library {
        let variable = runtime::LIBRARY_VARIABLE;
        session.say(&format!("{variable} is set: using {} as it is", library.display()));
        runtime::load(library)
            .hint(format!("{variable} has to name an ONNX Runtime {} built with training", runtime::version()))?;
    }
    let ran = session.install(&parts, common.force)?;
    table::tell_installed(&session, &parts, library.as_deref(), ran, common)
}
