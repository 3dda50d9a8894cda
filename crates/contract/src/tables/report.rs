//! The report: an HTML file that the stage `report` puts next to the analyses.

use crate::stages;

/// The stage whose folder has the report. The links of the report are relative to this folder.
pub const FOLDER: &str = stages::ANALYZE;
/// The report, in [`FOLDER`].
pub const FILE: &str = "report.html";

/// Returns the path of a file of `stage`, relative to the report.
pub fn relative(stage: &str, file: &str) -> String {
    if stage == FOLDER { file.to_owned() } else { format!("../{stage}/{file}") }
}
