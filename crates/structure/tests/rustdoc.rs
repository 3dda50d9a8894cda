//! Compares the uses that the check finds with those that rustdoc finds in `tests/reference/fixture`.

use std::collections::BTreeSet;
use std::path::Path;

use structure::modules::uses_of_crate;

/// A file and another file of which it names items, as rustdoc reads them, with the lines of paths and of method calls.
type UsesOfFile = (String, String, Vec<usize>, Vec<usize>);

/// rustdoc links no name inside `format!` and in the definition of a macro.
const NOT_IN_RUSTDOC: [(&str, &str); 2] = [("a_macros.rs", "y_values.rs"), ("macro_calls.rs", "y_values.rs")];

#[test]
fn every_use_that_rustdoc_finds_is_found_and_no_other() {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let rows: Vec<UsesOfFile> =
        serde_json::from_str(&fs_err::read_to_string(reference.join("uses.json")).unwrap()).unwrap();
    assert!(rows.len() > 40);
    let mut expected: BTreeSet<(String, String)> = rows.into_iter().map(|(from, to, ..)| (from, to)).collect();
    expected.extend(NOT_IN_RUSTDOC.map(|(from, to)| (from.to_owned(), to.to_owned())));
    let text = |path: &Path| path.strip_prefix("src").unwrap().to_str().unwrap().to_owned();
    let found = uses_of_crate(&reference.join("fixture")).unwrap();
    let found: BTreeSet<_> = found.iter().map(|part| (text(&part.file), text(&part.target))).collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    assert!(missing.is_empty() && more.is_empty(), "missing: {missing:?}\nonly here: {more:?}");
}
