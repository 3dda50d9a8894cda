//! Tables for stdout: aligned text for people, JSON for machines.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

/// The alignment of the cells of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table: a title, named columns, rows of text.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    title: String,
    columns: Vec<String>,
    #[serde(skip)]
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates a table without rows.
    pub fn new(title: impl Into<String>, columns: &[(&str, Align)]) -> Self {
        Self {
            title: title.into(),
            columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            aligns: columns.iter().map(|(_, align)| *align).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row: one cell for each column. Missing cells are empty, and further cells are dropped.
    pub fn row<C: ToString>(&mut self, cells: impl IntoIterator<Item = C>) -> &mut Self {
        let mut row: Vec<String> = cells.into_iter().map(|cell| one_line(&cell.to_string())).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
        self
    }

    /// Returns the title and the aligned rows. Each row is one line, however long it is.
    pub fn to_text(&self) -> String {
        self.render(None)
    }

    /// Returns the text for stdout. Rows that are wider than the terminal are wrapped within their columns of words.
    ///
    /// Without a terminal, the text is that of [`Table::to_text`], so that other programs can read it line by line.
    pub fn for_stdout(&self) -> String {
        let size = terminal_size::terminal_size_of(std::io::stdout());
        self.render(size.map(|(terminal_size::Width(columns), _)| columns))
    }

    /// Returns the title and the aligned rows, for a terminal of `columns` columns. Numbers are never wrapped, so a table with many of
    /// them can still be wider.
    fn render(&self, columns: Option<u16>) -> String {
        let natural = self.layout(None);
        match columns {
            Some(columns) if natural.lines().any(|line| line.width() > usize::from(columns)) => {
                self.layout(Some(columns))
            }
            _ => natural,
        }
    }

    fn layout(&self, columns: Option<u16>) -> String {
        let mut grid = comfy_table::Table::new();
        grid.load_style(NOTHING).set_header(&self.columns).add_rows(&self.rows);
        let content = grid.column_max_content_widths();
        for (column, align) in grid.column_iter_mut().zip(&self.aligns) {
            column.set_padding((GAP, 0)).set_cell_alignment(match align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
        if let Some(columns) = columns {
            grid.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
            for ((column, align), content) in grid.column_iter_mut().zip(&self.aligns).zip(content) {
                column.set_constraint(match align {
                    Align::Left => ColumnConstraint::LowerBoundary(Width::Fixed(GAP + content.min(NARROWEST))),
                    Align::Right => ColumnConstraint::ContentWidth,
                });
            }
        }
        format!("{}\n{}\n", self.title, grid.trim_fmt())
    }
}

/// The columns between two cells, and before the first cell.
const GAP: u16 = 2;
/// A column of words is not wrapped to fewer columns than this.
const NARROWEST: u16 = 12;

/// Replaces control characters (a new line in a name, a terminal's escape codes) by `�`.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_control_characters_are_replaced() {
        let mut table = Table::new("Files", &[("group", Align::Left), ("count", Align::Right)]);
        table.row(["cat", "120"]).row(["wal\u{1b}[31mrus", "7"]);
        assert_eq!(table.to_text(), "Files\n  group        count\n  cat            120\n  wal\u{fffd}[31mrus      7\n");
        assert_eq!(Table::new("Empty", &[("group", Align::Left)]).to_text(), "Empty\n  group\n");
    }

    /// East Asian characters and emoji take two columns of a terminal, and combining marks take none (UAX #11).
    #[test]
    fn wide_characters_keep_the_columns_aligned() {
        let mut table = Table::new("Files", &[("group", Align::Left), ("count", Align::Right), ("note", Align::Left)]);
        table.row(["猫", "120", "a"]).row(["🐕🐕", "7", "b"]).row(["cafe\u{301}", "9", "c"]).row(["naïve", "10", "d"]);
        let expected = [
            "Files",
            "  group  count  note",
            "  猫       120  a",
            "  🐕🐕       7  b",
            "  cafe\u{301}       9  c",
            "  naïve     10  d",
        ];
        assert_eq!(table.to_text().lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_table_that_is_wider_than_the_terminal_wraps_words_and_never_numbers() {
        let columns = [("group", Align::Left), ("number", Align::Right), ("reason", Align::Left)];
        let mut table = Table::new("Rejected", &columns);
        table.row(["cat", "1234567", "the file is not a table and has no known extension"]).row([
            "犬",
            "8",
            "too large",
        ]);
        let expected = "\
Rejected
  group   number  reason
  cat    1234567  the file is not a
                  table and has no
                  known extension
  犬           8  too large
";
        assert_eq!(table.render(Some(38)), expected);
        assert_eq!(table.render(Some(200)), table.to_text());
        assert_eq!(table.render(None), table.to_text());
        // In a very narrow terminal, the table is wider than the terminal and still complete.
        let narrow = table.render(Some(1));
        assert!(narrow.contains("1234567") && narrow.contains("known"), "{narrow}");
    }

    #[test]
    fn json_has_the_title_the_columns_and_the_whole_cells() {
        let mut table = Table::new("Files", &[("group", Align::Left), ("count", Align::Right)]);
        table.row(["猫", "120"]);
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(json, r#"{"title":"Files","columns":["group","count"],"rows":[["猫","120"]]}"#);
    }
}
