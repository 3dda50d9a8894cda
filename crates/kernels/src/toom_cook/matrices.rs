//! Coefficients that all forms of the algorithm are made of, in `f64`.

/// Returns the coefficients of the product of `x - root`, from the constant one on.
fn polynomial(roots: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut coefficients = vec![1.0];
    for root in roots {
        let mut next = vec![0.0; coefficients.len() + 1];
        for (at, coefficient) in coefficients.iter().enumerate() {
            next[at + 1] += coefficient;
            next[at] -= root * coefficient;
        }
        coefficients = next;
    }
    coefficients
}

/// Returns the matrix `[points][count]` that evaluates a polynomial of `count` coefficients at the `finite` points and, in the last
/// row, at infinity.
pub(super) fn powers(finite: &[f64], count: usize) -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> =
        finite.iter().map(|point| (0..count).map(|power| point.powi(power as i32)).collect()).collect();
    rows.push((0..count).map(|power| f64::from(u8::from(power + 1 == count))).collect());
    rows
}

/// Returns the numerators of Lagrange's polynomials, from the constant coefficient on.
///
/// Row `i` has the coefficients of the product of `x - other` over the finite points other than point `i`. The last row, for infinity,
/// has those of the product over all finite points, which is one coefficient more.
pub(super) fn numerators(finite: &[f64]) -> Vec<Vec<f64>> {
    let row = |place: usize| {
        polynomial(finite.iter().enumerate().filter(move |(other, _)| *other != place).map(|(_, point)| *point))
    };
    (0..=finite.len()).map(row).collect()
}

/// Returns the denominator of Lagrange's polynomial of the finite point with index `place`: the product of its differences from the others.
pub(super) fn denominator(finite: &[f64], place: usize) -> f64 {
    let others = finite.iter().enumerate().filter(|(other, _)| *other != place);
    others.map(|(_, other)| finite[place] - other).product()
}
