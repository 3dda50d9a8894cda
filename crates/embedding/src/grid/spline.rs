//! The cubic B-spline, which spreads points over a grid and interpolates from it.

/// The number of nodes along one axis at which a point has a weight.
pub(super) const NODES: usize = 4;

/// Returns the weights of the four nodes around a point that lies `t` of the way (0 to 1) from the second node to the third.
pub(super) fn weights(t: f64) -> [f64; NODES] {
    let s = 1.0 - t;
    let (t2, s2) = (t * t, s * s);
    [s2 * s / 6.0, (4.0 - 3.0 * t2 * (2.0 - t)) / 6.0, (4.0 - 3.0 * s2 * (2.0 - s)) / 6.0, t2 * t / 6.0]
}

/// Returns the derivatives of [`weights`] along the axis, for nodes at distance 1.
pub(super) fn slopes(t: f64) -> [f64; NODES] {
    let s = 1.0 - t;
    [-s * s / 2.0, t * (3.0 * t - 4.0) / 2.0, -s * (3.0 * s - 4.0) / 2.0, t * t / 2.0]
}

/// Returns the discrete Fourier transform of the weights of a point on a node, (1/6, 4/6, 1/6), at `angle` radians a node.
pub(super) fn transform(angle: f64) -> f64 {
    (2.0 + angle.cos()) / 3.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_reproduce_straight_lines_and_slopes_are_their_derivatives() {
        for t in [0.0, 0.2, 0.5, 0.99] {
            let w = weights(t);
            assert!((w.iter().sum::<f64>() - 1.0).abs() < 1e-14);
            let at: f64 = w.iter().zip([-1.0, 0.0, 1.0, 2.0]).map(|(w, node)| w * node).sum();
            assert!((at - t).abs() < 1e-14, "{at} {t}");
            for (node, slope) in slopes(t).into_iter().enumerate() {
                let found = (weights(t + 1e-6)[node] - weights(t - 1e-6)[node]) / 2e-6;
                assert!((found - slope).abs() < 1e-8, "{found} {slope}");
            }
        }
    }

    #[test]
    fn the_transform_is_that_of_the_weights() {
        let w = weights(0.0);
        let sum = |angle: f64| w[1] + 2.0 * w[0] * angle.cos();
        assert!([0.0, 1.0, 3.0].iter().all(|angle| (sum(*angle) - transform(*angle)).abs() < 1e-14));
    }
}
