//! The arithmetic of the range test: its learning rates, its end and its suggestion.

/// The first rate.
const FIRST: f64 = 1e-7;
/// The last rate, unless the test ends earlier.
const LAST: f64 = 10.0;
/// Steps from the first rate to the last: 25 for each factor of ten.
const STEPS: usize = 201;
/// The weight of the earlier losses in the smoothed loss.
const SMOOTHING: f64 = 0.9;
/// The test is over when the smoothed loss exceeds this multiple of its minimum.
const TOO_HIGH: f64 = 4.0;

/// A loss that falls by less than this share of its first value has not fallen.
const FALLEN: f64 = 0.01;

/// The suggestion is this multiple of the rate at which half of the fall is done. docs/notes/training.md compares 3, 6
/// and 9.
const ABOVE_HALF: f64 = 6.0;

/// A running test.
#[derive(Debug, Default)]
pub(super) struct Range {
    curve: Vec<Point>,
    /// Moving average of the losses, without its bias correction.
    average: f64,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub learning_rate: f64,
    /// The loss of the batch before the step, in nats.
    pub loss: f64,
    /// Moving average of the losses so far.
    pub smoothed: f64,
}

impl Range {
    /// Returns the rate of the next step, or `None` when the test is over.
    pub fn next(&self) -> Option<f64> {
        let least = self.curve.iter().map(|point| point.smoothed).fold(f64::INFINITY, f64::min);
        let over = self.curve.last().is_some_and(|last| last.smoothed > TOO_HIGH * least || !last.loss.is_finite());
        (!over && self.curve.len() < STEPS).then(|| rate(self.curve.len()))
    }

    /// Adds the loss of the step with the rate of [`Range::next`]. A loss that is not finite ends the test, and the curve
    /// leaves it out.
    pub fn add(&mut self, loss: f64) {
        let step = self.curve.len();
        self.average = SMOOTHING * self.average + (1.0 - SMOOTHING) * loss;
        // The moving average starts at 0. Kingma & Ba 2015 (Adam), section 3, corrects this bias.
        let smoothed = self.average / (1.0 - SMOOTHING.powi(step as i32 + 1));
        self.curve.push(Point { learning_rate: rate(step), loss, smoothed });
    }

    /// Returns the steps with a finite loss.
    pub fn curve(&self) -> &[Point] {
        let sound = self.curve.iter().position(|point| !point.loss.is_finite()).unwrap_or(self.curve.len());
        &self.curve[..sound]
    }
}

/// Returns the rate of a step. Two steps in a row differ by the same factor.
fn rate(step: usize) -> f64 {
    FIRST * (LAST / FIRST).powf(step as f64 / (STEPS - 1) as f64)
}

/// Returns the suggested rate: [`ABOVE_HALF`] times the first rate at which the smoothed loss is below the mean of its
/// first value and its minimum. Returns `None` when the loss did not fall.
///
/// The loss falls fastest near this rate, and noise moves it less than it moves the steepest slope. The other usual
/// rule, a fraction of the rate with the minimal loss, does not work here: the network memorizes a few hundred images
/// even at rates that are far too high, so the loss keeps falling.
pub(super) fn suggestion(curve: &[Point]) -> Option<f64> {
    let first = curve.first()?.smoothed;
    let least = curve.iter().map(|point| point.smoothed).fold(f64::INFINITY, f64::min);
    if least > (1.0 - FALLEN) * first {
        return None;
    }
    let half = f64::midpoint(first, least);
    curve.iter().find(|point| point.smoothed < half).map(|point| two_digits(ABOVE_HALF * point.learning_rate))
}

/// Rounds a rate to two digits.
fn two_digits(rate: f64) -> f64 {
    format!("{rate:.1e}").parse().unwrap_or(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a test on an artificial network whose loss depends on the sum of all rates so far, as with `AdamW` near its
    /// start.
    fn tested(loss: impl Fn(f64) -> f64) -> Range {
        let (mut range, mut sum) = (Range::default(), 0.0);
        while let Some(rate) = range.next() {
            range.add(loss(sum));
            sum += rate;
        }
        range
    }

    #[test]
    fn rates_rise_by_equal_factors_from_first_to_last() {
        let range = tested(|_| 1.0);
        let rates: Vec<f64> = range.curve().iter().map(|point| point.learning_rate).collect();
        assert_eq!(rates.len(), STEPS);
        assert!((rates[0] / FIRST - 1.0).abs() < 1e-9 && (rates[STEPS - 1] / LAST - 1.0).abs() < 1e-9);
        let factor = rates[1] / rates[0];
        assert!(rates.windows(2).all(|pair| (pair[1] / pair[0] / factor - 1.0).abs() < 1e-9));
        assert_eq!(suggestion(range.curve()), None, "a loss that never falls suggests nothing");
    }

    #[test]
    fn the_test_ends_when_the_loss_rises_far_or_is_not_finite() {
        let range = tested(|sum| if sum < 0.1 { 1.0 } else { 100.0 });
        assert!(range.curve().len() < STEPS && range.curve().last().unwrap().smoothed > TOO_HIGH);
        let range = tested(|sum| if sum < 0.1 { 1.0 - sum } else { f64::NAN });
        assert!(range.curve().iter().all(|point| point.loss.is_finite()) && range.curve().len() < STEPS);
        assert_eq!(suggestion(&[]), None);
    }

    #[test]
    fn a_loss_that_falls_over_ten_times_the_distance_suggests_ten_times_the_rate() {
        let suggested = |scale: f64| suggestion(tested(|sum| (-sum / scale).exp()).curve()).unwrap();
        let (short, long) = (suggested(1e-3), suggested(1e-2));
        assert!((long / short / 10.0 - 1.0).abs() < 0.1, "{short} {long}");
        // At half of the fall the sum of the rates, about eleven times the last rate, is near the scale.
        assert!((1e-4..1e-3).contains(&short), "{short}");
        // Noise of a tenth of the fall changes the suggestion by less than a factor of 2.
        let noisy = tested(|sum| (-sum / 1e-3).exp() + 0.1 * (sum * 1e7).sin());
        assert!((0.5..2.0).contains(&(suggestion(noisy.curve()).unwrap() / short)));
    }
}
