//! Fills the disk during a run. The outputs of the last run stay, and the next run succeeds.

use std::path::Path;
use std::process::Command;

use rand::RngExt;
use rand::seq::IndexedRandom;

use super::{Counts, Whole, copy, number, rng, run, workspace};
use crate::{STAGES, content};

/// A small file system in memory. Dropping the value unmounts it.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// Mounts a file system of 64 MiB at `path`. Returns `None` when this user may not.
    fn mount(path: &'a Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64m", "tmpfs"]).arg(path);
        mount.status().is_ok_and(|status| status.success()).then_some(Self(path))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg(self.0).status().ok();
    }
}

#[test]
#[ignore = "takes long and needs the right to mount; FAULTS is the number of full disks"]
fn a_full_disk_leaves_the_outputs() {
    let workspace = workspace();
    let artifacts = workspace.join("artifacts");
    let spare = workspace.join("spare");
    copy(&artifacts, &spare);
    let Some(_disk) = SmallDisk::mount(&artifacts) else {
        println!("skipped: this user may not mount a file system");
        return;
    };
    copy(&spare, &artifacts);
    let whole = Whole::of(&workspace);
    let (mut rng, mut counts, mut full) = (rng(), Counts::default(), 0);
    let filler = artifacts.join("filler");
    for fault in 0..number("FAULTS", 50) {
        let name = *STAGES.choose(&mut rng).unwrap();
        let free = 1u64 << rng.random_range(10..24);
        let what = (fault, name, free);
        fill(&filler, free);
        let before = outputs(&artifacts.join(name));
        let code = counts.add(&run(&workspace, name, &["--quiet", "--force"]), &what);
        full += u32::from(code != 0);
        if code != 0 {
            assert!(outputs(&artifacts.join(name)) == before, "{what:?}: the outputs changed");
        }
        fs_err::remove_file(&filler).unwrap();
        let again = run(&workspace, name, &["--quiet"]);
        assert_eq!(counts.add(&again, &what), 0, "{what:?}: {}", String::from_utf8_lossy(&again.stderr));
        whole.check(&workspace, &what);
    }
    println!("full disks: {counts:?}; {full} runs found the disk full");
}

/// Returns the files that the manifest of a stage lists, with their content, and the manifest.
fn outputs(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let manifest = fs_err::read_to_string(folder.join("manifest.csv")).unwrap();
    let is_listed = |path: &Path| {
        let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        name == "manifest.csv" || manifest.lines().any(|line| line.starts_with(&format!("{name},")))
    };
    content(folder).into_iter().filter(|(path, _)| is_listed(path)).collect()
}

/// Fills the file system of `file` until `free` bytes are left.
fn fill(file: &Path, free: u64) {
    use std::io::Write;
    let mut out = fs_err::File::create(file).unwrap();
    let piece = vec![1; 4096];
    while out.write_all(&piece).is_ok() {}
    let length = out.metadata().unwrap().len();
    out.set_len(length.saturating_sub(free)).unwrap();
}
