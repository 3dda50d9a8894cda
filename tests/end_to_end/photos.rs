//! The same on real pictures, where they lie beside the project.

use testkit::workspace_root;

use crate::{STAGES, small_run, succeed};

#[test]
fn real_photos_are_told_apart() {
    let photos = workspace_root().join("../shared/photos");
    if !photos.is_dir() {
        eprintln!("SKIPPED: no real photos beside the project (../shared/photos)");
        return;
    }
    let workspace = small_run("");
    let source = format!("scrape.source.path={:?}", photos.canonicalize().unwrap());
    for name in &STAGES[..4] {
        succeed(
            &workspace,
            name,
            &["--set", &source, "--set", "train.max_epochs=20", "--set", "train.sweep.hidden=[[]]"],
        );
    }
    let metrics: serde_json::Value = serde_json::from_str(&workspace.text("artifacts/evaluate/metrics.json")).unwrap();
    assert!(metrics["accuracy"].as_f64().unwrap() >= 0.85, "{metrics}");
}
