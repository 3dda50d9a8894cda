//! The product of two polynomials: a few values that contribute to many outputs.
//!
//! A value at index `i` of a signal changes the indices `i` to `i + kernel - 1` of its convolution with a kernel. The changes by a
//! block of values are the coefficients of the product of two polynomials.

use super::matrices::{denominator, numerators, powers};
use super::points::POINTS;

/// The matrices that multiply a polynomial of `values` coefficients by one of `kernel` coefficients. The product has
/// `points = values + kernel - 1` coefficients, and is computed from as many products.
#[derive(Debug, Clone)]
pub(crate) struct PolynomialProduct {
    /// `[points][values]`: evaluates the values at the points.
    pub(crate) evaluate: Vec<Vec<f64>>,
    /// `[points][kernel]`: evaluates the kernel at the points, over the denominators of the interpolation.
    pub(crate) kernel: Vec<Vec<f64>>,
    /// `[points][points]`: the coefficients of the product from its values at the points.
    pub(crate) interpolate: Vec<Vec<f64>>,
}

impl PolynomialProduct {
    /// Returns the matrices for blocks of `values` values and kernels of `kernel` values.
    ///
    /// # Panics
    /// Panics if there are more than eight points.
    pub(crate) fn new(values: usize, kernel: usize) -> Self {
        let points = values + kernel - 1;
        let finite = &POINTS[..points - 1];
        // Column i of the inverse of the Vandermonde matrix is Lagrange's polynomial of point i. The denominators go to the kernel,
        // so that the numbers that are left are small.
        let mut interpolate = vec![vec![0.0; points]; points];
        for (place, numerator) in numerators(finite).into_iter().enumerate() {
            for (power, coefficient) in numerator.into_iter().enumerate() {
                interpolate[power][place] = coefficient;
            }
        }
        let mut of_kernel = powers(finite, kernel);
        for (place, row) in of_kernel.iter_mut().enumerate().take(finite.len()) {
            let denominator = denominator(finite, place);
            for value in row {
                *value /= denominator;
            }
        }
        Self { evaluate: powers(finite, values), kernel: of_kernel, interpolate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_product_of_polynomials_is_exact() {
        for (values, kernel) in [(2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (4, 5), (3, 5), (4, 2), (1, 3)] {
            let matrices = PolynomialProduct::new(values, kernel);
            let points = values + kernel - 1;
            let a: Vec<f64> = (0..values).map(|i| (i as f64 * 1.7).sin()).collect();
            let b: Vec<f64> = (0..kernel).map(|i| (i as f64 * 0.9 + 1.0).cos()).collect();
            let at = |row: &[f64], of: &[f64]| row.iter().zip(of).map(|(x, y)| x * y).sum::<f64>();
            let product: Vec<f64> =
                (0..points).map(|point| at(&matrices.evaluate[point], &a) * at(&matrices.kernel[point], &b)).collect();
            for power in 0..points {
                let expected: f64 =
                    (0..values).filter(|i| power >= *i && power - i < kernel).map(|i| a[i] * b[power - i]).sum();
                let found = at(&matrices.interpolate[power], &product);
                assert!((found - expected).abs() < 1e-12, "{values} x {kernel}: {found} and {expected}");
            }
        }
    }
}
