//! The confusion matrix: a table whose cells open the images behind them.

use askama::Template;

use super::{Card, Link, Tile, gallery};
use crate::scale;

/// How often each class was taken for each other.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// What it is.
    pub title: String,
    /// How to read it.
    pub note: String,
    /// The classes, in the order of rows and columns.
    pub classes: Vec<String>,
    /// `counts[label][predicted]`.
    pub counts: Vec<Vec<u64>>,
    /// The images behind the cells; a cell without an entry opens nothing.
    pub cells: Vec<Cell>,
    /// The files behind it.
    pub links: Vec<Link>,
}

/// The images behind one cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The row.
    pub label: usize,
    /// The column.
    pub predicted: usize,
    /// The images.
    pub cards: Vec<Card>,
    /// Images that are counted and not shown.
    pub left_out: usize,
}

/// Beyond this many classes their names stand upright above the columns.
const LEVEL: usize = 6;
/// Steps of colour.
const STEPS: f64 = 10.0;

impl Matrix {
    fn count(&self, label: usize, predicted: usize) -> u64 {
        self.counts.get(label).and_then(|row| row.get(predicted)).copied().unwrap_or(0)
    }

    fn total(&self, label: usize) -> u64 {
        self.counts.get(label).map_or(0, |row| row.iter().sum())
    }

    /// Anchor of the images behind a cell, if it has any.
    fn anchor(&self, label: usize, predicted: usize) -> Option<String> {
        let behind = self.cells.iter().any(|cell| (cell.label, cell.predicted) == (label, predicted));
        behind.then(|| format!("cell-{label}-{predicted}"))
    }

    /// A cell's colour: hit or miss, and in ten steps the share of the row.
    fn class(&self, label: usize, predicted: usize) -> String {
        let (count, total) = (self.count(label, predicted), self.total(label));
        if count == 0 {
            return "none".to_owned();
        }
        let step = (count as f64 / total.max(1) as f64 * STEPS).ceil();
        format!("{} s{step}", if label == predicted { "hit" } else { "miss" })
    }

    /// A cell in words.
    fn words(&self, label: usize, predicted: usize) -> String {
        let (count, total) = (self.count(label, predicted), self.total(label));
        let share = scale::percent(count as f64 / total.max(1) as f64);
        let [label, predicted] = [label, predicted].map(|index| self.classes.get(index).map_or("?", String::as_str));
        if label == predicted {
            format!("{count} of {total} {label} recognized ({share})")
        } else {
            format!("{count} of {total} {label} taken for {predicted} ({share})")
        }
    }

    fn upright(&self) -> bool {
        self.classes.len() > LEVEL
    }
}

#[derive(Template)]
#[template(path = "matrix.html")]
struct MatrixTemplate<'a> {
    matrix: &'a Matrix,
    level: u8,
}

/// The matrix with its images, its heading of `level`.
pub(super) fn html(matrix: &Matrix, level: u8) -> askama::Result<String> {
    MatrixTemplate { matrix, level }.render()
}
