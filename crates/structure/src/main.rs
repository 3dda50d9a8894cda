//! Runs the checks of crate `structure` on the workspace that contains it.
//!
//! `structure` exits with code 1 when a check fails. `structure --write` updates the table in ARCHITECTURE.md first.
//! `structure --uses CRATE` checks nothing and prints which files of a crate use which others, with the lines.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [option, name] = arguments.as_slice()
        && option == "--uses"
    {
        return print_uses(&root, name).map(|()| Vec::new());
    }
    let table = layers::Table::read(&root.join("crates/structure/layers.toml"))?;
    if arguments.iter().any(|argument| argument == "--write") {
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

/// Prints a line for each pair of files of the crate `name` of which the first uses the second.
fn print_uses(root: &Path, name: &str) -> anyhow::Result<()> {
    let crates = layers::workspace_crates(root)?;
    let package = crates.iter().find(|package| package.name == name);
    let package = package.with_context(|| format!("the workspace has no crate `{name}`"))?;
    for part in modules::uses_of_crate(&package.folder)? {
        let lines: Vec<String> = part.lines.iter().map(usize::to_string).collect();
        println!("{} uses {}: {}", part.file.display(), part.target.display(), lines.join(" "));
    }
    Ok(())
}
