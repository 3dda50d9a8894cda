//! The matrices of Toom and Cook's way to convolve: both sides as polynomials, evaluated at points, multiplied point by
//! point, and interpolated. It is Winograd's minimal filtering turned round (Lavin & Gray 2016): made for a few values
//! that reach many places, not for many places that read a few values.

use kernels::toom_cook::{POINTS, polynomial};

/// Most points of one axis: more lose too many digits.
pub(super) const MOST: usize = POINTS.len() + 1;

/// What multiplies polynomials of `values` and of `points - values + 1` coefficients.
#[derive(Debug, Clone)]
pub(super) struct Toom {
    /// `[points][values]`: the values at the points.
    pub(super) evaluate: Vec<Vec<f64>>,
    /// `[points][kernel]`: the kernel at the points, over the interpolation's denominators.
    pub(super) kernel: Vec<Vec<f64>>,
    /// `[points][points]`: the product's coefficients from its values at the points.
    pub(super) interpolate: Vec<Vec<f64>>,
}

impl Toom {
    /// For blocks of `values` values and kernels of `kernel` values.
    pub(super) fn new(values: usize, kernel: usize) -> Self {
        let points = values + kernel - 1;
        let finite = &POINTS[..points - 1];
        let powers = |count: usize| -> Vec<Vec<f64>> {
            let mut rows: Vec<Vec<f64>> =
                finite.iter().map(|point| (0..count).map(|power| point.powi(power as i32)).collect()).collect();
            rows.push((0..count).map(|power| f64::from(u8::from(power + 1 == count))).collect());
            rows
        };
        let mut kernel = powers(kernel);
        // Column i of the inverse of the Vandermonde matrix is Lagrange's polynomial of point i: the product of
        // (x - other) / (point - other). The denominators go to the kernel, so that what is left are small numbers.
        let mut interpolate = vec![vec![0.0; points]; points];
        for place in 0..points {
            let others = finite.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, point)| *point);
            for (power, coefficient) in polynomial(others).into_iter().enumerate() {
                interpolate[power][place] = coefficient;
            }
            if let Some(point) = finite.get(place) {
                let others = finite.iter().enumerate().filter(|(other, _)| *other != place);
                let denominator: f64 = others.map(|(_, other)| point - other).product();
                kernel[place].iter_mut().for_each(|value| *value /= denominator);
            }
        }
        Self { evaluate: powers(values), kernel, interpolate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_polynomials_come_out() {
        for (values, kernel) in [(2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (4, 5), (3, 5), (4, 2), (1, 3)] {
            let toom = Toom::new(values, kernel);
            let points = values + kernel - 1;
            let a: Vec<f64> = (0..values).map(|i| (i as f64 * 1.7).sin()).collect();
            let b: Vec<f64> = (0..kernel).map(|i| (i as f64 * 0.9 + 1.0).cos()).collect();
            let at = |row: &[f64], of: &[f64]| row.iter().zip(of).map(|(x, y)| x * y).sum::<f64>();
            let product: Vec<f64> =
                (0..points).map(|point| at(&toom.evaluate[point], &a) * at(&toom.kernel[point], &b)).collect();
            for power in 0..points {
                let expected: f64 =
                    (0..values).filter(|i| power >= *i && power - i < kernel).map(|i| a[i] * b[power - i]).sum();
                let found = at(&toom.interpolate[power], &product);
                assert!((found - expected).abs() < 1e-12, "{values} x {kernel}: {found} and {expected}");
            }
        }
    }
}
