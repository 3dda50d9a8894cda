//! The Python environments of the peers. They are created once in the scratch folder, from the pinned lists in `bench/peers/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use pipeline::print_message;

/// The folder of the peers' scripts and lists of packages, relative to the root of the repository.
pub(crate) const PEERS: &str = "bench/peers";

/// Returns the Python of the environment for the list `<name>.txt`.
///
/// It creates the environment when it is missing or the list has changed.
pub(crate) fn python(scratch: &Path, name: &str) -> Result<PathBuf> {
    let list = list_of(name);
    let text = fs_err::read_to_string(&list).context("start `bench` in the root of the repository")?;
    let folder = scratch.join(name);
    let python = folder.join("bin/python");
    let made_from = folder.join("made-from.txt");
    if fs_err::read_to_string(&made_from).is_ok_and(|made| made == text) {
        return Ok(python);
    }
    print_message(&format!(
        "bench        installing {name} into {} (once; takes minutes and gigabytes)",
        folder.display()
    ));
    let interpreter = std::env::var("BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let hint = format!("{} has the versions; set BENCH_PYTHON to use another Python", list.display());
    run(Command::new(&interpreter).args(["-m", "venv", "--clear"]).arg(&folder)).context(hint.clone())?;
    install(&python, &list).context(hint)?;
    fs_err::write(made_from, text)?;
    Ok(python)
}

/// Returns the Python of the environment for `<name>.txt`, with the packages of `<more>.txt` added.
pub(crate) fn python_with(scratch: &Path, name: &str, more: &str) -> Result<PathBuf> {
    let python = python(scratch, name)?;
    let list = list_of(more);
    let text = fs_err::read_to_string(&list)?;
    let made_from = scratch.join(name).join(format!("made-from-{more}.txt"));
    if fs_err::read_to_string(&made_from).is_ok_and(|made| made == text) {
        return Ok(python);
    }
    print_message(&format!("bench        installing {more} (once)"));
    install(&python, &list).with_context(|| format!("{} has the versions", list.display()))?;
    fs_err::write(made_from, text)?;
    Ok(python)
}

fn list_of(name: &str) -> PathBuf {
    Path::new(PEERS).join(format!("{name}.txt"))
}

/// Installs the packages of `list`. The list is complete: without `--no-deps`, pip would add packages for graphics cards.
fn install(python: &Path, list: &Path) -> Result<()> {
    run(Command::new(python).args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir", "-r"]).arg(list))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").status();
    let status = status.with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    Ok(())
}
