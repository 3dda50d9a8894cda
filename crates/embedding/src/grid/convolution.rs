//! The convolution of a density on a grid with the kernel 1 / (1 + d²), by Fourier transforms.
//!
//! B-splines spread the points over the nodes and interpolate the potential, as in the particle mesh of Essmann et al. 1995.
//! Dividing by the transforms of the splines makes the potential at a node exactly the kernel. Between nodes it is as smooth
//! as the splines. Linderman et al. 2019 (FIt-SNE) use polynomials on boxes, and transform three or four densities. With
//! splines the force is the slope of the potential, so one density and one transform each way are enough.

use std::f64::consts::TAU;
use std::sync::Arc;

use rayon::prelude::*;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};

use super::spline::{self, NODES};

/// The number of lines that are transformed at a time.
const LINES: usize = 8;

/// A convolution on grids of one size and spacing.
pub(super) struct Convolution {
    spacing: f64,
    /// The lengths along x and y, at least twice the number of nodes, so that the convolution does not wrap around.
    padded: [usize; 2],
    along_x: Arc<dyn RealToComplex<f64>>,
    back_x: Arc<dyn ComplexToReal<f64>>,
    along_y: Arc<dyn Fft<f64>>,
    back_y: Arc<dyn Fft<f64>>,
    /// The transform of the kernel, `[padded[0] / 2 + 1, padded[1]]`. It is real because the kernel is even.
    kernel: Vec<f64>,
    of_one_node: [[f64; NODES]; NODES],
}

impl Convolution {
    /// Prepares convolutions on `size` nodes along x and y, which lie `spacing` apart.
    pub fn new(size: [usize; 2], spacing: f64) -> Self {
        let padded @ [wide, high] = size.map(padded);
        let (mut real, mut complex) = (RealFftPlanner::new(), FftPlanner::new());
        let mut convolution = Self {
            spacing,
            padded,
            along_x: real.plan_fft_forward(wide),
            back_x: real.plan_fft_inverse(wide),
            along_y: complex.plan_fft_forward(high),
            back_y: complex.plan_fft_inverse(high),
            kernel: Vec::new(),
            of_one_node: [[0.0; NODES]; NODES],
        };
        let at = |node: usize, of: usize| spacing * node.min(of - node) as f64;
        let kernel: Vec<f64> = (0..high)
            .flat_map(|y| (0..wide).map(move |x| 1.0 / (1.0 + at(x, wide).powi(2) + at(y, high).powi(2))))
            .collect();
        let spectrum = convolution.forward(&kernel, wide);
        let mut columns = convolution.columns(&spectrum, high, |_, _| ());
        let weight = |k: usize, of: usize| spline::transform(TAU * k as f64 / of as f64).powi(2);
        for (column, values) in columns.chunks_mut(high).enumerate() {
            let x = weight(column, wide) * (wide * high) as f64;
            for (row, value) in values.iter_mut().enumerate() {
                *value /= x * weight(row, high);
            }
        }
        convolution.kernel = columns.into_iter().map(|value| value.re).collect();
        let mut one = [0.0; NODES * NODES];
        one[0] = 1.0;
        let potential = convolution.potential(&one, NODES);
        convolution.of_one_node = std::array::from_fn(|y| std::array::from_fn(|x| potential[y * NODES + x]));
        convolution
    }

    /// Returns whether this convolution is for `size` nodes that lie `spacing` apart.
    pub fn fits(&self, size: [usize; 2], spacing: f64) -> bool {
        self.padded == size.map(padded) && self.spacing.to_bits() == spacing.to_bits()
    }

    /// Returns the potential of a density of 1 at one node, at the nodes that lie 0 to 3 away along y and x.
    pub fn of_one_node(&self) -> &[[f64; NODES]; NODES] {
        &self.of_one_node
    }

    /// Returns the coefficients of the splines whose sum is the potential of `density`. Both are `[height, width]`.
    pub fn potential(&self, density: &[f64], width: usize) -> Vec<f64> {
        let height = density.len() / width;
        let spectrum = self.forward(density, width);
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

    /// Transforms `values` `[rows, width]` along x to `[rows, padded[0] / 2 + 1]`.
    fn forward(&self, values: &[f64], width: usize) -> Vec<Complex<f64>> {
        let across = self.padded[0] / 2 + 1;
        let mut spectrum = vec![Complex::default(); values.len() / width * across];
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

    /// Transforms `spectrum` along y and calls `work` with each column. Returns the first `height` values of each column,
    /// `[padded[0] / 2 + 1, height]`.
    fn columns(
        &self,
        spectrum: &[Complex<f64>],
        height: usize,
        work: impl Fn(usize, &mut [Complex<f64>]) + Sync,
    ) -> Vec<Complex<f64>> {
        let [across, high] = [self.padded[0] / 2 + 1, self.padded[1]];
        let mut columns = vec![Complex::default(); across * height];
        columns.par_chunks_mut(LINES * height).enumerate().for_each(|(block, columns)| {
            let first = block * LINES;
            let count = columns.len() / height;
            let mut lines = vec![Complex::default(); count * high];
            for (row, values) in spectrum.chunks(across).enumerate() {
                for (line, value) in values[first..first + count].iter().enumerate() {
                    lines[line * high + row] = *value;
                }
            }
            let mut scratch = vec![Complex::default(); self.along_y.get_inplace_scratch_len()];
            self.along_y.process_with_scratch(&mut lines, &mut scratch);
            for (line, (values, to)) in lines.chunks_mut(high).zip(columns.chunks_mut(height)).enumerate() {
                work(first + line, values);
                to.copy_from_slice(&values[..height]);
            }
        });
        columns
    }

    /// Transforms `columns` back along x and returns the first `width` values of each row, `[height, width]`.
    fn backward(&self, columns: &[Complex<f64>], [width, height]: [usize; 2]) -> Vec<f64> {
        let across = self.padded[0] / 2 + 1;
        let mut out = vec![0.0; width * height];
        out.par_chunks_mut(LINES * width).enumerate().for_each(|(block, out)| {
            let first = block * LINES;
            let count = out.len() / width;
            let mut lines = vec![Complex::default(); count * across];
            for (column, values) in columns.chunks(height).enumerate() {
                for (line, value) in values[first..first + count].iter().enumerate() {
                    lines[line * across + column] = *value;
                }
            }
            let (mut real, mut scratch) = (self.back_x.make_output_vec(), self.back_x.make_scratch_vec());
            for (to, from) in out.chunks_mut(width).zip(lines.chunks_mut(across)) {
                // These two are real for a real line. Rounding leaves a small imaginary part.
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

/// Returns an even length of at least twice `count` whose prime factors are 2, 3 and 5. Such lengths transform fast.
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
    fn the_potential_at_a_node_is_the_kernel() {
        let (size, spacing) = ([23, 14], 0.6);
        let convolution = Convolution::new(size, spacing);
        let w = spline::weights(0.0);
        let spread = |at: [usize; 2]| {
            let mut density = vec![0.0; size[0] * size[1]];
            for (y, wy) in w.iter().enumerate() {
                for (x, wx) in w.iter().enumerate() {
                    density[(at[1] + y) * size[0] + at[0] + x] = wx * wy;
                }
            }
            density
        };
        for (from, to) in [([0, 0], [0, 0]), ([2, 3], [17, 9]), ([19, 10], [0, 0]), ([5, 5], [6, 5])] {
            let coefficients = convolution.potential(&spread(from), size[0]);
            let read: f64 = coefficients.iter().zip(spread(to)).map(|(c, w)| c * w).sum();
            let apart = [0, 1].map(|axis| spacing * (from[axis] as f64 - to[axis] as f64));
            let expected = 1.0 / (1.0 + apart[0].powi(2) + apart[1].powi(2));
            assert!((read - expected).abs() < 2e-4, "{from:?} {to:?}: {read}, not {expected}");
        }
    }

    #[test]
    fn padded_lengths_are_at_least_twice_as_long_and_have_small_factors() {
        assert_eq!([1, 4, 7, 11, 100, 400].map(padded), [2, 8, 16, 24, 200, 800]);
    }
}
