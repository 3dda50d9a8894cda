//! CSV files that a spreadsheet opens without running their texts as formulas.
//!
//! A spreadsheet takes a cell for a formula when it begins with `=`, `+`, `-`, `@` or a control character. A formula can
//! send data away or start a program, so a text from a stranger must not become one ("CSV injection", OWASP).
//! [`protect`] puts an apostrophe in front of such a text, and the spreadsheet shows it as text. [`restore`] removes the
//! apostrophe, so reading returns exactly the text that was written. Numbers such as `-1.5` stay as they are.
//!
//! Spreadsheets in countries with a decimal comma split a line at semicolons, and some import dialogs split it at tabs. A
//! cell can therefore also begin in the middle of a text: behind `;`, a tab or a line break.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder, StringRecord, WriterBuilder};

/// The character that makes a spreadsheet take a cell for text.
const MARK: char = '\'';

/// The characters behind which a cell can begin.
const BORDERS: [char; 4] = [';', '\t', '\r', '\n'];

/// The characters with which a formula begins. Spreadsheets for Asian languages also accept the wide forms.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Returns `text` with an apostrophe in front of every part that a spreadsheet could take for a formula.
pub fn protect(text: &str) -> Cow<'_, str> {
    edit(text, |changed, cell| {
        changed.push(MARK);
        cell
    })
}

/// Returns the text that [`protect`] has changed to `text`. A text that `protect` does not return stays as it is.
pub fn restore(text: &str) -> Cow<'_, str> {
    edit(text, |_, cell| cell.strip_prefix(MARK).unwrap_or(cell))
}

/// Calls `change` with each cell of `text` that is a formula once its apostrophes are removed. `change` may add to the new
/// text and returns the part of the cell that follows.
///
/// The decision depends only on what is behind the apostrophes, so it is the same for a text and for its protected form.
fn edit<'a>(text: &'a str, change: impl Fn(&mut String, &'a str) -> &'a str) -> Cow<'a, str> {
    if text.trim_start_matches(MARK).parse::<f64>().is_ok() {
        return Cow::Borrowed(text);
    }
    let mut changed = String::new();
    let mut rest = text;
    let mut copied = text;
    loop {
        if is_formula(rest.trim_start_matches(MARK)) {
            changed.push_str(&copied[..copied.len() - rest.len()]);
            copied = change(&mut changed, rest);
        }
        // Borders are no apostrophes, so the search finds the border behind the apostrophes too.
        let Some(border) = rest.find(BORDERS) else { break };
        rest = &rest[border + 1..];
    }
    if copied.len() == text.len() && changed.is_empty() {
        return Cow::Borrowed(text);
    }
    changed.push_str(copied);
    Cow::Owned(changed)
}

/// Returns whether a spreadsheet can take `cell` for a formula. A quotation mark at the beginning encloses the cell.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches([' ', '"', '\u{a0}']).starts_with(FORMULA)
}

/// Returns the CSV file `bytes` with every cell protected. A file without formulas is returned unchanged.
///
/// # Errors
/// Returns an error when the file cannot be read as CSV.
pub fn protect_csv(bytes: Vec<u8>) -> csv::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().has_headers(false).flexible(true).from_writer(Vec::new());
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice());
    let (mut record, mut is_changed) = (StringRecord::new(), false);
    while reader.read_record(&mut record)? {
        let cells: Vec<Cow<str>> = record.iter().map(protect).collect();
        is_changed |= cells.iter().any(|cell| matches!(cell, Cow::Owned(_)));
        writer.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
    }
    if !is_changed {
        return Ok(bytes);
    }
    writer.into_inner().map_err(|error| csv::Error::from(std::io::Error::other(error.to_string())))
}

/// Returns a record of a CSV file with every cell restored. It keeps its position.
pub fn restore_record(record: StringRecord) -> StringRecord {
    if !record.iter().any(|cell| matches!(restore(cell), Cow::Owned(_))) {
        return record;
    }
    let mut restored: ByteRecord = record.iter().map(|cell| restore(cell).into_owned().into_bytes()).collect();
    restored.set_position(record.position().cloned());
    StringRecord::from_byte_record_lossy(restored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        for (text, protected) in [
            ("=1+1", "'=1+1"),
            ("+49 30 123", "'+49 30 123"),
            ("-foo", "'-foo"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r\n", "'\r'\n"),
            (" =1", "' =1"),
            ("\"=1", "'\"=1"),
            ("＝1", "'＝1"),
            ("'=1", "''=1"),
            ("a;=HYPERLINK(\"//x\")", "a;'=HYPERLINK(\"//x\")"),
            ("a;'-1", "a;''-1"),
            ("two\nlines\n-here", "two\nlines\n'-here"),
        ] {
            assert_eq!(protect(text), protected, "{text:?}");
            assert_eq!(restore(protected), text, "{text:?}");
        }
        for text in [
            "",
            "-1.5",
            "+3",
            "-1e-7",
            "-inf",
            "-.5",
            "'-1.5",
            "'quoted'",
            "a=b",
            "4096-4096",
            "a; b",
            "a-b;c",
            "https://x.org/?a=-1",
            "'",
            "can't",
        ] {
            assert!(matches!(protect(text), Cow::Borrowed(same) if same == text), "{text:?}");
            assert!(matches!(restore(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn an_ordinary_file_keeps_its_bytes() {
        let text = "path,kg\n\"a, \"\"b\"\"\",-1.5\n\"two\nlines\",0.0000001\n\"\",\n";
        assert_eq!(protect_csv(text.as_bytes().to_vec()).unwrap(), text.as_bytes());
        assert_eq!(protect_csv(b"a,b\n=1,-2\n".to_vec()).unwrap(), b"a,b\n'=1,-2\n");
    }

    /// Generates texts of the characters that matter.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof!["[=+@;\t\r\n'\" a1.,＝-]{0,12}", "[+-]?[0-9]{1,3}(\\.[0-9]{1,3})?", "\\PC{0,12}"]
    }

    /// Returns the cells that a spreadsheet finds in a CSV file when it splits lines at `delimiter`.
    fn opened(bytes: &[u8], delimiter: u8) -> Vec<String> {
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
        let records: Vec<StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        records.iter().flat_map(|record| record.iter().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    proptest! {
        #[test]
        fn every_text_is_restored(text in texts()) {
            let protected = protect(&text).into_owned();
            prop_assert_eq!(restore(&protected), text.as_str());
        }

        #[test]
        fn no_spreadsheet_finds_a_formula(first in texts(), second in texts()) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["id", "title", "author"]).unwrap();
            writer.write_record(["1", &first, &second]).unwrap();
            let bytes = protect_csv(writer.into_inner().unwrap()).unwrap();
            for delimiter in [b',', b';', b'\t'] {
                for cell in opened(&bytes, delimiter) {
                    let begins = cell.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '＝']);
                    prop_assert!(!begins || cell.parse::<f64>().is_ok(), "{cell:?} in {}", String::from_utf8_lossy(&bytes));
                }
            }
        }
    }
}
