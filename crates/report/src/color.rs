//! Colours of the classes. Colour-blind readers can distinguish them, on light and on dark backgrounds.

use std::fmt;

/// An sRGB colour with 8 bits per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub [u8; 3]);

/// The palette of Okabe and Ito. Black is left out, because it is invisible on a dark background. Yellow comes last.
const OKABE_ITO: [Color; 8] = [
    Color([0x00, 0x72, 0xb2]),
    Color([0xe6, 0x9f, 0x00]),
    Color([0x00, 0x9e, 0x73]),
    Color([0xcc, 0x79, 0xa7]),
    Color([0xd5, 0x5e, 0x00]),
    Color([0x56, 0xb4, 0xe9]),
    Color([0x8a, 0x8a, 0x8a]),
    Color([0xe3, 0xd3, 0x2c]),
];

impl Color {
    /// Blue: the first series, the diagonal, and right predictions.
    pub const BLUE: Self = OKABE_ITO[0];
    /// Vermilion: wrong predictions.
    pub const VERMILION: Self = OKABE_ITO[4];
    /// Orange: the second series.
    pub const ORANGE: Self = OKABE_ITO[1];
    /// Bluish green: the third series.
    pub const GREEN: Self = OKABE_ITO[2];

    /// Returns the colour of class `index` of `count` classes.
    ///
    /// Up to eight classes have the colours of Okabe and Ito. More classes have evenly spread hues, and neighbouring classes
    /// have different lightness.
    pub fn of_class(index: usize, count: usize) -> Self {
        if count <= OKABE_ITO.len() {
            return OKABE_ITO[index % OKABE_ITO.len()];
        }
        let hue = index as f64 / count as f64 * std::f64::consts::TAU + 0.5;
        let lightness = [0.62, 0.74, 0.52][index % 3];
        oklch(lightness, 0.13, hue)
    }

    /// Mixes this colour with `other`. The result is this colour for `share` 0, and `other` for `share` 1.
    #[must_use]
    pub fn mix(self, other: Self, share: f64) -> Self {
        let at = |i: usize| {
            let (a, b) = (f64::from(self.0[i]), f64::from(other.0[i]));
            (a + (b - a) * share.clamp(0.0, 1.0)).round() as u8
        };
        Self([at(0), at(1), at(2)])
    }

    /// Returns the relative luminance in `0..=1`, as WCAG 2 defines it for contrast.
    pub fn luminance(self) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0[0]) + 0.7152 * linear(self.0[1]) + 0.0722 * linear(self.0[2])
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

/// Converts `OKLCh` (Björn Ottosson, 2020) to sRGB. Clips colours outside of sRGB.
fn oklch(lightness: f64, chroma: f64, hue: f64) -> Color {
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let cones = [
        lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b,
        lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b,
        lightness - 0.089_484_177_5 * a - 1.291_485_548 * b,
    ]
    .map(|cone: f64| cone.powi(3));
    let rows = [
        [4.076_741_662_1, -3.307_711_591_3, 0.230_969_929_2],
        [-1.268_438_004_6, 2.609_757_401_1, -0.341_319_396_5],
        [-0.004_196_086_3, -0.703_418_614_7, 1.707_614_701],
    ];
    Color(rows.map(|row| {
        let linear = row.iter().zip(&cones).map(|(w, c)| w * c).sum::<f64>().clamp(0.0, 1.0);
        let gamma = if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
        (gamma * 255.0).round() as u8
    }))
}
