//! The peers' Python environments: made once below the scratch folder, from the pinned lists in `bench/peers/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use pipeline::talk;

/// The folder of the peers' scripts and lists of packages, from the repository's root.
pub(crate) const PEERS: &str = "bench/peers";

/// The Python of the environment for the list `<name>.txt`, which is made where it is missing or the list has changed.
pub(crate) fn python(scratch: &Path, name: &str) -> Result<PathBuf> {
    let list = listed(name);
    let text = fs_err::read_to_string(&list).context("bench must be started in the repository's root")?;
    let folder = scratch.join(name);
    let python = folder.join("bin/python");
    let made_from = folder.join("made-from.txt");
    if fs_err::read_to_string(&made_from).is_ok_and(|made| made == text) {
        return Ok(python);
    }
    talk(&format!("bench        installs {name} into {} (once, some minutes, gigabytes)", folder.display()));
    let interpreter = std::env::var("BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let hint = format!("{} names the versions; BENCH_PYTHON names another Python to use", list.display());
    run(Command::new(&interpreter).args(["-m", "venv", "--clear"]).arg(&folder)).context(hint.clone())?;
    install(&python, &list).context(hint)?;
    fs_err::write(made_from, text)?;
    Ok(python)
}

/// The Python of the environment for `<name>.txt` with the packages of `<more>.txt` in it as well.
pub(crate) fn python_with(scratch: &Path, name: &str, more: &str) -> Result<PathBuf> {
    let python = python(scratch, name)?;
    let list = listed(more);
    let text = fs_err::read_to_string(&list)?;
    let made_from = scratch.join(name).join(format!("made-from-{more}.txt"));
    if fs_err::read_to_string(&made_from).is_ok_and(|made| made == text) {
        return Ok(python);
    }
    talk(&format!("bench        adds {more} (once)"));
    install(&python, &list).with_context(|| format!("{} names the versions", list.display()))?;
    fs_err::write(made_from, text)?;
    Ok(python)
}

fn listed(name: &str) -> PathBuf {
    Path::new(PEERS).join(format!("{name}.txt"))
}

/// The list is complete; without `--no-deps` pip would add what only a graphics card needs.
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
