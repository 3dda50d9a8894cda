//! The learning rate range test's arithmetic: which rates are tried, when it is over, and what it suggests.

/// The first rate.
const FIRST: f64 = 1e-7;
/// The last rate, where the test is not over before.
const LAST: f64 = 10.0;
/// Steps from the first rate to the last: 25 for each factor of ten.
const STEPS: usize = 201;
/// The weight of what came before in the smoothed loss.
const SMOOTHING: f64 = 0.9;
/// The test is over when the smoothed loss is so many times the least.
const TOO_HIGH: f64 = 4.0;

/// A loss that falls by less than this share of where it began has not fallen.
const FALLEN: f64 = 0.01;

/// The suggestion is so many times the rate half way down. On photographs (360 of three classes, a new head, seeds 1 to 5)
/// the best validation loss at the suggestion was, as a multiple of the default grid's best, 1.00, 1.79, 0.98, 2.75 and
/// 0.94 with a factor of 3, and 1.06, 1.46, 0.83, 2.11 and 0.87 with this one; with 9, 1.15, 1.19, 0.87, 1.37 and 1.07.
/// (The grid's best of seeds 2 and 4 are 0.03 and 0.01 nats, on 54 pictures.)
const ABOVE_HALF: f64 = 6.0;

/// The test under way: a rate for each step, and the loss that each step met.
#[derive(Debug, Default)]
pub(super) struct Range {
    curve: Vec<Point>,
    /// Moving average of the losses, without its correction.
    average: f64,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub learning_rate: f64,
    /// The batch's loss before the step, in nats.
    pub loss: f64,
    /// Moving average of the losses so far.
    pub smoothed: f64,
}

impl Range {
    /// The rate of the next step; none when the test is over.
    pub fn next(&self) -> Option<f64> {
        let least = self.curve.iter().map(|point| point.smoothed).fold(f64::INFINITY, f64::min);
        let over = self.curve.last().is_some_and(|last| last.smoothed > TOO_HIGH * least || !last.loss.is_finite());
        (!over && self.curve.len() < STEPS).then(|| rate(self.curve.len()))
    }

    /// Takes down the loss that the step with the rate of [`Range::next`] met. One that is no number ends the test and is
    /// no part of the curve.
    pub fn add(&mut self, loss: f64) {
        let step = self.curve.len();
        self.average = SMOOTHING * self.average + (1.0 - SMOOTHING) * loss;
        // A moving average starts at 0: the correction of Kingma & Ba 2015 (Adam), section 3.
        let smoothed = self.average / (1.0 - SMOOTHING.powi(step as i32 + 1));
        self.curve.push(Point { learning_rate: rate(step), loss, smoothed });
    }

    /// Every step whose loss was a number.
    pub fn curve(&self) -> &[Point] {
        let sound = self.curve.iter().position(|point| !point.loss.is_finite()).unwrap_or(self.curve.len());
        &self.curve[..sound]
    }
}

/// The rate of a step: equal factors apart.
fn rate(step: usize) -> f64 {
    FIRST * (LAST / FIRST).powf(step as f64 / (STEPS - 1) as f64)
}

/// The rate that a test's curve suggests: [`ABOVE_HALF`] times the one at which the smoothed loss has come half of its way
/// from where it began to its least. None where it never fell.
///
/// Half way is about where the loss falls fastest, and noise shakes it less than a slope. A share of the rate with the
/// least loss, the other usual rule, is of no use here: a few hundred pictures are learned by heart at rates far too
/// high for any other picture, and the loss goes on falling.
pub(super) fn suggestion(curve: &[Point]) -> Option<f64> {
    let first = curve.first()?.smoothed;
    let least = curve.iter().map(|point| point.smoothed).fold(f64::INFINITY, f64::min);
    if least > (1.0 - FALLEN) * first {
        return None;
    }
    let half = f64::midpoint(first, least);
    curve.iter().find(|point| point.smoothed < half).map(|point| two_digits(ABOVE_HALF * point.learning_rate))
}

/// A rate as a person writes it.
fn two_digits(rate: f64) -> f64 {
    format!("{rate:.1e}").parse().unwrap_or(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A test on a made-up network whose loss depends on the sum of all rates so far, as with `AdamW` near its start.
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
    fn it_is_over_when_the_loss_has_risen_far_or_is_no_number() {
        let range = tested(|sum| if sum < 0.1 { 1.0 } else { 100.0 });
        assert!(range.curve().len() < STEPS && range.curve().last().unwrap().smoothed > TOO_HIGH);
        let range = tested(|sum| if sum < 0.1 { 1.0 - sum } else { f64::NAN });
        assert!(range.curve().iter().all(|point| point.loss.is_finite()) && range.curve().len() < STEPS);
        assert_eq!(suggestion(&[]), None);
    }

    #[test]
    fn a_task_of_steps_ten_times_as_long_has_a_rate_ten_times_as_high() {
        let suggested = |scale: f64| suggestion(tested(|sum| (-sum / scale).exp()).curve()).unwrap();
        let (short, long) = (suggested(1e-3), suggested(1e-2));
        assert!((long / short / 10.0 - 1.0).abs() < 0.1, "{short} {long}");
        // Half way the sum of the rates so far, some eleven of the last one, has come about as far as the scale.
        assert!((1e-4..1e-3).contains(&short), "{short}");
        // Noise of a tenth of the fall moves it little.
        let noisy = tested(|sum| (-sum / 1e-3).exp() + 0.1 * (sum * 1e7).sin());
        assert!((0.5..2.0).contains(&(suggestion(noisy.curve()).unwrap() / short)));
    }
}
