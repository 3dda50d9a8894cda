//! A stage never touches folders that it did not create.

use testkit::Workspace;

use crate::{content, small_run, stage, succeed};

fn workspace() -> Workspace {
    let workspace = small_run("");
    testkit::images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 8, 64);
    workspace
}

/// Runs a stage that must refuse, with and without `--dry-run`, and must leave `kept` as it is. Returns the message.
fn refuses(workspace: &Workspace, kept: &str, name: &str, args: &[&str]) -> String {
    let before = content(&workspace.join(kept));
    assert!(!before.is_empty());
    let dry: Vec<&str> = args.iter().copied().chain(["--dry-run"]).collect();
    assert_ne!(stage(workspace, name, &dry).status.code(), Some(0), "{name} {dry:?}");
    let output = stage(workspace, name, args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("hint: "), "{name} {args:?}: {text}");
    assert_eq!(content(&workspace.join(kept)), before, "{name} {args:?}");
    text
}

#[test]
fn a_home_folder_with_folders_named_like_stages_is_left_alone() {
    let workspace = workspace();
    workspace.write("home/scrape/notes.txt", "mine");
    workspace.write("home/train/cat/1.jpg", "a photo");
    let text = refuses(&workspace, "home", "scrape", &["--set", "artifacts=home"]);
    assert!(text.contains("home/scrape was not created by the stage scrape"), "{text}");
    fs_err::rename(workspace.join("home/scrape"), workspace.join("home/documents")).unwrap();
    succeed(&workspace, "scrape", &["--set", "artifacts=home"]);
    succeed(&workspace, "preprocess", &["--set", "artifacts=home"]);
    refuses(&workspace, "home/train", "train", &["--set", "artifacts=home"]);
}

#[test]
fn folders_named_like_find_lr_and_report_are_left_alone() {
    let workspace = workspace();
    succeed(&workspace, "scrape", &[]);
    succeed(&workspace, "preprocess", &[]);
    workspace.write("artifacts/find-lr/notes.txt", "mine");
    let text = refuses(&workspace, "artifacts/find-lr", "train", &["find-lr"]);
    assert!(text.contains("find-lr was not created by the stage find-lr"), "{text}");
    succeed(&workspace, "train", &[]);
    succeed(&workspace, "evaluate", &[]);
    workspace.write("artifacts/report/notes.txt", "mine");
    let text = refuses(&workspace, "artifacts/report", "analyze", &[]);
    assert!(text.contains("report was not created by the stage report"), "{text}");
}

#[test]
fn a_folder_with_one_file_is_left_alone_and_an_empty_one_is_used() {
    let workspace = workspace();
    workspace.write("artifacts/scrape/one.txt", "mine");
    refuses(&workspace, "artifacts/scrape", "scrape", &[]);
    refuses(&workspace, "artifacts/scrape", "scrape", &["--force"]);
    fs_err::remove_file(workspace.join("artifacts/scrape/one.txt")).unwrap();
    succeed(&workspace, "scrape", &[]);
}

#[test]
fn artifacts_and_sources_do_not_overlap() {
    let workspace = workspace();
    for artifacts in ["photos", "photos/disc", "photos/out", ".", "../", "photos/../photos"] {
        refuses(&workspace, "photos", "scrape", &["--set", &format!("artifacts={artifacts}")]);
    }
    let text = refuses(&workspace, "photos", "scrape", &["--set", "artifacts=\"\""]);
    assert!(text.contains("`artifacts` must be a text that is not empty"), "{text}");
    fs_err::create_dir_all(workspace.join("artifacts")).unwrap();
    fs_err::rename(workspace.join("photos"), workspace.join("artifacts/scrape")).unwrap();
    fs_err::create_dir_all(workspace.join("artifacts/scrape/below")).unwrap();
    fs_err::rename(workspace.join("artifacts/scrape/disc"), workspace.join("artifacts/scrape/below/disc")).unwrap();
    for folder in ["artifacts/scrape", "artifacts/scrape/below", "artifacts"] {
        let inside = format!("scrape.sources=[{{kind=\"folder\", path=\"{folder}\"}}]");
        let text = refuses(&workspace, "artifacts/scrape", "scrape", &["--set", &inside]);
        assert!(text.contains("`scrape.sources.0.path`"), "{text}");
    }
}

#[test]
fn lists_and_images_in_the_folder_that_a_stage_empties_are_left_alone() {
    let workspace = workspace();
    succeed(&workspace, "scrape", &[]);
    workspace.write("artifacts/scrape/list.csv", "url\nhttp://127.0.0.1:1/a.jpg\n");
    let list = "scrape.sources=[{kind=\"urls\", path=\"artifacts/scrape/list.csv\"}]";
    let args = ["--set", list, "--set", "scrape.web.contact=me@example.org"];
    let text = refuses(&workspace, "artifacts/scrape", "scrape", &args);
    assert!(text.contains("list.csv, which `scrape.sources.0.path` names"), "{text}");
    // With the marker, the folder belongs to the stage.
    workspace.write("artifacts/analyze/.tunescope-stage", "analyze\n");
    workspace.write("artifacts/analyze/photo.jpg", "a photo");
    let images = "analyze.images=[\"artifacts/analyze/photo.jpg\"]";
    let text = refuses(&workspace, "artifacts/analyze", "analyze", &["--set", images]);
    assert!(text.contains("photo.jpg, which `analyze.images` names"), "{text}");
}

#[test]
fn a_configuration_and_a_data_folder_in_the_folder_that_a_stage_empties_are_left_alone() {
    let workspace = workspace();
    succeed(&workspace, "scrape", &[]);
    workspace.write("artifacts/scrape/mine.toml", workspace.text("pipeline.toml"));
    let args = ["--config", "artifacts/scrape/mine.toml", "--force"];
    let text = refuses(&workspace, "artifacts/scrape", "scrape", &args);
    assert!(text.contains("`--config`"), "{text}");
    workspace.write("artifacts/scrape/data/networks/mine/model.onnx", "a network");
    let args = ["--set", "data=\"artifacts/scrape/data\"", "--force"];
    let text = refuses(&workspace, "artifacts/scrape", "scrape", &args);
    assert!(text.contains("`data`"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_of_the_user_is_not_followed() {
    let workspace = workspace();
    workspace.write("photos/cat/1.jpg", "a photo");
    fs_err::create_dir_all(workspace.join("artifacts")).unwrap();
    // No stage has run, so a stage that looked at its inputs first would complain about them.
    for name in crate::STAGES {
        std::os::unix::fs::symlink(workspace.join("photos"), workspace.join("artifacts").join(name)).unwrap();
        let text = refuses(&workspace, "photos", name, &[]);
        assert!(text.contains("photos") || text.contains("was not created by the stage"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn a_cache_that_is_a_link_to_a_folder_of_the_user_is_left_alone() {
    let workspace = workspace();
    workspace.write("mine/1.jpg", "a photo");
    succeed(&workspace, "scrape", &[]);
    for cache in ["fetched", "features", "checkpoints", "pieces"] {
        let link = workspace.join("artifacts/scrape").join(cache);
        fs_err::remove_dir_all(&link).ok();
        std::os::unix::fs::symlink(workspace.join("mine"), &link).unwrap();
        let text = refuses(&workspace, "mine", "scrape", &["--force"]);
        assert!(text.contains(&format!("{cache} is a link to a folder")), "{text}");
        fs_err::remove_file(link).unwrap();
    }
}

#[test]
fn files_of_the_user_in_the_folders_beside_a_stage_are_left_alone() {
    let workspace = workspace();
    for name in [".scrape.partial", ".scrape.old"] {
        workspace.write(format!("artifacts/{name}/notes.txt"), "mine");
        let text = refuses(&workspace, "artifacts", "scrape", &[]);
        assert!(text.contains(&format!("{name} was not created by the stage scrape")), "{text}");
        fs_err::remove_dir_all(workspace.join("artifacts").join(name)).unwrap();
    }
    succeed(&workspace, "scrape", &[]);
}
