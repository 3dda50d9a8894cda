//! Rings of petals around a disc.

use tiny_skia::Transform;

use crate::{
    canvas::{Canvas, Fill},
    dice::Dice,
    palette::Colour,
    shape::Shape,
};

/// The petals of a ring. [`Shape::petal`] describes their outline.
#[derive(Clone, Copy, Debug)]
pub struct Petal {
    /// The length from the centre of the blossom to the tip.
    pub length: f32,
    /// The largest width.
    pub width: f32,
    /// The share of the length at which the petal is widest.
    pub belly: f32,
    /// The form of the tip, from 0 (round) to 1 (pointed).
    pub point: f32,
    /// The main colour.
    pub colour: Colour,
    /// Whether the petal has a line along its centre.
    pub vein: bool,
    /// The largest deviation from the regular angle, in degrees.
    pub wobble: f32,
}

/// Draws `count` petals around the origin. The angle of the first petal is `start` turns.
pub fn ring(canvas: &mut Canvas, count: usize, start: f32, petal: &Petal, dice: &mut Dice) {
    for place in 0..count {
        let turn = (start + place as f32 / count as f32) * 360.0 + dice.about(0.0, petal.wobble);
        let length = petal.length * dice.about(1.0, 0.07);
        let shape = Shape::petal(length, petal.width, petal.belly, petal.point);
        let colour = petal.colour.lighter(dice.between(0.0, 0.10)).darker(dice.between(0.0, 0.08));
        canvas.within(Transform::from_rotate(turn), |canvas| {
            canvas.fill(&shape, Fill::Glow((0.0, 0.0), length, colour.darker(0.28), colour.lighter(0.08)));
            canvas.line(&shape, 0.016, colour.darker(0.45).faded(0.55));
            if petal.vein {
                let vein = Shape::curve(&[(0.0, -length * 0.3), (0.01, -length * 0.82)]);
                canvas.line(&vein, 0.018, colour.darker(0.35).faded(0.5));
            }
        });
    }
}

/// Draws a domed disc of `radius` around the origin, with `dots` seeds along a spiral.
pub fn disc(canvas: &mut Canvas, colour: Colour, radius: f32, dots: usize) {
    /// The golden angle in radians, which spreads the seeds evenly.
    const TURN: f32 = 2.399_963;
    let disc = Shape::circle((0.0, 0.0), radius);
    let light = (-radius * 0.3, -radius * 0.3);
    canvas.fill(&disc, Fill::Glow(light, radius * 1.5, colour.lighter(0.25), colour.darker(0.35)));
    for dot in 0..dots {
        let reach = radius * 0.93 * (dot as f32 / dots as f32).sqrt();
        let (sine, cosine) = (dot as f32 * TURN).sin_cos();
        let shade = if dot % 3 == 0 { colour.lighter(0.35) } else { colour.darker(0.4) };
        canvas.fill(&Shape::circle((reach * cosine, reach * sine), radius * 0.05), shade.faded(0.75));
    }
    canvas.line(&disc, 0.02, colour.darker(0.6).faded(0.5));
}
