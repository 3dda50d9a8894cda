//! The nearness 1 / (1 + d²) of everything on a grid to everything, by Fourier transforms.
//!
//! Charges lie on the nodes, spread there by B-splines, and potentials are read off by the same splines, as in the particle
//! mesh of Essmann et al. 1995: dividing by the splines' transforms makes the potential between two nodes exactly the
//! kernel, and between them it is as smooth as the splines. Linderman et al. 2019 (FIt-SNE) use polynomials on boxes; with
//! splines one charge and one transform each way give potential and force, where theirs take three or four.

use std::f64::consts::TAU;
use std::sync::Arc;

use rayon::prelude::*;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use crate::spline::{self, NODES};

/// Lines transformed at a time: their values lie side by side in memory.
const LINES: usize = 8;

type Number = Complex<f64>;

/// Convolves on grids of one size and spacing.
pub(crate) struct Grid {
    spacing: f64,
    /// Nodes along x and y with as many empty ones again, so that no charge is felt around the edge.
    padded: [usize; 2],
    along_x: Arc<dyn RealToComplex<f64>>,
    back_x: Arc<dyn ComplexToReal<f64>>,
    along_y: Arc<dyn Fft<f64>>,
    back_y: Arc<dyn Fft<f64>>,
    /// The kernel's transform, real since the kernel is even: `[padded[0] / 2 + 1, padded[1]]`.
    kernel: Vec<f64>,
    near: [[f64; NODES]; NODES],
}

impl Grid {
    /// For charges on `size` nodes along x and y, `spacing` apart.
    pub fn new(size: [usize; 2], spacing: f64) -> Self {
        let padded @ [wide, high] = size.map(padded);
        let (mut real, mut complex) = (RealFftPlanner::new(), FftPlanner::new());
        let mut grid = Self {
            spacing,
            padded,
            along_x: real.plan_fft_forward(wide),
            back_x: real.plan_fft_inverse(wide),
            along_y: complex.plan_fft_forward(high),
            back_y: complex.plan_fft_inverse(high),
            kernel: Vec::new(),
            near: [[0.0; NODES]; NODES],
        };
        let at = |node: usize, of: usize| spacing * node.min(of - node) as f64;
        let kernel: Vec<f64> = (0..high)
            .flat_map(|y| (0..wide).map(move |x| 1.0 / (1.0 + at(x, wide).powi(2) + at(y, high).powi(2))))
            .collect();
        let spectrum = grid.forward(&kernel, wide);
        let mut columns = grid.columns(&spectrum, high, |_, _| ());
        let weight = |k: usize, of: usize| spline::transform(TAU * k as f64 / of as f64).powi(2);
        for (column, values) in columns.chunks_mut(high).enumerate() {
            let x = weight(column, wide) * (wide * high) as f64;
            for (row, value) in values.iter_mut().enumerate() {
                *value /= x * weight(row, high);
            }
        }
        grid.kernel = columns.into_iter().map(|value| value.re).collect();
        let mut one = [0.0; NODES * NODES];
        one[0] = 1.0;
        let potential = grid.potential(&one, NODES);
        grid.near = std::array::from_fn(|y| std::array::from_fn(|x| potential[y * NODES + x]));
        grid
    }

    /// Whether it convolves on `size` nodes, `spacing` apart.
    pub fn suits(&self, size: [usize; 2], spacing: f64) -> bool {
        self.padded == size.map(padded) && self.spacing.to_bits() == spacing.to_bits()
    }

    /// The potential that one node's charge has at the nodes 0 to 3 away along y and along x.
    pub fn near(&self) -> &[[f64; NODES]; NODES] {
        &self.near
    }

    /// Coefficients of the splines whose sum is the potential of `charges`, both `[height, width]` by rows.
    pub fn potential(&self, charges: &[f64], width: usize) -> Vec<f64> {
        let height = charges.len() / width;
        let spectrum = self.forward(charges, width);
        let high = self.padded[1];
        let columns = self.columns(&spectrum, height, |column, values| {
            let kernel = &self.kernel[column * high..(column + 1) * high];
            for (value, factor) in values.iter_mut().zip(kernel) {
                *value *= *factor;
            }
            self.back_y.process(values);
        });
        self.backward(&columns, [width, height])
    }

    /// Transforms along x, `[rows, padded[0] / 2 + 1]`.
    fn forward(&self, values: &[f64], width: usize) -> Vec<Number> {
        let across = self.padded[0] / 2 + 1;
        let mut spectrum = vec![Number::default(); values.len() / width * across];
        let blocks = spectrum.par_chunks_mut(LINES * across).zip(values.par_chunks(LINES * width));
        blocks.for_each(|(spectrum, values)| {
            let (mut line, mut scratch) = (self.along_x.make_input_vec(), self.along_x.make_scratch_vec());
            for (to, from) in spectrum.chunks_mut(across).zip(values.chunks(width)) {
                line[..width].copy_from_slice(from);
                line[width..].fill(0.0);
                let done = self.along_x.process_with_scratch(&mut line, to, &mut scratch);
                debug_assert!(done.is_ok());
            }
        });
        spectrum
    }

    /// Transforms along y, each column then given to `work`; of what that leaves the first `height` values are kept:
    /// `[padded[0] / 2 + 1, height]`.
    fn columns(&self, spectrum: &[Number], height: usize, work: impl Fn(usize, &mut [Number]) + Sync) -> Vec<Number> {
        let [across, high] = [self.padded[0] / 2 + 1, self.padded[1]];
        let mut columns = vec![Number::default(); across * height];
        columns.par_chunks_mut(LINES * height).enumerate().for_each(|(block, columns)| {
            let first = block * LINES;
            let count = columns.len() / height;
            let mut lines = vec![Number::default(); count * high];
            for (row, values) in spectrum.chunks(across).enumerate() {
                for (line, value) in values[first..first + count].iter().enumerate() {
                    lines[line * high + row] = *value;
                }
            }
            let mut scratch = vec![Number::default(); self.along_y.get_inplace_scratch_len()];
            self.along_y.process_with_scratch(&mut lines, &mut scratch);
            for (line, (values, to)) in lines.chunks_mut(high).zip(columns.chunks_mut(height)).enumerate() {
                work(first + line, values);
                to.copy_from_slice(&values[..height]);
            }
        });
        columns
    }

    /// Transforms back along x and cuts to `[height, width]`.
    fn backward(&self, columns: &[Number], [width, height]: [usize; 2]) -> Vec<f64> {
        let across = self.padded[0] / 2 + 1;
        let mut out = vec![0.0; width * height];
        out.par_chunks_mut(LINES * width).enumerate().for_each(|(block, out)| {
            let first = block * LINES;
            let count = out.len() / width;
            let mut lines = vec![Number::default(); count * across];
            for (column, values) in columns.chunks(height).enumerate() {
                for (line, value) in values[first..first + count].iter().enumerate() {
                    lines[line * across + column] = *value;
                }
            }
            let (mut real, mut scratch) = (self.back_x.make_output_vec(), self.back_x.make_scratch_vec());
            for (to, from) in out.chunks_mut(width).zip(lines.chunks_mut(across)) {
                // Of a real line these two are real; rounding has left a little.
                from[0].im = 0.0;
                from[across - 1].im = 0.0;
                let done = self.back_x.process_with_scratch(from, &mut real, &mut scratch);
                debug_assert!(done.is_ok());
                to.copy_from_slice(&real[..width]);
            }
        });
        out
    }
}

/// A length of twice `count` at least, even and of small factors, which transforms fast.
fn padded(count: usize) -> usize {
    let smooth = |length: &usize| {
        let mut rest = *length;
        for factor in [2, 3, 5] {
            while rest.is_multiple_of(factor) {
                rest /= factor;
            }
        }
        rest == 1
    };
    (2 * count..).step_by(2).find(smooth).unwrap_or(2 * count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_nodes_the_potential_is_the_kernel() {
        // Read at a node by the spline's own weights there.
        let (size, spacing) = ([23, 14], 0.6);
        let grid = Grid::new(size, spacing);
        let w = spline::weights(0.0);
        let spread = |at: [usize; 2]| {
            let mut charges = vec![0.0; size[0] * size[1]];
            for (y, wy) in w.iter().enumerate() {
                for (x, wx) in w.iter().enumerate() {
                    charges[(at[1] + y) * size[0] + at[0] + x] = wx * wy;
                }
            }
            charges
        };
        for (from, to) in [([0, 0], [0, 0]), ([2, 3], [17, 9]), ([19, 10], [0, 0]), ([5, 5], [6, 5])] {
            let coefficients = grid.potential(&spread(from), size[0]);
            let read: f64 = coefficients.iter().zip(spread(to)).map(|(c, w)| c * w).sum();
            let apart = [0, 1].map(|axis| spacing * (from[axis] as f64 - to[axis] as f64));
            let expected = 1.0 / (1.0 + apart[0].powi(2) + apart[1].powi(2));
            assert!((read - expected).abs() < 2e-4, "{from:?} {to:?}: {read}, not {expected}");
        }
    }

    #[test]
    fn lengths_are_twice_as_long_and_smooth() {
        assert_eq!([1, 4, 7, 11, 100, 400].map(padded), [2, 8, 16, 24, 200, 800]);
    }
}
