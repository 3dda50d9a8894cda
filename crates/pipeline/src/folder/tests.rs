use super::*;

fn finished(artifacts: &Path, key: &Key) -> StageFolder {
    let folder = StageFolder::new(artifacts, "scrape");
    folder.begin(&[]).unwrap();
    write_atomic(folder.path().join("images/a.txt"), b"a").unwrap();
    folder.finish(key, &[], "seed = 1\n", BTreeMap::new()).unwrap();
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
    std::fs::write(folder.path().join("images/a.txt"), "b").unwrap();
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
fn an_output_in_another_folder_is_watched_and_removed() {
    let artifacts = tempfile::tempdir().unwrap();
    let key = Key::default();
    let folder =
        StageFolder { elsewhere: &[("analyze", "report.html")], ..StageFolder::new(artifacts.path(), "report") };
    folder.begin(&[]).unwrap();
    let output = artifacts.path().join("analyze/report.html");
    write_atomic(&output, b"<html>").unwrap();
    write_atomic(output.with_file_name("layers.csv"), b"name").unwrap();
    folder.finish(&key, &[], "", BTreeMap::new()).unwrap();
    assert_eq!(folder.state(&key), State::UpToDate);
    std::fs::write(&output, "<htm").unwrap();
    let altered = format!("{} was altered", output.display());
    assert_eq!(folder.state(&key), State::Stale(vec![altered]));
    std::fs::remove_file(&output).unwrap();
    assert_eq!(folder.state(&key), State::Stale(vec![format!("{} is missing", output.display())]));
    write_atomic(&output, b"<html>").unwrap();
    folder.begin(&[]).unwrap();
    assert!(!output.exists() && output.with_file_name("layers.csv").exists());
}

#[test]
fn a_damaged_lock_is_an_error_where_it_is_shown() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "scrape");
    assert!(folder.read_lock().unwrap().is_none());
    finished(artifacts.path(), &Key::default());
    assert_eq!(folder.read_lock().unwrap().unwrap().stage, "scrape");
    assert_eq!(folder.configuration().unwrap(), "seed = 1\n");
    std::fs::write(folder.path().join(Lock::FILE), "{").unwrap();
    let text = crate::error::render(&folder.read_lock().unwrap_err());
    assert!(text.contains("stage.lock.json is damaged") && text.contains("hint: run `just scrape --force`"), "{text}");
}

#[test]
fn begin_removes_everything_but_caches() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = finished(artifacts.path(), &Key::default());
    write_atomic(folder.path().join("features/cache"), b"1").unwrap();
    folder.begin(&["features"]).unwrap();
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(BTreeSet::from_iter(left), BTreeSet::from([MARKER.into(), "features".into()]));
    assert!(folder.outputs_hash().is_err());
}

#[test]
fn a_folder_of_the_user_is_refused_and_left_untouched() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "train");
    std::fs::create_dir_all(folder.path().join("cat")).unwrap();
    std::fs::write(folder.path().join("cat/1.jpg"), "photo").unwrap();
    let text = crate::error::render(&folder.begin(&[]).unwrap_err());
    assert!(text.contains("was not created by the stage train") && text.contains("hint: "), "{text}");
    assert_eq!(std::fs::read(folder.path().join("cat/1.jpg")).unwrap(), b"photo");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is added");
}

#[test]
fn a_folder_of_another_stage_is_refused() {
    let artifacts = tempfile::tempdir().unwrap();
    let other = finished(artifacts.path(), &Key::default());
    std::fs::rename(other.path(), artifacts.path().join("train")).unwrap();
    assert!(StageFolder::new(artifacts.path(), "train").begin(&[]).is_err());
}

#[test]
fn an_empty_folder_and_the_folder_of_a_killed_run_are_accepted() {
    let artifacts = tempfile::tempdir().unwrap();
    let folder = StageFolder::new(artifacts.path(), "scrape");
    std::fs::create_dir(folder.path()).unwrap();
    folder.begin(&[]).unwrap();
    std::fs::write(folder.path().join("half.png"), "").unwrap();
    folder.begin(&[]).unwrap();
    assert!(!folder.path().join("half.png").exists());
    // A folder from a version without markers holds a lock.
    let folder = finished(artifacts.path(), &Key::default());
    std::fs::remove_file(folder.path().join(MARKER)).unwrap();
    folder.begin(&[]).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_of_the_user_is_refused() {
    let artifacts = tempfile::tempdir().unwrap();
    let photos = tempfile::tempdir().unwrap();
    std::fs::write(photos.path().join("1.jpg"), "photo").unwrap();
    std::os::unix::fs::symlink(photos.path(), artifacts.path().join("train")).unwrap();
    assert!(StageFolder::new(artifacts.path(), "train").begin(&[]).is_err());
    assert!(photos.path().join("1.jpg").exists());
}
