use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::folder::State;
use crate::{Key, Manifest};

const CACHES: [&str; 1] = ["kept"];
const KEPT: [&str; 2] = ["kept", "checkpoints"];

fn key(format: u32) -> Key {
    Key { format, ..Key::default() }
}

/// Builds the outputs of a run and does the first `steps` steps of their publication. Then the run "is killed".
fn run(folder: &StageFolder, format: u32, exchange: bool, steps: usize) {
    let building = folder.begin(&KEPT).unwrap();
    write_atomic(folder.unfinished_log(), b"{}").unwrap();
    write_atomic(building.path().join(format!("files/{format}.txt")), &format.to_le_bytes()).unwrap();
    for (stage, file) in folder.elsewhere {
        write_atomic(StageFolder::elsewhere(building.path(), stage, file), &format.to_le_bytes()).unwrap();
    }
    write_atomic(folder.path().join("kept/1"), b"cache").unwrap();
    write_atomic(folder.path().join("checkpoints/1"), b"state").unwrap();
    building.finish(&key(format), &KEPT, "seed = 1\n", BTreeMap::new()).unwrap();
    std::mem::forget(building);
    let how = Publication { caches: &CACHES, exchange };
    STEPS[..steps].iter().try_for_each(|step| step(folder, &how)).unwrap();
}

fn names(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_run_that_is_killed_at_any_step_leaves_the_old_or_the_new_outputs_and_the_caches() {
    for exchange in [true, false] {
        for steps in 0..=STEPS.len() {
            let artifacts = tempfile::tempdir().unwrap();
            let folder = StageFolder::new(artifacts.path(), "second");
            run(&folder, 1, true, STEPS.len());
            assert_eq!(folder.state(&key(1)), State::UpToDate);
            run(&folder, 2, exchange, steps);
            folder.recover(&CACHES).unwrap();
            let what = format!("exchange {exchange}, {steps} steps");
            let found = [1, 2].map(|format| folder.state(&key(format)) == State::UpToDate);
            // The third step takes the old outputs away. Without an exchange, the fourth step brings the new ones.
            let is_new = steps >= if exchange { 3 } else { 4 };
            assert_eq!(found, [!is_new, is_new], "{what}");
            assert_eq!(std::fs::read(folder.path().join("kept/1")).unwrap(), b"cache", "{what}");
            assert_eq!(names(artifacts.path()), BTreeSet::from(["second".to_owned()]), "{what}");
            // The checkpoints of an unfinished run stay.
            assert_eq!(folder.path().join("checkpoints").exists(), !is_new, "{what}");
            // The next run ends as usual.
            run(&folder, 3, exchange, STEPS.len());
            assert_eq!(folder.state(&key(3)), State::UpToDate, "{what}");
            let left = [".tunescope-stage", "config.resolved.toml", "files", "kept", LOG, Lock::FILE, Manifest::FILE];
            assert_eq!(names(folder.path()), left.map(str::to_owned).into(), "{what}");
            assert_eq!(names(&folder.path().join("files")), BTreeSet::from(["3.txt".to_owned()]), "{what}");
        }
    }
}

#[test]
fn the_outputs_are_never_missing_when_the_names_are_exchanged() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "second");
    run(&folder, 1, true, STEPS.len());
    let path = folder.path().join("files");
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                let lock = folder.lock().expect("there is always a lock");
                assert!(lock.manifest.len() == 64 && path.is_dir());
                let both = || {
                    let format = folder.lock().expect("there is always a lock").key.format;
                    let names = std::fs::read_dir(&path)?.map(|entry| Ok(entry?.file_name()));
                    Ok((format, names.collect::<std::io::Result<Vec<_>>>()?))
                };
                let (format, names) = folder.read_together(both).unwrap();
                assert_eq!(names, [format!("{format}.txt").as_str()], "the files belong together");
                reads += 1;
            }
            reads
        });
        for format in 2..60 {
            run(&folder, format, true, STEPS.len());
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
}

#[test]
fn the_old_output_in_another_folder_stays_until_the_run_is_complete() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "page").with_outputs_elsewhere(&[("third", "page.html")]);
    let page = artifacts.path().join("third/page.html");
    run(&folder, 1, true, STEPS.len());
    assert_eq!(std::fs::read(&page).unwrap(), 1_u32.to_le_bytes());
    run(&folder, 2, true, 0);
    folder.recover(&CACHES).unwrap();
    assert_eq!(folder.state(&key(1)), State::UpToDate);
    run(&folder, 2, true, STEPS.len());
    assert_eq!(std::fs::read(&page).unwrap(), 2_u32.to_le_bytes());
    assert_eq!(folder.state(&key(2)), State::UpToDate);
}

#[test]
fn a_stage_that_fails_removes_its_new_outputs_and_nothing_else() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "second");
    run(&folder, 1, true, STEPS.len());
    let building = folder.begin(&KEPT).unwrap();
    write_atomic(building.path().join("files/2.txt"), b"2").unwrap();
    write_atomic(folder.path().join("checkpoints/1"), b"state").unwrap();
    drop(building);
    assert!(!folder.partial().exists() && folder.path().join("checkpoints/1").exists());
    assert_eq!(folder.state(&key(1)), State::UpToDate);
}

#[test]
fn a_folder_of_the_user_beside_the_stage_is_refused_and_left_untouched() {
    for name in [".second.partial", ".second.old"] {
        let artifacts = tempfile::tempdir().unwrap();
        let folder = StageFolder::new(artifacts.path(), "second");
        std::fs::create_dir(artifacts.path().join(name)).unwrap();
        std::fs::write(artifacts.path().join(name).join("1.txt"), "own").unwrap();
        assert!(folder.recover(&CACHES).is_err() && folder.begin(&KEPT).is_err(), "{name}");
        assert_eq!(std::fs::read(artifacts.path().join(name).join("1.txt")).unwrap(), b"own");
        assert_eq!(names(artifacts.path()), BTreeSet::from([name.to_owned()]), "nothing is added");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_stays_a_link() {
    let (artifacts, disk) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let real = disk.path().join("large");
    std::fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, artifacts.path().join("second")).unwrap();
    let folder = StageFolder::new(artifacts.path(), "second");
    for (format, exchange) in [(1, true), (2, true), (3, false)] {
        run(&folder, format, exchange, STEPS.len());
        assert_eq!(folder.state(&key(format)), State::UpToDate);
    }
    assert!(folder.path().is_symlink() && real.join("files/3.txt").exists());
    run(&folder, 4, false, 3);
    assert!(!folder.path().exists(), "the run is killed between two renames");
    folder.recover(&CACHES).unwrap();
    assert_eq!(folder.state(&key(3)), State::UpToDate);
    assert_eq!(names(disk.path()), BTreeSet::from(["large".to_owned()]));
    assert_eq!(names(artifacts.path()), BTreeSet::from(["second".to_owned()]));
}

#[test]
fn a_folder_that_is_half_removed_still_belongs_to_the_stage() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "second");
    run(&folder, 1, true, 2);
    let partial = folder.partial();
    for number in 0..5000 {
        std::fs::write(partial.join(format!("{number}.txt")), b"").unwrap();
    }
    std::thread::scope(|scope| {
        let removal = scope.spawn(|| folder.remove_old());
        while !removal.is_finished() {
            // The test looks for the marker first. Files that it finds after the marker is gone were left behind without the marker.
            let is_marked = partial.join(crate::folder::owner::MARKER).exists();
            let left = std::fs::read_dir(&partial).map_or(0, Iterator::count);
            assert!(is_marked || left == 0, "{left} files are left without the marker");
        }
        removal.join().unwrap().unwrap();
    });
    assert!(!partial.exists());
}
