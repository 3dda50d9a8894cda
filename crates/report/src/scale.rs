//! Axes that people can read: round tick values and short numbers.

/// An axis from `low` to `high` with round ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// Equal factors are equally far apart, and not equal differences.
    pub logarithmic: bool,
    /// The axis's first value.
    pub low: f64,
    /// The axis's last value.
    pub high: f64,
    /// Values with a tick, ascending.
    pub ticks: Vec<f64>,
    /// Decimals that tell neighbouring ticks apart.
    pub decimals: usize,
}

impl Scale {
    /// An axis that holds `low..=high`, its ends moved outwards to round values, with about `count`
    /// steps. An empty or endless range becomes `0..=1`.
    pub fn around(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = sound(low, high);
        let step = round_step((high - low) / count.max(1) as f64);
        Self::with_step((low / step).floor() * step, (high / step).ceil() * step, step)
    }

    /// An axis that ends exactly at `low` and `high`, with round ticks inside.
    pub fn exactly(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = sound(low, high);
        Self::with_step(low, high, round_step((high - low) / count.max(1) as f64))
    }

    /// An axis of whole numbers that ends exactly at `low` and `high`.
    pub fn whole(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = sound(low, high);
        let step = round_step((high - low) / count.max(1) as f64).max(1.0).ceil();
        Self::with_step(low, high, step)
    }

    /// A logarithmic axis that ends exactly at `low` and `high`, with a tick at each power of ten in it, and at twice and
    /// five times each where there are fewer than `count` powers. Ends that are not above 0 become `0.1..=1`.
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

    /// Where `value` lies between the axis's ends, 0 to 1 for values on it.
    pub fn share(&self, value: f64) -> f64 {
        if self.logarithmic {
            return (value / self.low).ln() / (self.high / self.low).ln();
        }
        (value - self.low) / (self.high - self.low)
    }

    /// A tick's text.
    pub fn label(&self, tick: f64) -> String {
        if self.logarithmic {
            return short(tick);
        }
        // Adding 0 turns "-0" into "0".
        format!("{:.*}", self.decimals, tick + 0.0)
    }

    /// A tick's text as a percentage of 1.
    pub fn percent(&self, tick: f64) -> String {
        format!("{:.*} %", self.decimals.saturating_sub(2), tick * 100.0 + 0.0)
    }
}

/// A range with finite, distinct ends.
fn sound(low: f64, high: f64) -> (f64, f64) {
    if !low.is_finite() || !high.is_finite() || low > high {
        (0.0, 1.0)
    } else if high - low < 1e-12 {
        (low - 0.5, high + 0.5)
    } else {
        (low, high)
    }
}

/// The least of 1, 2, 2.5 and 5 times a power of ten that is not below `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let times = rough / power;
    let nice = [1.0, 2.0, 2.5, 5.0].into_iter().find(|n| times <= n + 1e-9).unwrap_or(10.0);
    nice * power
}

/// A number in few characters: four significant digits, no trailing zeros, `1e-4` below 0.001.
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

/// A share of 1 as a percentage with one decimal; never 0 % or 100 % unless it is exactly that.
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

/// A whole number, its digits in groups of three.
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}
