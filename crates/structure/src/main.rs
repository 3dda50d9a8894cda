//! Runs the checks of crate `structure` on the workspace that contains it.
//!
//! `structure` exits with code 1 when a check fails. `structure --write` updates the table in ARCHITECTURE.md first.

use std::path::Path;
use std::process::ExitCode;

use structure::{layers, modules};

fn main() -> ExitCode {
    match run() {
        Ok(problems) if problems.is_empty() => ExitCode::SUCCESS,
        Ok(problems) => {
            for problem in &problems {
                eprintln!("error: {problem}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns what is wrong with the structure of the workspace, one text per problem.
fn run() -> anyhow::Result<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let table = layers::Table::read(&root.join("crates/structure/layers.toml"))?;
    if std::env::args().skip(1).any(|argument| argument == "--write") {
        table.write_into(&root.join("ARCHITECTURE.md"))?;
    }
    let crates = layers::workspace_crates(&root)?;
    let mut problems = table.problems(&crates);
    problems.extend(table.stale_in(&root.join("ARCHITECTURE.md"))?);
    for package in &crates {
        let cycles = modules::cycles_of_crate(&package.name, &package.folder)?;
        problems.extend(cycles.iter().map(ToString::to_string));
    }
    Ok(problems)
}
