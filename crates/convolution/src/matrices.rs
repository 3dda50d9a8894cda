//! Products of rows and matrices by the kernel that multiplies transformed tiles, for rows that others make.

use crate::product::{Panel, Product, WIDE};
use crate::spectra::{LANES, Lanes, Scratch};
use pulp::Arch;

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
        for (channel, filter) in (0..channels).flat_map(|channel| (0..filters).map(move |filter| (channel, filter))) {
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
        let each = self.filter_groups.div_ceil(WIDE) * self.groups;
        let all: &[Panel] = self.panels.lanes().as_chunks().0.as_chunks().0;
        let all = &all[matrix * each..][..each];
        let arch = Arch::new();
        for (into, panels) in into.chunks_mut(WIDE * count).zip(all.chunks_exact(self.groups)) {
            let mut into: Vec<&mut [Lanes]> = into.chunks_exact_mut(count).collect();
            let a = |group: usize| &rows[group * count..][..count];
            let b = |group: usize| &panels[group];
            arch.dispatch(Product { into: &mut into, a: &a, b: &b, groups: self.groups });
        }
    }
}
