//! Colours: lighter, darker and mixed.

use tiny_skia::Color;

/// An sRGB colour with straight alpha. Each component is in `0.0..=1.0`. Painting clamps other values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// Red.
    pub r: f32,
    /// Green.
    pub g: f32,
    /// Blue.
    pub b: f32,
    /// Opacity.
    pub a: f32,
}

/// White.
pub const WHITE: Colour = hex(0xff_ffff);
/// The dark colour of eyes, noses and lines.
pub const INK: Colour = hex(0x25_1d22);

/// Returns the colour `0x00rr_ggbb`.
pub const fn hex(code: u32) -> Colour {
    Colour {
        r: ((code >> 16) & 255) as f32 / 255.0,
        g: ((code >> 8) & 255) as f32 / 255.0,
        b: (code & 255) as f32 / 255.0,
        a: 1.0,
    }
}

impl Colour {
    /// Returns the linear interpolation between this colour (`share` 0) and `other` (`share` 1).
    pub fn mix(self, other: Colour, share: f32) -> Self {
        let blend = |from: f32, to: f32| from + (to - from) * share;
        Self {
            r: blend(self.r, other.r),
            g: blend(self.g, other.g),
            b: blend(self.b, other.b),
            a: blend(self.a, other.a),
        }
    }

    /// Returns the colour moved towards white by `share`.
    pub fn lighter(self, share: f32) -> Self {
        self.mix(Colour { a: self.a, ..WHITE }, share)
    }

    /// Returns the colour moved by `share` towards a dark violet, which looks cleaner than black.
    pub fn darker(self, share: f32) -> Self {
        self.mix(Colour { r: 0.12, g: 0.07, b: 0.14, a: self.a }, share)
    }

    /// Returns the colour with its opacity multiplied by `opacity`, in `0.0..=1.0`.
    pub fn faded(self, opacity: f32) -> Self {
        Self { a: self.a * opacity, ..self }
    }

    /// Returns the brightness in `0.0..=1.0`, as a weighted sum of the components.
    pub fn luma(self) -> f32 {
        0.3 * self.r + 0.59 * self.g + 0.11 * self.b
    }

    /// Returns the colour as a type of `tiny-skia`.
    pub fn skia(self) -> Color {
        let part = |value: f32| value.clamp(0.0, 1.0);
        Color::from_rgba(part(self.r), part(self.g), part(self.b), part(self.a)).unwrap_or(Color::BLACK)
    }
}
