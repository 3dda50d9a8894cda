//! Products of rows and matrices by the kernel that multiplies transformed tiles, for rows that others make.

use crate::processor::dispatch;
use crate::product::{Panel, Product, WIDE};
use crate::spectra::{LANES, Lanes, Scratch};

/// Matrices `[channels, filters]` laid out for products with rows of channels.
///
/// Rows are given and sums are written by groups of [`LANES`]: `[groups, rows]` pieces of [`LANES`] values, where what lies
/// behind the last channel or filter is padding.
#[derive(Debug)]
pub struct Matrices {
    groups: usize,
    filter_groups: usize,
    /// `[matrices, panels, groups]`.
    panels: Scratch,
}

impl Matrices {
    /// `count` matrices of so many channels and filters. `values` is told a channel and a filter, and fills in what each of
    /// the matrices holds for them, `[count]`.
    pub fn new(
        count: usize,
        [channels, filters]: [usize; 2],
        mut values: impl FnMut(usize, usize, &mut [f32]),
    ) -> Self {
        let (groups, filter_groups) = (channels.div_ceil(LANES), filters.div_ceil(LANES));
        let wide = filter_groups.div_ceil(WIDE);
        let mut panels = Scratch::new(count * wide * groups * WIDE * LANES);
        panels.lanes_mut().fill([0.0; LANES]);
        let all: &mut [Panel] = panels.lanes_mut().as_chunks_mut().0.as_chunks_mut().0;
        let mut found = vec![0.0; count];
        // Panel by panel, so that neighbours are written one after the other.
        let filters_of = |at: usize| at * WIDE * LANES..filters.min((at + 1) * WIDE * LANES);
        let pairs =
            (0..wide).flat_map(|at| (0..channels).flat_map(move |c| filters_of(at).map(move |filter| (c, filter))));
        for (channel, filter) in pairs {
            values(channel, filter, &mut found);
            let (part, lane) = (filter / LANES % WIDE, filter % LANES);
            let places = all[filter / LANES / WIDE * groups + channel / LANES..].iter_mut().step_by(wide * groups);
            for (panel, value) in places.zip(&found) {
                panel[channel % LANES][part][lane] = *value;
            }
        }
        Self { groups, filter_groups, panels }
    }

    /// Groups of [`LANES`] channels and of [`LANES`] filters, the last of each perhaps not full.
    pub fn groups(&self) -> [usize; 2] {
        [self.groups, self.filter_groups]
    }

    /// Writes the products of `rows`, `[groups of channels, n]`, and one matrix over `into`, `[groups of filters, n]`. Sums are
    /// taken in the order of the channels, whatever the number of rows, so a row's have the same bits in any company.
    ///
    /// # Panics
    /// Where there is no such matrix, or the lengths do not fit each other.
    pub fn multiply(&self, matrix: usize, rows: &[Lanes], into: &mut [Lanes]) {
        let count = rows.len() / self.groups.max(1);
        assert_eq!(rows.len(), count * self.groups, "whole groups of rows");
        assert_eq!(into.len(), count * self.filter_groups, "a sum for each row and filter");
        if count == 0 {
            return;
        }
        for (into, panels) in into.chunks_mut(WIDE * count).zip(self.of(matrix).chunks_exact(self.groups)) {
            let mut into: Vec<&mut [Lanes]> = into.chunks_exact_mut(count).collect();
            let a = |group: usize| &rows[group * count..][..count];
            let b = |group: usize| &panels[group];
            dispatch(Product { into: &mut into, a: &a, b: &b, groups: self.groups });
        }
    }

    /// One matrix, `[panels, groups]`.
    pub(crate) fn of(&self, matrix: usize) -> &[Panel] {
        let each = self.filter_groups.div_ceil(WIDE) * self.groups;
        let all: &[Panel] = self.panels.lanes().as_chunks().0.as_chunks().0;
        &all[matrix * each..][..each]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(matrix: usize, channel: usize, filter: usize) -> f32 {
        ((matrix * 31 + channel * 17 + filter * 7) % 29) as f32 / 14.0 - 1.0
    }

    fn value(row: usize, channel: usize) -> f32 {
        ((row * 13 + channel * 5) % 23) as f32 / 11.0 - 1.0
    }

    /// The sums `[rows, filters]` of rows `rows` by each matrix.
    fn sums(matrices: &Matrices, count: usize, [channels, filters]: [usize; 2], rows: &[usize]) -> Vec<Vec<f32>> {
        let [groups, filter_groups] = matrices.groups();
        let mut given = vec![[0.0; LANES]; groups * rows.len()];
        for (at, &row) in rows.iter().enumerate() {
            for channel in 0..channels {
                given[channel / LANES * rows.len() + at][channel % LANES] = value(row, channel);
            }
        }
        let mut into = vec![[f32::NAN; LANES]; filter_groups * rows.len()];
        let read = |into: &[Lanes], at: usize, filter: usize| into[filter / LANES * rows.len() + at][filter % LANES];
        let mut all = Vec::new();
        for matrix in 0..count {
            matrices.multiply(matrix, &given, &mut into);
            let places = (0..rows.len()).flat_map(|at| (0..filters).map(move |filter| (at, filter)));
            all.push(places.map(|(at, filter)| read(&into, at, filter)).collect());
        }
        all
    }

    #[test]
    fn rows_are_multiplied_whatever_their_company() {
        for sizes in [[1, 1], [16, 64], [19, 33], [150, 70], [130, 129]] {
            let [channels, filters] = sizes;
            let count = 3;
            let matrices = Matrices::new(count, sizes, |channel, filter, values| {
                values.iter_mut().enumerate().for_each(|(matrix, value)| *value = factor(matrix, channel, filter));
            });
            let rows: Vec<usize> = (0..13).collect();
            let together = sums(&matrices, count, sizes, &rows);
            for (matrix, found) in together.iter().enumerate() {
                for (at, found) in found.iter().enumerate() {
                    let (row, filter) = (at / filters, at % filters);
                    let pairs = (0..channels).map(|c| (value(row, c), factor(matrix, c, filter)));
                    let exact: f64 = pairs.map(|(a, b)| f64::from(a) * f64::from(b)).sum();
                    assert!((f64::from(*found) - exact).abs() < 1e-4, "{sizes:?}, matrix {matrix}: {found}, {exact}");
                }
                let alone = &sums(&matrices, count, sizes, &rows[12..])[matrix];
                assert_eq!(&found[12 * filters..], alone, "{sizes:?}: the same bits alone");
            }
            assert!(sums(&matrices, count, sizes, &[]).concat().is_empty());
        }
    }
}
