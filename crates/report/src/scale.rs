//! Axes with round ticks, and short texts for numbers.

/// An axis from `low` to `high` with round ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// Whether the axis is logarithmic.
    pub logarithmic: bool,
    /// The first value of the axis.
    pub low: f64,
    /// The last value of the axis.
    pub high: f64,
    /// The values that have a tick, ascending.
    pub ticks: Vec<f64>,
    /// The number of decimals that the labels of the ticks need.
    pub decimals: usize,
}

impl Scale {
    /// Returns an axis that contains `low..=high` and ends at round values. It has about `count` steps.
    ///
    /// If an end is not finite or `low` is above `high`, the axis is `0..=1`.
    pub fn around(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = valid_range(low, high);
        let step = round_step((high - low) / count.max(1) as f64);
        Self::with_step((low / step).floor() * step, (high / step).ceil() * step, step)
    }

    /// Returns an axis that ends exactly at `low` and `high`. Its ticks are round values.
    pub fn exactly(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = valid_range(low, high);
        Self::with_step(low, high, round_step((high - low) / count.max(1) as f64))
    }

    /// Returns an axis that ends exactly at `low` and `high`. Its ticks are whole numbers.
    pub fn whole(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = valid_range(low, high);
        let step = round_step((high - low) / count.max(1) as f64).max(1.0).ceil();
        Self::with_step(low, high, step)
    }

    /// Returns a logarithmic axis that ends exactly at `low` and `high`.
    ///
    /// It has a tick at each power of ten. If there are fewer than `count` powers, it also has ticks at two and five times each
    /// power. If `low` is not above 0, the axis is `0.1..=1`.
    pub fn logarithmic(low: f64, high: f64, count: usize) -> Self {
        let sound = low > 0.0 && high.is_finite() && low <= high;
        let (low, high) = if sound { (low, high) } else { (0.1, 1.0) };
        let (low, high) = if high / low < 1.01 { (low / 1.5, high * 1.5) } else { (low, high) };
        let within = |tick: &f64| *tick >= low * (1.0 - 1e-9) && *tick <= high * (1.0 + 1e-9);
        let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let ticks = |times: &[f64]| -> Vec<f64> {
            powers
                .clone()
                .flat_map(|power| times.iter().map(move |times| times * 10f64.powi(power)))
                .filter(within)
                .collect()
        };
        let mut found = ticks(&[1.0]);
        if found.len() < count {
            found = ticks(&[1.0, 2.0, 5.0]);
        }
        Self { logarithmic: true, low, high, ticks: found, decimals: 0 }
    }

    fn with_step(low: f64, high: f64, step: f64) -> Self {
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let ticks = (first..=last).map(|i| i as f64 * step).collect();
        let decimals = (0..9).find(|d| {
            let shifted = step * 10f64.powi(*d);
            (shifted - shifted.round()).abs() < 1e-6 * shifted.max(1.0)
        });
        Self { logarithmic: false, low, high, ticks, decimals: decimals.unwrap_or(9) as usize }
    }

    /// Returns the position of `value` on the axis: 0 at `low` and 1 at `high`.
    pub fn share(&self, value: f64) -> f64 {
        if self.logarithmic {
            return (value / self.low).ln() / (self.high / self.low).ln();
        }
        (value - self.low) / (self.high - self.low)
    }

    /// Returns the label of a tick.
    pub fn label(&self, tick: f64) -> String {
        if self.logarithmic {
            return short(tick);
        }
        // Adding 0 turns "-0" into "0".
        format!("{:.*}", self.decimals, tick + 0.0)
    }

    /// Returns the label of a tick as a percentage. The tick 1 is 100 %.
    pub fn percent(&self, tick: f64) -> String {
        format!("{:.*} %", self.decimals.saturating_sub(2), tick * 100.0 + 0.0)
    }
}

/// Returns a range with finite and different ends.
fn valid_range(low: f64, high: f64) -> (f64, f64) {
    if !low.is_finite() || !high.is_finite() || low > high {
        (0.0, 1.0)
    } else if high - low < 1e-12 {
        (low - 0.5, high + 0.5)
    } else {
        (low, high)
    }
}

/// Returns the smallest of 1, 2, 2.5 and 5 times a power of ten that is at least `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let times = rough / power;
    let nice = [1.0, 2.0, 2.5, 5.0].into_iter().find(|n| times <= n + 1e-9).unwrap_or(10.0);
    nice * power
}

/// Writes a number with up to four significant digits and without trailing zeros. Sizes below 0.001 or from a million on are
/// written as `1e-4`. A number that is not finite is written as a dash.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{value:.2e}").replace(".00e", "e").replace("0e", "e");
    }
    let digits = if size == 0.0 { 0 } else { (3 - size.log10().floor() as i32).clamp(0, 6) };
    let text = format!("{value:.*}", digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Writes a share of 1 as a percentage with one decimal. Only exactly 0 and 1 are written as `0 %` and `100 %`.
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".to_owned();
    }
    if share > 0.0 && share < 0.0005 {
        return "< 0.1 %".to_owned();
    }
    if (0.9995..1.0).contains(&share) {
        return "> 99.9 %".to_owned();
    }
    let text = format!("{:.1}", share * 100.0);
    format!("{} %", text.strip_suffix(".0").filter(|t| matches!(*t, "0" | "100")).unwrap_or(&text))
}

/// Writes a whole number with its digits in groups of three, with narrow spaces between them.
pub fn grouped(value: u64) -> String {
    grouped_with(value, '\u{202f}')
}

/// Writes a whole number with its digits in groups of three, with `separator` between them.
pub fn grouped_with(value: u64, separator: char) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}
