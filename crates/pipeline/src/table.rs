//! Tables for stdout: aligned text for people, JSON for machines.

use serde::Serialize;

/// How a column is set.
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
    /// An empty table.
    pub fn new(title: impl Into<String>, columns: &[(&str, Align)]) -> Self {
        Self {
            title: title.into(),
            columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            aligns: columns.iter().map(|(_, align)| *align).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row: one cell for each column.
    pub fn row<C: ToString>(&mut self, cells: impl IntoIterator<Item = C>) -> &mut Self {
        let mut row: Vec<String> = cells.into_iter().map(|cell| one_line(&cell.to_string())).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
        self
    }

    /// The table as aligned text, its title first.
    pub fn to_text(&self) -> String {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = self.rows.iter().map(|row| row[at].chars().count());
                cells.chain([self.columns[at].chars().count()]).max().unwrap_or(0)
            })
            .collect();
        let line = |cells: &[String]| {
            let mut text = String::new();
            for ((cell, width), align) in cells.iter().zip(&widths).zip(&self.aligns) {
                let gap = " ".repeat(width - cell.chars().count());
                match align {
                    Align::Left => text += &format!("  {cell}{gap}"),
                    Align::Right => text += &format!("  {gap}{cell}"),
                }
            }
            text.trim_end().to_owned() + "\n"
        };
        let mut text = format!("{}\n{}", self.title, line(&self.columns));
        for row in &self.rows {
            text += &line(row);
        }
        text
    }
}

/// Control characters (a new line in a class name, a terminal's escape codes) shown as `�`.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_control_characters_are_tamed() {
        let mut table = Table::new("Pictures", &[("class", Align::Left), ("count", Align::Right)]);
        table.row(["cat", "120"]).row(["wal\u{1b}[31mrus", "7"]);
        assert_eq!(
            table.to_text(),
            "Pictures\n  class        count\n  cat            120\n  wal\u{fffd}[31mrus      7\n"
        );
    }
}
