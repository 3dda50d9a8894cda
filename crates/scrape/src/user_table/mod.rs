//! Tables that users write with a spreadsheet or an editor: any encoding, any separator, and a header with known names.

mod encoding;

use csv::{ReaderBuilder, StringRecord, Trim};

pub use encoding::decode;

/// The separators that are tried, the usual one first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A table with a header.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UserTable {
    /// The names of the columns, without blanks around them.
    pub header: Vec<String>,
    /// The rows that are not empty. A row can have fewer or more cells than the header.
    pub rows: Vec<StringRecord>,
}

/// The start of a table: its header, and the separator that the file states.
struct Opening<'a> {
    /// The text from the first line that is neither blank nor a comment.
    body: &'a str,
    /// The separator in a line such as `sep=;`, which Excel reads and writes.
    stated: Option<u8>,
}

impl UserTable {
    /// Reads the table in `text`. Returns `None` if its first line has no cell for which `is_known` is true.
    ///
    /// Blank lines and lines that begin with `#` before the header are ignored.
    ///
    /// # Errors
    /// Returns the reason why the rows cannot be read.
    pub fn read(text: &str, is_known: impl Fn(&str) -> bool) -> Result<Option<Self>, String> {
        let Opening { body, stated } = Opening::of(text);
        let separators = stated.map_or(SEPARATORS.to_vec(), |stated| vec![stated]);
        let separator =
            separators.into_iter().find(|separator| header(body, *separator).iter().any(|name| is_known(name)));
        let Some(separator) = separator else { return Ok(None) };
        let header = header(body, separator);
        let mut rows = Vec::new();
        for row in reader(body, separator).records() {
            let row = row.map_err(|error| error.to_string())?;
            // A cell may have several lines. A line with an address and a separator for each column is another row.
            let is_row = |line: &str| {
                line.contains("://") && line.matches(char::from(separator)).count() + 1 >= header.len().max(2)
            };
            let swallows = |cell: &str| cell.lines().skip(1).any(is_row);
            if row.iter().any(swallows) {
                let line = row.position().map_or(0, csv::Position::line);
                return Err(format!("the row that begins in line {line} has a quotation mark that is not closed"));
            }
            if row.iter().any(|cell| !cell.is_empty()) {
                rows.push(row);
            }
        }
        Ok(Some(Self { header, rows }))
    }

    /// Returns the first of `names` that is a column, as its index.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.header.iter().position(|cell| is_name(cell, name)))
    }

    /// Returns the names of all columns that have one of `names`, the column of [`UserTable::column`] first.
    pub fn columns(&self, names: &[&str]) -> Vec<&str> {
        let found = names.iter().flat_map(|name| self.header.iter().filter(|cell| is_name(cell, name)));
        found.map(String::as_str).collect()
    }

    /// Returns the cell of a row in `column`. A missing cell is empty.
    pub fn cell(row: &StringRecord, column: Option<usize>) -> &str {
        column.and_then(|column| row.get(column)).unwrap_or_default()
    }
}

/// Returns the cells of the first line, split at the separator that gives the most cells. A text without a table gives one cell.
pub fn first_line(text: &str) -> Vec<String> {
    let Opening { body, stated } = Opening::of(text);
    let separators = stated.map_or(SEPARATORS.to_vec(), |stated| vec![stated]);
    let lines = separators.into_iter().map(|separator| header(body, separator));
    lines.reduce(|best, line| if line.len() > best.len() { line } else { best }).unwrap_or_default()
}

/// Returns whether a cell of a header is `name`, without regard to case, blanks and underscores.
pub fn is_name(cell: &str, name: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
    };
    letters(cell) == letters(name)
}

impl<'a> Opening<'a> {
    fn of(text: &'a str) -> Self {
        let mut body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut stated = None;
        loop {
            let line = body.lines().next().unwrap_or_default();
            if let (None, Some(separator)) = (stated, separator_line(line)) {
                stated = Some(separator);
            } else if body.is_empty() || !(line.trim().is_empty() || line.trim_start().starts_with('#')) {
                return Self { body, stated };
            }
            body = body.find('\n').map_or("", |end| &body[end + 1..]);
        }
    }
}

/// Returns the separator that a line such as `sep=;` states.
fn separator_line(line: &str) -> Option<u8> {
    let line = line.trim_matches(['\r', '\n', ' ', '"']);
    let stated = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep="))?;
    match &line.as_bytes()[stated.len()..] {
        [separator] if separator.is_ascii() => Some(*separator),
        // Some programs spell the tab as a backslash and a `t`.
        b"\\t" => Some(b'\t'),
        _ => None,
    }
}

fn reader(body: &str, separator: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().flexible(true).trim(Trim::All).delimiter(separator).from_reader(body.as_bytes())
}

fn header(body: &str, separator: u8) -> Vec<String> {
    let read = reader(body, separator).headers().cloned().unwrap_or_default();
    read.iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Option<UserTable> {
        UserTable::read(text, |cell| is_name(cell, "url")).unwrap()
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_is_an_error() {
        let list = |title: &str| format!("url,title\nhttp://x.org/1,{title}\nhttp://x.org/2,b\n");
        let read = |title: &str| UserTable::read(&list(title), |cell| is_name(cell, "url"));
        assert_eq!(read("\"two\nlines\"").unwrap().unwrap().rows.len(), 2);
        assert_eq!(read("\"a\nfrom http://x.org\"").unwrap().unwrap().rows.len(), 2);
        assert_eq!(read("5\" wide").unwrap().unwrap().rows.len(), 2);
        let said = read("\"a").unwrap_err();
        assert_eq!(said, "the row that begins in line 2 has a quotation mark that is not closed");
    }

    #[test]
    fn every_separator_gives_the_same_table() {
        let expected = read("url,class\nhttps://x.org/a,b\n").map(|table| table.header);
        assert_eq!(expected.unwrap(), ["url", "class"]);
        for text in [
            "URL;class\nhttps://x.org/1.jpg;black cat\n",
            "url\tclass\r\nhttps://x.org/1.jpg\tblack cat\r\n",
            "url|class\nhttps://x.org/1.jpg|black cat\n",
            "sep=;\r\nurl;class\r\nhttps://x.org/1.jpg;black cat\r\n",
            "\"sep=;\"\nurl;class\n;\nhttps://x.org/1.jpg;black cat\n;;\n",
            "# a list\n\n\"url\",\"class\"\n\"https://x.org/1.jpg\",\"black cat\"",
            "\u{feff}url,class\nhttps://x.org/1.jpg,black cat",
        ] {
            let table = read(text).unwrap_or_else(|| panic!("{text:?}"));
            assert_eq!((table.header.len(), table.rows.len()), (2, 1), "{text:?}");
            let cell = |names: &[&str]| UserTable::cell(&table.rows[0], table.column(names)).to_owned();
            assert_eq!(cell(&["url"]), "https://x.org/1.jpg", "{text:?}");
            assert_eq!(cell(&["label", "class"]), "black cat", "{text:?}");
            assert_eq!(cell(&["title"]), "", "{text:?}");
        }
    }

    #[test]
    fn quoted_cells_keep_separators_and_line_breaks() {
        let table = read("url;title\n\"https://x.org/a;b\";\"one\ntwo; \"\"three\"\"\"\n").unwrap();
        assert_eq!(table.rows[0].iter().collect::<Vec<_>>(), ["https://x.org/a;b", "one\ntwo; \"three\""]);
    }

    #[test]
    fn a_text_without_a_known_column_is_no_table() {
        assert_eq!(read("https://x.org/1.jpg\nurl\n"), None);
        assert_eq!(read(""), None);
        assert_eq!(first_line("# a\nfilename;label\n"), ["filename", "label"]);
        assert_eq!(first_line("https://x.org/1.jpg\n"), ["https://x.org/1.jpg"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_table_or_not(text in "\\PC*|((url|sep=|class|,|;|\"|\n|\t|#|é){0,30})") {
            let _ = UserTable::read(&text, |cell| is_name(cell, "url"));
            let _ = first_line(&text);
        }
    }
}
