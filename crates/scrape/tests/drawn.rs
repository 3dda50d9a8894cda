//! Tests of the source `drawn` with the built binary.

use std::collections::BTreeMap;

use testkit::Workspace;
use testkit::binary;

/// Runs the stage for `per_class` images with `seed`. Returns the hash of each image by its location.
fn hashes(per_class: usize, seed: u64) -> BTreeMap<String, String> {
    let workspace =
        Workspace::new(&format!("seed = {seed}\n[[scrape.sources]]\nkind = \"drawn\"\nper_class = {per_class}\n"));
    let output = workspace.run(binary("scrape"), &["--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = workspace.text("artifacts/scrape/sources.csv");
    let mut hashes = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap) {
        let image = imaging::read(&workspace.join("artifacts/scrape").join(&row[2]), &imaging::Limits::default());
        let (width, height) = image.unwrap().dimensions();
        assert!((200..=420).contains(&width) && (200..=420).contains(&height), "{width}x{height}");
        assert!(row[3].starts_with(&format!("drawn:{}:", &row[1])), "{row:?}");
        assert_eq!((&row[6], &row[7], &row[13]), ("Tunescope", "CC0-1.0", "kept"));
        hashes.insert(row[3].to_owned(), row[0].to_owned());
    }
    hashes
}

#[test]
fn an_image_depends_only_on_the_seed_and_its_number() {
    let five = hashes(5, 1);
    assert_eq!(five.len(), 15);
    assert_eq!(hashes(5, 1), five);
    let three = hashes(3, 1);
    assert_eq!(three.len(), 9);
    assert!(three.iter().all(|(source, hash)| five[source] == *hash), "a larger per_class keeps the first images");
    let other = hashes(3, 2);
    assert!(other.iter().all(|(source, hash)| three[source] != *hash));
}

#[test]
fn a_second_run_is_up_to_date_and_another_seed_is_not() {
    let workspace = Workspace::new("[[scrape.sources]]\nkind = \"drawn\"\nper_class = 2\n");
    let stderr = |args: &[&str]| {
        let output = workspace.run(binary("scrape"), args);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(stderr(&[]).contains("6 images in 3 classes"));
    let manifest = workspace.text("artifacts/scrape/manifest.csv");
    assert!(stderr(&[]).contains("up to date"));
    stderr(&["--force"]);
    assert_eq!(workspace.text("artifacts/scrape/manifest.csv"), manifest);
    assert!(!stderr(&["--set", "seed=2"]).contains("up to date"));
    assert_ne!(workspace.text("artifacts/scrape/manifest.csv"), manifest);
}

#[test]
fn the_output_of_help_and_json_is_stable() {
    let workspace = Workspace::new("[[scrape.sources]]\nkind = \"drawn\"\nper_class = 1\n");
    let output = |args: &[&str]| String::from_utf8(workspace.run(binary("scrape"), args).stdout).unwrap();
    insta::assert_snapshot!("help", output(&["--help"]));
    insta::assert_snapshot!("json", output(&["--json"]));
}
