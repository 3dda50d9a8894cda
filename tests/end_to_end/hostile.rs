//! A test with broken and hostile files: every stage succeeds, and the tables contain the outcome of each file.

use testkit::hostile::{self, Outcome};

use crate::{all, small_run};

#[test]
fn hostile_files_stop_no_stage() {
    let workspace = small_run("");
    let cases = hostile::write_folder(&workspace.join("photos"));
    all(&workspace, &[]);
    let rows = |file: &str| -> Vec<csv::StringRecord> {
        let mut reader = csv::Reader::from_path(workspace.join(file)).unwrap();
        reader.records().map(Result::unwrap).collect()
    };
    let quarantined = rows("artifacts/preprocess/quarantine.csv");
    let used = rows("artifacts/preprocess/dataset.csv");
    for case in &cases {
        let name = case.path.to_string_lossy().into_owned();
        let reason = quarantined.iter().find(|row| row[0].ends_with(&name)).map(|row| row[1].to_owned());
        let is_used = used.iter().any(|row| row[7].ends_with(&name));
        match case.outcome {
            Outcome::Unusable(text) => {
                let reason = reason.unwrap_or_else(|| panic!("{name} is not in quarantine.csv: {quarantined:?}"));
                assert!(reason.contains(text), "{name}: {reason}");
                assert!(!is_used, "{name} is in dataset.csv");
            }
            Outcome::Usable | Outcome::Quadrants => {
                assert_eq!(reason, None, "{name}");
                assert!(is_used, "{name} is not in dataset.csv");
            }
        }
    }
}
