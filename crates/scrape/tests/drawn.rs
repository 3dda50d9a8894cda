//! Source `drawn`, by the built binary: the same seed draws the same pictures, another seed others.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use assert_cmd::cargo::cargo_bin;
use testkit::Workspace;

/// Runs the stage for `per_class` pictures with `seed`; the hash of each picture, by its source.
fn drawn(per_class: usize, seed: u64) -> BTreeMap<String, String> {
    let workspace =
        Workspace::new(&format!("seed = {seed}\n[[scrape.sources]]\nkind = \"drawn\"\nper_class = {per_class}\n"));
    let output = workspace.run(cargo_bin("scrape"), &["--quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = workspace.text("artifacts/scrape/sources.csv");
    let mut hashes = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records().map(Result::unwrap) {
        let picture = imaging::read(&workspace.join("artifacts/scrape").join(&row[2]), &imaging::Limits::default());
        let (width, height) = picture.unwrap().dimensions();
        assert!((200..=420).contains(&width) && (200..=420).contains(&height), "{width}x{height}");
        assert!(row[3].starts_with(&format!("drawn:{}:", &row[1])), "{row:?}");
        assert_eq!((&row[6], &row[7], &row[13]), ("Tunescope", "CC0-1.0", "kept"));
        hashes.insert(row[3].to_owned(), row[0].to_owned());
    }
    hashes
}

#[test]
fn pictures_depend_on_the_seed_and_their_number_alone() {
    let five = drawn(5, 1);
    assert_eq!(five.len(), 15);
    assert_eq!(drawn(5, 1), five);
    let three = drawn(3, 1);
    assert_eq!(three.len(), 9);
    assert!(three.iter().all(|(source, hash)| five[source] == *hash), "asking for more leaves the others as they are");
    let other = drawn(3, 2);
    assert!(other.iter().all(|(source, hash)| three[source] != *hash));
}

#[test]
fn a_second_run_is_up_to_date_and_another_seed_is_not() {
    let workspace = Workspace::new("[[scrape.sources]]\nkind = \"drawn\"\nper_class = 2\n");
    let talk = |args: &[&str]| {
        let output = workspace.run(cargo_bin("scrape"), args);
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(talk(&[]).contains("6 pictures in 3 classes"));
    let manifest = workspace.text("artifacts/scrape/manifest.csv");
    assert!(talk(&[]).contains("up to date"));
    talk(&["--force"]);
    assert_eq!(workspace.text("artifacts/scrape/manifest.csv"), manifest);
    assert!(!talk(&["--set", "seed=2"]).contains("up to date"));
    assert_ne!(workspace.text("artifacts/scrape/manifest.csv"), manifest);
}

#[test]
fn the_command_line_is_as_documented() {
    let workspace = Workspace::new("[[scrape.sources]]\nkind = \"drawn\"\nper_class = 1\n");
    let output = |args: &[&str]| String::from_utf8(workspace.run(cargo_bin("scrape"), args).stdout).unwrap();
    insta::assert_snapshot!("help", output(&["--help"]));
    insta::assert_snapshot!("json", output(&["--json"]));
}
