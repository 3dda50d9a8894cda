use super::owner::MARKER;
use super::*;
use crate::write_atomic;

fn finished(artifacts: &Path, key: &Key) -> StageFolder {
    let folder = StageFolder::new(artifacts, "first");
    let building = folder.begin(&[]).unwrap();
    write_atomic(building.path().join("files/a.txt"), b"a").unwrap();
    building.finish(key, &[], "seed = 1\n", BTreeMap::new()).unwrap();
    building.publish(&[]).unwrap();
    folder
}

#[test]
fn up_to_date_until_an_input_or_an_output_changes() {
    let artifacts = tempfile::tempdir().unwrap();
    let key = Key { format: 1, ..Key::default() };
    let folder = finished(artifacts.path(), &key);
    assert_eq!(folder.state(&key), State::UpToDate);
    let other = Key { format: 2, ..Key::default() };
    assert_eq!(folder.state(&other), State::Stale(vec!["format version: 1 -> 2".into()]));
    std::fs::write(folder.path().join("files/a.txt"), "b").unwrap();
    assert!(matches!(folder.state(&key), State::Stale(why) if why[0].contains("a.txt was altered")));
}

#[test]
fn a_damaged_lock_or_manifest_makes_the_stage_run() {
    let artifacts = tempfile::tempdir().unwrap();
    let key = Key::default();
    for file in [Lock::FILE, Manifest::FILE] {
        let folder = finished(artifacts.path(), &key);
        let path = folder.path().join(file);
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() / 2]).unwrap();
        assert!(matches!(folder.state(&key), State::Stale(_)), "{file}");
        assert!(folder.outputs_hash().is_err(), "{file}");
    }
}

#[test]
fn the_same_outputs_have_the_same_hash_whatever_made_them() {
    let artifacts = tempfile::tempdir().unwrap();
    let first = finished(artifacts.path(), &Key::default()).outputs_hash().unwrap();
    let key = Key { format: 9, ..Key::default() };
    let second = finished(artifacts.path(), &key).outputs_hash().unwrap();
    assert_eq!(first, second);
}

#[test]
fn an_output_in_another_folder_is_watched() {
    let artifacts = tempfile::tempdir().unwrap();
    let key = Key::default();
    let folder = StageFolder { elsewhere: &[("third", "page.html")], ..StageFolder::new(artifacts.path(), "page") };
    let output = artifacts.path().join("third/page.html");
    let building = folder.begin(&[]).unwrap();
    write_atomic(StageFolder::elsewhere(building.path(), "third", "page.html"), b"<html>").unwrap();
    building.finish(&key, &[], "", BTreeMap::new()).unwrap();
    assert!(!output.exists(), "the run is not complete");
    building.publish(&[]).unwrap();
    assert_eq!(folder.state(&key), State::UpToDate);
    std::fs::write(&output, "<htm").unwrap();
    let altered = format!("{} was altered", output.display());
    assert_eq!(folder.state(&key), State::Stale(vec![altered]));
    std::fs::remove_file(&output).unwrap();
    assert_eq!(folder.state(&key), State::Stale(vec![format!("{} is missing", output.display())]));
}

#[test]
fn a_damaged_lock_is_an_error_where_it_is_shown() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "first");
    assert!(folder.read_lock().unwrap().is_none());
    finished(artifacts.path(), &Key::default());
    assert_eq!(folder.read_lock().unwrap().unwrap().stage, "first");
    assert_eq!(folder.configuration().unwrap(), "seed = 1\n");
    std::fs::write(folder.path().join(Lock::FILE), "{").unwrap();
    let text = crate::error::render(&folder.read_lock().unwrap_err());
    assert!(text.contains("stage.lock.json is damaged") && text.contains("hint: run `just first --force`"), "{text}");
}

#[test]
fn a_file_in_place_of_a_cache_does_not_block_the_next_runs() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = finished(artifacts.path(), &Key::default());
    std::fs::write(folder.path().join("kept"), "").unwrap();
    folder.begin(&["kept"]).unwrap();
    assert!(!folder.path().join("kept").exists());
    assert_eq!(folder.state(&Key::default()), State::UpToDate, "the old outputs stay");
}

#[test]
fn an_output_in_a_cache_is_a_fault_of_the_stage() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "second");
    let building = folder.begin(&["kept"]).unwrap();
    write_atomic(building.path().join("kept/1"), b"").unwrap();
    let error = building.finish(&Key::default(), &["kept"], "", BTreeMap::new()).unwrap_err();
    assert!(error.to_string().contains("wrote an output into `kept`"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_lock_or_an_output_makes_the_stage_run() {
    use rustix::fs::{CWD, FileType, mknodat};
    for name in [Lock::FILE, Manifest::FILE, "files/a.txt"] {
        let artifacts = tempfile::tempdir().unwrap();
        let folder = finished(artifacts.path(), &Key::default());
        let path = folder.path().join(name);
        std::fs::remove_file(&path).unwrap();
        mknodat(CWD, &path, FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(matches!(folder.state(&Key::default()), State::Stale(_)), "{name}");
        assert!(folder.outputs_hash().is_err(), "{name}");
    }
}

#[test]
fn a_folder_of_the_user_is_refused_and_left_untouched() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "second");
    std::fs::create_dir_all(folder.path().join("own")).unwrap();
    std::fs::write(folder.path().join("own/1.txt"), "own").unwrap();
    let text = crate::error::render(&folder.begin(&[]).unwrap_err());
    assert!(text.contains("was not created by the stage second") && text.contains("hint: "), "{text}");
    assert_eq!(std::fs::read(folder.path().join("own/1.txt")).unwrap(), b"own");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is added");
}

#[test]
fn a_folder_of_another_stage_is_refused() {
    let artifacts = tempfile::tempdir().unwrap();
    let other = finished(artifacts.path(), &Key::default());
    std::fs::rename(other.path(), artifacts.path().join("second")).unwrap();
    assert!(StageFolder::new(artifacts.path(), "second").begin(&[]).is_err());
}

#[test]
fn an_empty_folder_and_the_folder_of_a_killed_run_are_accepted() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "first");
    std::fs::create_dir(folder.path()).unwrap();
    folder.begin(&[]).unwrap();
    std::fs::write(folder.path().join("half.png"), "").unwrap();
    finished(artifacts.path(), &Key::default());
    assert!(!folder.path().join("half.png").exists());
    // A run that was killed while it wrote the marker.
    std::fs::remove_dir_all(folder.path()).unwrap();
    std::fs::create_dir(folder.path()).unwrap();
    std::fs::write(folder.path().join(MARKER), "").unwrap();
    folder.begin(&[]).unwrap();
    // A folder from a version without markers holds a lock.
    let folder = finished(artifacts.path(), &Key::default());
    std::fs::remove_file(folder.path().join(MARKER)).unwrap();
    folder.begin(&[]).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_of_the_user_is_refused() {
    let artifacts = tempfile::tempdir().unwrap();
    let own = tempfile::tempdir().unwrap();
    std::fs::write(own.path().join("1.txt"), "own").unwrap();
    std::os::unix::fs::symlink(own.path(), artifacts.path().join("second")).unwrap();
    assert!(StageFolder::new(artifacts.path(), "second").begin(&[]).is_err());
    assert!(own.path().join("1.txt").exists());
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_link_in_place_of_the_marker_is_replaced() {
    let artifacts = tempfile::tempdir().unwrap();
    let key = Key::default();
    let mine = artifacts.path().join("mine.txt");
    std::fs::write(&mine, "mine").unwrap();
    let marker = finished(artifacts.path(), &key).path().join(MARKER);
    for kind in ["pipe", "link"] {
        std::fs::remove_file(&marker).unwrap();
        if kind == "pipe" {
            assert!(std::process::Command::new("mkfifo").arg(&marker).status().unwrap().success());
        } else {
            std::os::unix::fs::symlink(&mine, &marker).unwrap();
        }
        assert_eq!(finished(artifacts.path(), &key).state(&key), State::UpToDate, "{kind}");
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine", "{kind}");
        assert_eq!(std::fs::read_to_string(&marker).unwrap(), "first\n", "{kind}");
    }
}
