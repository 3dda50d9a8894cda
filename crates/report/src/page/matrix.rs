//! The confusion matrix: a table whose cells open the images that they count.

use askama::Template;

use super::{Card, Link, Tile, gallery};
use crate::scale;

/// A confusion matrix.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// The title.
    pub title: String,
    /// How to read the matrix.
    pub note: String,
    /// The names of the classes, in the order of the rows and columns.
    pub classes: Vec<String>,
    /// The numbers of images, `counts[label][predicted]`.
    pub counts: Vec<Vec<u64>>,
    /// The images of the cells. A cell without an entry opens nothing.
    pub cells: Vec<Cell>,
    /// Links to the files with the data.
    pub links: Vec<Link>,
}

/// The images of a cell.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The index of the row.
    pub label: usize,
    /// The index of the column.
    pub predicted: usize,
    /// The images.
    pub cards: Vec<Card>,
    /// The number of images that are counted but not shown.
    pub left_out: usize,
}

/// If there are more classes than this, the names above the columns are upright.
const MAX_LEVEL_NAMES: usize = 6;
/// Number of colours for a share.
const STEPS: f64 = 10.0;

impl Matrix {
    fn count(&self, label: usize, predicted: usize) -> u64 {
        self.counts.get(label).and_then(|row| row.get(predicted)).copied().unwrap_or(0)
    }

    fn total(&self, label: usize) -> u64 {
        self.counts.get(label).map_or(0, |row| row.iter().sum())
    }

    /// Returns the anchor of the images of a cell, or `None` if it has no images.
    fn anchor(&self, label: usize, predicted: usize) -> Option<String> {
        let behind = self.cells.iter().any(|cell| (cell.label, cell.predicted) == (label, predicted));
        behind.then(|| format!("cell-{label}-{predicted}"))
    }

    /// Returns the classes of a cell in the style sheet: hit or miss, and the share of the row in ten steps.
    fn class(&self, label: usize, predicted: usize) -> String {
        let (count, total) = (self.count(label, predicted), self.total(label));
        if count == 0 {
            return "none".to_owned();
        }
        let step = (count as f64 / total.max(1) as f64 * STEPS).ceil();
        format!("{} s{step}", if label == predicted { "hit" } else { "miss" })
    }

    /// Returns the description of a cell.
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
        self.classes.len() > MAX_LEVEL_NAMES
    }
}

#[derive(Template)]
#[template(path = "matrix.html")]
struct MatrixTemplate<'a> {
    matrix: &'a Matrix,
    level: u8,
}

/// Returns the HTML of the matrix and its images. Its heading has `level`.
pub(super) fn html(matrix: &Matrix, level: u8) -> askama::Result<String> {
    MatrixTemplate { matrix, level }.render()
}
