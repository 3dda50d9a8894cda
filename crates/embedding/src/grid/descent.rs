//! Gradient descent with momentum and a gain for each coordinate.

use super::gradient::{Gradient, Point};
use crate::Error;
use crate::schedule::Schedule;

/// The factor of attraction during the exaggerated iterations.
const EXAGGERATION: f64 = 12.0;
/// The longest step of a point in one iteration. It keeps points from being thrown far away.
const LONGEST_STEP: f64 = 5.0;

/// Moves `positions` down the gradient and returns the final positions, with mean 0.
///
/// Exaggeration, gains and the learning rate of n / 12 are those of van der Maaten's code, Belkina et al. 2019 and openTSNE.
/// The momentum after the exaggeration and the longest step are openTSNE's. `go_on` receives the number of finished
/// iterations before each one.
///
/// # Errors
/// Returns an error when `go_on` returns false or when the positions are no longer finite.
pub(super) fn descend(
    gradient: &mut Gradient,
    mut positions: Vec<Point>,
    schedule: Schedule,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Vec<Point>, Error> {
    let n = positions.len();
    let rate = (n as f64 / EXAGGERATION).max(200.0);
    let mut velocity = vec![[0.0; 2]; n];
    let mut gain: Vec<Point> = vec![[1.0; 2]; n];
    for iteration in 0..schedule.iterations {
        if !go_on(iteration) {
            return Err(Error::Stopped(iteration));
        }
        let (exaggeration, momentum) = if iteration < schedule.exaggerated { (EXAGGERATION, 0.5) } else { (1.0, 0.8) };
        let slope = gradient.at(&positions, exaggeration);
        let mut sum = [0.0; 2];
        for (i, position) in positions.iter_mut().enumerate() {
            let (velocity, gain) = (&mut velocity[i], &mut gain[i]);
            for axis in 0..2 {
                let slope = slope[i][axis];
                // The gain grows while the velocity points down the gradient, and shrinks when it overshoots.
                let overshoots = (slope > 0.0) == (velocity[axis] > 0.0);
                gain[axis] = if overshoots { (gain[axis] * 0.8).max(0.01) } else { gain[axis] + 0.2 };
                velocity[axis] = momentum * velocity[axis] - rate * gain[axis] * slope;
            }
            let length = velocity[0].hypot(velocity[1]);
            let cut = if length > LONGEST_STEP { LONGEST_STEP / length } else { 1.0 };
            for axis in 0..2 {
                velocity[axis] *= cut;
                position[axis] += velocity[axis];
                sum[axis] += position[axis];
            }
        }
        if !sum.iter().all(|sum| sum.is_finite()) {
            return Err(Error::Diverged(iteration));
        }
        for position in &mut positions {
            position[0] -= sum[0] / n as f64;
            position[1] -= sum[1] / n as f64;
        }
    }
    Ok(positions)
}
