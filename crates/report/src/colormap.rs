//! Colour maps for heat maps. Equal differences of values look like equal differences of colours.

use crate::Color;

/// A map from a value to a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colormap {
    /// Dark violet through green to yellow, for values from 0 up.
    Viridis,
    /// Black through red to pale yellow, for values from 0 up.
    Inferno,
    /// Blue through near-white to red, for signed values around 0.
    Diverging,
}

/// Ten evenly spaced samples of Matplotlib's `viridis`.
const VIRIDIS: [u32; 10] =
    [0x44_0154, 0x48_2878, 0x3e_4989, 0x31_688e, 0x26_828e, 0x1f_9e89, 0x35_b779, 0x6e_ce58, 0xb5_de2b, 0xfd_e725];
/// Ten evenly spaced samples of Matplotlib's `inferno`.
const INFERNO: [u32; 10] =
    [0x00_0004, 0x1b_0c41, 0x4a_0c6b, 0x78_1c6d, 0xa5_2c60, 0xcf_4446, 0xed_6925, 0xfb_9b06, 0xf7_d13d, 0xfc_ffa4];
/// Cynthia Brewer's `RdBu` with eleven classes, blue first.
const RED_BLUE: [u32; 11] = [
    0x05_3061, 0x21_66ac, 0x43_93c3, 0x92_c5de, 0xd1_e5f0, 0xf7_f7f7, 0xfd_dbc7, 0xf4_a582, 0xd6_604d, 0xb2_182b,
    0x67_001f,
];

impl Colormap {
    /// Returns the colour at `position`, which is 0 at the low end and 1 at the high end.
    ///
    /// A position outside of `0..=1` has the colour of the nearer end. NaN has the colour of the low end.
    pub fn at(self, position: f64) -> Color {
        let stops: &[u32] = match self {
            Self::Viridis => &VIRIDIS,
            Self::Inferno => &INFERNO,
            Self::Diverging => &RED_BLUE,
        };
        let position = if position.is_nan() { 0.0 } else { position.clamp(0.0, 1.0) };
        let along = position * (stops.len() - 1) as f64;
        let low = (along as usize).min(stops.len() - 2);
        color(stops[low]).mix(color(stops[low + 1]), along - low as f64)
    }
}

/// Converts `0xrrggbb` to a colour.
fn color(hex: u32) -> Color {
    let [_, r, g, b] = hex.to_be_bytes();
    Color([r, g, b])
}

/// The range of values that a colour map covers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The value at the low end of the map.
    pub low: f64,
    /// The value at the high end of the map.
    pub high: f64,
    /// The colour map.
    pub map: Colormap,
}

impl Range {
    /// Returns the range for `values`.
    ///
    /// The high end is the `share` quantile of the absolute values. If no value is negative, the range starts at 0 and uses
    /// Viridis. Otherwise it is symmetric about 0 and uses the diverging map. Values that are not finite are ignored.
    pub fn of(values: impl IntoIterator<Item = f32>, share: f64) -> Self {
        let mut sizes = Vec::new();
        let mut signed = false;
        for value in values.into_iter().filter(|v| v.is_finite()) {
            signed |= value < 0.0;
            sizes.push(value.abs());
        }
        sizes.sort_unstable_by(f32::total_cmp);
        let last = sizes.len().saturating_sub(1);
        let at = (last as f64 * share.clamp(0.0, 1.0)).round() as usize;
        let mut high = sizes.get(at).map_or(0.0, |v| f64::from(*v));
        if high == 0.0 {
            // Most values are 0. The largest value must have another colour than 0.
            high = sizes.last().map_or(0.0, |v| f64::from(*v));
        }
        let high = if high > 0.0 { high } else { 1.0 };
        let (low, map) = if signed { (-high, Colormap::Diverging) } else { (0.0, Colormap::Viridis) };
        Self { low, high, map }
    }

    /// Returns the colour of `value`.
    pub fn color(&self, value: f32) -> Color {
        self.map.at((f64::from(value) - self.low) / (self.high - self.low))
    }
}
