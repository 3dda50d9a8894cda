//! The peers' Python environments: made once below the scratch folder, from the pinned lists in `bench/peers/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use pipeline::talk;

/// The folder of the peers' scripts and lists of packages, from the repository's root.
pub(crate) const PEERS: &str = "bench/peers";

/// The Python of the environment for the list `<name>.txt`, which is made where it is missing or the list has changed.
pub(crate) fn python(scratch: &Path, name: &str) -> Result<PathBuf> {
    let list = Path::new(PEERS).join(format!("{name}.txt"));
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
    // The list is complete; without `--no-deps` pip would add what only a graphics card needs.
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-cache-dir", "-r"])
        .arg(&list))
    .context(hint)?;
    fs_err::write(made_from, text)?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").status();
    let status = status.with_context(|| format!("cannot start {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{} ended with {status}", command.get_program().display());
    }
    Ok(())
}
