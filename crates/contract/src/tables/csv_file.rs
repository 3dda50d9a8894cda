//! CSV tables: a row is a struct, a column is a field.
//!
//! Every table is written and read here, and [`pipeline::spreadsheet`] keeps spreadsheets from running its texts.

use anyhow::{Context, Result, anyhow, ensure};
use csv::{ErrorKind, StringRecord};
use pipeline::spreadsheet::{protect_csv, restore_record};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::columns::columns;
use crate::artifact::Artifact;

/// A row of a CSV table. The fields of the struct are the columns, in the same order.
///
/// `Vec<R>` is the table, an [`Artifact`].
pub trait Row: Serialize + DeserializeOwned {
    /// The stage that writes the table.
    const STAGE: &'static str;
    /// The table's file.
    const FILE: &'static str;

    /// Returns the names of the columns.
    fn columns() -> Vec<&'static str> {
        columns::<Self>().to_vec()
    }

    /// Reads a row by the names in `header`. Columns that the struct does not have are ignored.
    fn from_record(record: &StringRecord, header: &StringRecord) -> csv::Result<Self> {
        record.deserialize(Some(header))
    }

    /// Says what is wrong with a row beyond its types.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

impl<R: Row> Artifact for Vec<R> {
    const STAGE: &'static str = R::STAGE;
    const FILE: &'static str = R::FILE;

    fn encode(&self) -> Result<Vec<u8>> {
        encode(R::columns(), self)
    }

    fn decode(bytes: &[u8]) -> Result<Self> {
        Ok(decode(bytes)?.1)
    }
}

/// Returns a table as CSV: the header, then a line for each row.
pub(super) fn encode<R: Serialize>(columns: impl IntoIterator<Item: AsRef<[u8]>>, rows: &[R]) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        writer.serialize(row)?;
    }
    Ok(protect_csv(writer.into_inner()?)?)
}

/// Reads the header and the rows of a table.
pub(super) fn decode<R: Row>(bytes: &[u8]) -> Result<(StringRecord, Vec<R>)> {
    decode_with(bytes, &R::columns(), |record, header| {
        let row = R::from_record(record, header).map_err(|error| explained(&error, header))?;
        row.check().map_err(|why| anyhow!("{}: {why}", line(record)))?;
        Ok(row)
    })
}

/// Reads the header, which has to have `columns`, and the rows, each by `read`.
pub(super) fn decode_with<R>(
    bytes: &[u8],
    columns: &[&str],
    mut read: impl FnMut(&StringRecord, &StringRecord) -> Result<R>,
) -> Result<(StringRecord, Vec<R>)> {
    let mut reader = csv::Reader::from_reader(bytes);
    let none = StringRecord::new();
    let header = restore_record(reader.headers().map_err(|error| explained(&error, &none))?.clone());
    for column in columns {
        ensure!(header.iter().any(|name| name == *column), "line 1: there is no column `{column}`");
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = restore_record(record.map_err(|error| explained(&error, &header))?);
        rows.push(read(&record, &header)?);
    }
    Ok((header, rows))
}

/// Reads a row by the names in `header`.
pub(super) fn row_of<R: DeserializeOwned>(record: &StringRecord, header: &StringRecord) -> Result<R> {
    record.deserialize(Some(header)).map_err(|error| explained(&error, header))
}

/// Reads the number in the cell at `place`.
pub(super) fn number<T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    record: &StringRecord,
    header: &StringRecord,
    place: usize,
) -> Result<T> {
    let name = header.get(place).unwrap_or_default();
    let cell = record.get(place).with_context(|| format!("{}: column `{name}` is missing", line(record)))?;
    cell.parse().with_context(|| format!("{}, column `{name}`: `{cell}`", line(record)))
}

/// Returns the cells of a row. A row that cannot be written has none.
pub(super) fn cells(row: &impl Serialize) -> Vec<String> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let text = writer.serialize(row).ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(str::to_owned).collect()
}

fn line(record: &StringRecord) -> String {
    record.position().map_or_else(|| "some line".to_owned(), |at| format!("line {}", at.line()))
}

/// Says which line and column is wrong, and why.
fn explained(error: &csv::Error, header: &StringRecord) -> anyhow::Error {
    let at = error.position().map_or_else(String::new, |at| format!("line {}", at.line()));
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            anyhow!("{at} has {len} fields, but the header has {expected_len}")
        }
        ErrorKind::Utf8 { .. } => anyhow!("{at} is not UTF-8 text"),
        ErrorKind::Deserialize { err, .. } => {
            let name = err.field().and_then(|place| header.get(place as usize));
            let column = name.map_or_else(String::new, |name| format!(", column `{name}`"));
            anyhow!("{at}{column}: {}", err.kind())
        }
        _ => anyhow!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Weighed {
        name: String,
        #[serde(rename = "kg", serialize_with = "super::super::text::plain_or_empty")]
        weight: Option<f64>,
    }

    impl Row for Weighed {
        const STAGE: &'static str = "train";
        const FILE: &'static str = "weighed.csv";

        fn check(&self) -> Result<(), String> {
            if self.name.is_empty() { Err("a name is missing".into()) } else { Ok(()) }
        }
    }

    fn rows() -> Vec<Weighed> {
        vec![Weighed { name: "a, b".into(), weight: Some(1e-7) }, Weighed { name: "c".into(), weight: None }]
    }

    #[test]
    fn a_table_has_a_header_with_and_without_rows() {
        assert_eq!(String::from_utf8(rows().encode().unwrap()).unwrap(), "name,kg\n\"a, b\",0.0000001\nc,\n");
        assert_eq!(Vec::<Weighed>::new().encode().unwrap(), b"name,kg\n");
    }

    #[test]
    fn a_table_is_read_back_by_the_names_of_its_columns() {
        assert_eq!(Vec::<Weighed>::decode(&rows().encode().unwrap()).unwrap(), rows());
        let turned = Vec::<Weighed>::decode(b"new,kg,name\n1,2,a\n").unwrap();
        assert_eq!(turned, [Weighed { name: "a".into(), weight: Some(2.0) }]);
    }

    #[test]
    fn a_text_that_looks_like_a_formula_is_marked_and_a_negative_number_is_not() {
        let rows = vec![Weighed { name: "=1+1".into(), weight: Some(-1.5) }];
        assert_eq!(String::from_utf8(rows.encode().unwrap()).unwrap(), "name,kg\n'=1+1,-1.5\n");
    }

    #[test]
    fn the_error_for_a_damaged_table_names_the_line() {
        for (text, why) in [
            ("", "line 1: there is no column `name`"),
            ("name\na\n", "line 1: there is no column `kg`"),
            ("name,kg\na,1\nb\n", "line 3 has 1 fields, but the header has 2"),
            ("name,kg\na,heavy\n", "line 2, column `kg`: invalid float literal"),
            ("name,kg\n,1\n", "line 2: a name is missing"),
        ] {
            let error = Vec::<Weighed>::decode(text.as_bytes()).unwrap_err();
            assert_eq!(format!("{error:#}"), why, "{text:?}");
        }
        assert!(format!("{:#}", Vec::<Weighed>::decode(b"name,kg\n\xff,1\n").unwrap_err()).contains("not UTF-8"));
    }

    #[test]
    fn an_error_names_the_file_and_the_stage_to_run() {
        let folder = tempfile::tempdir().unwrap();
        let missing = pipeline::error::render(&Vec::<Weighed>::read(folder.path()).unwrap_err());
        assert!(missing.contains("weighed.csv") && missing.contains("hint: run `just train --force`"), "{missing}");
        assert!(Vec::<Weighed>::find_in(folder.path()).unwrap().is_none());
        folder.path().join("train").as_path().put_text("name,kg\na\n");
        let damaged = pipeline::error::render(&Vec::<Weighed>::read(folder.path()).unwrap_err());
        assert!(damaged.contains("weighed.csv is damaged: line 2 has 1 fields"), "{damaged}");
        assert!(damaged.contains("hint: run `just train --force`"), "{damaged}");
    }

    trait PutText {
        fn put_text(&self, text: &str);
    }

    impl PutText for std::path::Path {
        fn put_text(&self, text: &str) {
            crate::Outputs::put(self, Weighed::FILE, text.as_bytes()).unwrap();
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Vec::<Weighed>::decode(&bytes);
        }

        #[test]
        fn every_row_is_read_back(name in "[=+@;\t\r\n'\" a1.,-]{1,9}|\\PC{1,9}", weight: Option<i32>) {
            let rows = vec![Weighed { name, weight: weight.map(f64::from) }];
            proptest::prop_assert_eq!(Vec::<Weighed>::decode(&rows.encode().unwrap()).unwrap(), rows);
        }
    }
}
