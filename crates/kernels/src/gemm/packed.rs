//! Packed matrices, and their products with rows.

use super::micro_kernel::Multiply;
use super::panel::{PANEL_GROUPS, Panel, panels, panels_mut};
use crate::memory::PooledBuffer;
use crate::simd::{LANES, Lanes, dispatch};

/// Matrices `[channels, filters]`, all of one size, packed for products with rows of channels.
///
/// Rows and results are stored by groups of [`LANES`] values: rows are `[channel groups, n]`, results `[filter groups, n]`. The
/// values behind the last channel or filter are padding.
#[derive(Debug)]
pub struct PackedMatrices {
    groups: usize,
    filter_groups: usize,
    /// `[matrices, panels, groups]`.
    panels: PooledBuffer,
}

impl PackedMatrices {
    /// Packs `count` matrices of `[channels, filters]`. `values(channel, filter, into)` writes the entry of each matrix to `into`,
    /// `[count]`.
    pub fn new(
        count: usize,
        [channels, filters]: [usize; 2],
        mut values: impl FnMut(usize, usize, &mut [f32]),
    ) -> Self {
        let (groups, filter_groups) = (channels.div_ceil(LANES), filters.div_ceil(LANES));
        let wide = filter_groups.div_ceil(PANEL_GROUPS);
        let mut buffer = PooledBuffer::new(count * wide * groups * PANEL_GROUPS * LANES);
        buffer.lanes_mut().fill([0.0; LANES]);
        let all = panels_mut(buffer.lanes_mut());
        let mut found = vec![0.0; count];
        // Panel by panel, so that neighbouring values are written one after the other.
        let filters_of = |at: usize| at * PANEL_GROUPS * LANES..filters.min((at + 1) * PANEL_GROUPS * LANES);
        let pairs =
            (0..wide).flat_map(|at| (0..channels).flat_map(move |c| filters_of(at).map(move |filter| (c, filter))));
        for (channel, filter) in pairs {
            values(channel, filter, &mut found);
            let (part, lane) = (filter / LANES % PANEL_GROUPS, filter % LANES);
            let places =
                all[filter / LANES / PANEL_GROUPS * groups + channel / LANES..].iter_mut().step_by(wide * groups);
            for (panel, value) in places.zip(&found) {
                panel[channel % LANES][part][lane] = *value;
            }
        }
        Self { groups, filter_groups, panels: buffer }
    }

    /// Returns the number of channel groups and of filter groups. The last group of each may be partly padding.
    pub fn groups(&self) -> [usize; 2] {
        [self.groups, self.filter_groups]
    }

    /// Writes the product of `rows`, `[channel groups, n]`, and one matrix to `into`, `[filter groups, n]`.
    ///
    /// The terms of a sum are added in the order of the channels, so the result of a row has the same bits for every `n`.
    ///
    /// # Panics
    /// Panics if there is no such matrix or if the lengths do not match.
    pub fn multiply(&self, matrix: usize, rows: &[Lanes], into: &mut [Lanes]) {
        let count = rows.len() / self.groups.max(1);
        assert_eq!(rows.len(), count * self.groups, "the rows are whole groups of channels");
        assert_eq!(into.len(), count * self.filter_groups, "there is one result for each row and filter");
        if count == 0 {
            return;
        }
        for (into, panels) in
            into.chunks_mut(PANEL_GROUPS * count).zip(self.panels_of(matrix).chunks_exact(self.groups))
        {
            let mut into: Vec<&mut [Lanes]> = into.chunks_exact_mut(count).collect();
            let a = |group: usize| &rows[group * count..][..count];
            let b = |group: usize| &panels[group];
            dispatch(Multiply { into: &mut into, a: &a, b: &b, groups: self.groups });
        }
    }

    /// Returns the panels of one matrix, `[panels, groups]`.
    pub(crate) fn panels_of(&self, matrix: usize) -> &[Panel] {
        let each = self.filter_groups.div_ceil(PANEL_GROUPS) * self.groups;
        &panels(self.panels.lanes())[matrix * each..][..each]
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

    /// Returns the products `[rows, filters]` of the rows `rows` and each matrix.
    fn sums(matrices: &PackedMatrices, count: usize, [channels, filters]: [usize; 2], rows: &[usize]) -> Vec<Vec<f32>> {
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
    fn the_bits_of_a_row_do_not_depend_on_the_other_rows() {
        for sizes in [[1, 1], [16, 64], [19, 33], [150, 70], [130, 129]] {
            let [channels, filters] = sizes;
            let count = 3;
            let matrices = PackedMatrices::new(count, sizes, |channel, filter, values| {
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
                assert_eq!(&found[12 * filters..], alone, "{sizes:?}: alone");
            }
            assert!(sums(&matrices, count, sizes, &[]).concat().is_empty());
        }
    }
}
