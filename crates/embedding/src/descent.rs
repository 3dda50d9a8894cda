//! Gradient descent with momentum and a gain for each coordinate.

use crate::Error;

/// Coordinates or slopes of one point.
pub(crate) type Pair = [f64; 2];

/// How much stronger attraction is at first, so that groups gather before they settle.
const EXAGGERATION: f64 = 12.0;
/// Iterations of that at most.
const GATHERING: usize = 250;
/// Furthest that a point moves in one iteration, so that none is thrown off the map.
const FURTHEST: f64 = 5.0;

/// Slopes of the cost, the divergence of the plane's nearness from that of the many dimensions.
pub(crate) trait Slopes {
    /// A fourth of the slope at each of `places`, with attraction `exaggeration` times as strong. (The four is part of
    /// the rate.)
    fn at(&mut self, places: &[Pair], exaggeration: f64) -> Vec<Pair>;
}

/// Moves `places` against the slopes.
///
/// Exaggeration, gains and the rate of n / 12 are those of van der Maaten's code, Belkina et al. 2019 and openTSNE. The
/// momentum after the gathering and the furthest step are openTSNE's. `go_on` is asked before each iteration.
pub(crate) fn descend(
    slopes: &mut impl Slopes,
    mut places: Vec<Pair>,
    iterations: usize,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Vec<Pair>, Error> {
    let n = places.len();
    let rate = (n as f64 / EXAGGERATION).max(200.0);
    let gathering = (iterations / 4).min(GATHERING);
    let mut speed = vec![[0.0; 2]; n];
    let mut gain: Vec<Pair> = vec![[1.0; 2]; n];
    for iteration in 0..iterations {
        if !go_on(iteration) {
            return Err(Error::Stopped(iteration));
        }
        let (exaggeration, momentum) = if iteration < gathering { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
        let slope = slopes.at(&places, exaggeration);
        let mut sum = [0.0; 2];
        for (i, place) in places.iter_mut().enumerate() {
            let (speed, gain) = (&mut speed[i], &mut gain[i]);
            for axis in 0..2 {
                let slope = slope[i][axis];
                // Against the slope still: faster; back and forth: slower.
                let agrees = (slope > 0.0) == (speed[axis] > 0.0);
                gain[axis] = if agrees { (gain[axis] * 0.8).max(0.01) } else { gain[axis] + 0.2 };
                speed[axis] = momentum * speed[axis] - rate * gain[axis] * slope;
            }
            let length = speed[0].hypot(speed[1]);
            let cut = if length > FURTHEST { FURTHEST / length } else { 1.0 };
            for axis in 0..2 {
                speed[axis] *= cut;
                place[axis] += speed[axis];
                sum[axis] += place[axis];
            }
        }
        if !sum.iter().all(|sum| sum.is_finite()) {
            return Err(Error::Diverged(iteration));
        }
        for place in &mut places {
            place[0] -= sum[0] / n as f64;
            place[1] -= sum[1] / n as f64;
        }
    }
    Ok(places)
}
