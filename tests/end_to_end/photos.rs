//! A test with real photos, if `../shared/photos` exists.

use std::io::Write;

use testkit::workspace_root;

use crate::{STAGES, small_run, succeed};

#[test]
fn real_photos_are_classified() {
    let photos = workspace_root().join("../shared/photos");
    if !photos.is_dir() {
        // Direct output to stderr is visible although the test passes.
        writeln!(std::io::stderr(), "SKIPPED real_photos_are_classified: no photos in ../shared/photos").unwrap();
        return;
    }
    let workspace = small_run("");
    let source = format!("scrape.sources.0.path={:?}", photos.canonicalize().unwrap());
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
