//! What the stages before this one found, read from their files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::view::Run;
use anyhow::{Context, Result, anyhow};
use contract::stages;
use contract::{Artifact, Dataset, Judgement, Metrics};
use pipeline::HintExt;
use serde::Deserialize;

/// The stages whose configuration and outputs the report names.
const STAGES: [&str; 4] = ["scrape", "preprocess", "train", "evaluate"];

/// `config.resolved.toml` of every stage before this one, in their order; a stage without one is left out.
pub(crate) fn configurations(artifacts: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut found = Vec::new();
    for stage in STAGES {
        let path = artifacts.join(stage).join("config.resolved.toml");
        if path.exists() {
            found.push((stage, fs_err::read_to_string(path)?));
        }
    }
    Ok(found)
}

/// What a finished stage was made from and what came of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Lock {
    /// The stage.
    pub stage: String,
    /// Hash of everything that its outputs depend on.
    pub key_hash: String,
    key: Key,
    /// Hash of its `manifest.csv`, which holds the hashes of all its outputs.
    pub manifest: String,
}

#[derive(Debug, Deserialize)]
struct Key {
    inputs: BTreeMap<String, String>,
}

impl Lock {
    /// What came from outside the pipeline, and its version or hash.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.key.inputs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// `stage.lock.json` of every finished stage before this one, in their order.
pub(crate) fn locks(artifacts: &Path) -> Result<Vec<Lock>> {
    let mut found = Vec::new();
    for stage in STAGES {
        let path = artifacts.join(stage).join("stage.lock.json");
        if path.exists() {
            let lock = serde_json::from_slice(&fs_err::read(&path)?);
            let again = format!("run `just {stage} --force`");
            found.push(lock.with_context(|| format!("{} is damaged", path.display())).hint(again)?);
        }
    }
    Ok(found)
}

/// A CSV file, its cells by column name.
#[derive(Debug)]
pub(crate) struct Sheet {
    path: PathBuf,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Reads `folder`/`name`, a file of `stage`.
    pub fn read(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(name);
        let stage = folder.file_name().unwrap_or_default().display().to_string();
        let again = || format!("run `just {stage} --force`");
        let text = fs_err::read(&path).hint(again())?;
        let damaged = || format!("{} is damaged", path.display());
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let columns = reader.headers().with_context(damaged).hint(again())?.iter().map(str::to_owned).collect();
        let rows: Result<Vec<Vec<String>>, csv::Error> =
            reader.records().map(|row| Ok(row?.iter().map(str::to_owned).collect())).collect();
        let rows = rows.with_context(damaged).hint(again())?;
        Ok(Self { path, columns, rows })
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().enumerate().map(|(number, cells)| Row { sheet: self, number, cells })
    }
}

/// One row of a [`Sheet`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    sheet: &'a Sheet,
    number: usize,
    cells: &'a [String],
}

impl<'a> Row<'a> {
    /// The cell in `column`.
    pub fn text(&self, column: &str) -> Result<&'a str> {
        let place = self.sheet.columns.iter().position(|name| name == column);
        let place = place.ok_or_else(|| anyhow!("{} has no column `{column}`", self.sheet.path.display()))?;
        Ok(self.cells.get(place).map_or("", String::as_str))
    }

    /// The number in `column`; `None` where the cell is empty or not a number.
    pub fn number(&self, column: &str) -> Result<Option<f64>> {
        Ok(self.text(column)?.parse().ok().filter(|v: &f64| v.is_finite()))
    }

    /// The number in `column`, which has to be there.
    pub fn sure(&self, column: &str) -> Result<f64> {
        self.number(column)?.ok_or_else(|| {
            anyhow!("{}, row {}: `{column}` is not a number", self.sheet.path.display(), self.number + 1)
        })
    }
}

/// Everything that `train` and `evaluate` found.
#[derive(Debug)]
pub(crate) struct Results {
    pub metrics: Metrics,
    pub predictions: Vec<Judgement>,
    pub per_class: Sheet,
    pub calibration: Sheet,
    pub top_images: Sheet,
    pub trials: Sheet,
    pub history: Sheet,
    pub quarantine: Sheet,
}

impl Results {
    /// Reads the files of the stages before this one.
    pub fn read(run: &Run, dataset: &Dataset) -> Result<Self> {
        let (train, evaluate) = (run.upstream(stages::TRAIN), run.upstream(stages::EVALUATE));
        Ok(Self {
            metrics: Metrics::read(run.artifacts())?,
            predictions: Judgement::read(run.artifacts(), dataset)?,
            per_class: Sheet::read(&evaluate, "per_class.csv")?,
            calibration: Sheet::read(&evaluate, "calibration.csv")?,
            top_images: Sheet::read(&evaluate, "top_images.csv")?,
            trials: Sheet::read(&train, "trials.csv")?,
            history: Sheet::read(&train, "history.csv")?,
            quarantine: Sheet::read(&run.upstream(stages::PREPROCESS), "quarantine.csv")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_found_by_name_and_faults_are_named() {
        let workspace = testkit::Workspace::new("");
        workspace.write("train/a.csv", "trial,loss\n1,0.5\n2,\n");
        let sheet = Sheet::read(&workspace.join("train"), "a.csv").unwrap();
        let rows: Vec<Row> = sheet.rows().collect();
        assert_eq!(rows[0].number("loss").unwrap(), Some(0.5));
        assert_eq!(rows[1].number("loss").unwrap(), None);
        assert!(rows[1].sure("loss").unwrap_err().to_string().contains("row 2: `loss`"));
        assert!(rows[0].text("accuracy").unwrap_err().to_string().contains("no column `accuracy`"));
        let error = Sheet::read(&workspace.join("train"), "b.csv").unwrap_err();
        assert!(pipeline::error::render(&error).contains("hint: run `just train --force`"));
    }
}
