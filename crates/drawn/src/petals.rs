//! Rings of petals, and the disc that they stand around.

use tiny_skia::Transform;

use crate::{
    canvas::{Canvas, Fill},
    dice::Dice,
    palette::Colour,
    shape::Shape,
};

/// The look of the petals of one ring; see [`Shape::petal`] for their form.
#[derive(Clone, Copy, Debug)]
pub struct Petal {
    /// From the middle of the blossom to the tip.
    pub length: f32,
    /// At the widest.
    pub width: f32,
    /// Where it is widest, as a share of its length.
    pub belly: f32,
    /// 0 is round, 1 is pointed.
    pub point: f32,
    /// Its main colour.
    pub colour: Colour,
    /// Whether a line runs along its middle.
    pub vein: bool,
    /// How far it may stand off its place, in degrees.
    pub wobble: f32,
}

/// Draws `count` petals around the origin, the first at `start` turns.
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

/// Draws a domed disc of `radius` around the origin, dotted in a spiral as seeds lie.
pub fn disc(canvas: &mut Canvas, colour: Colour, radius: f32, dots: usize) {
    /// The golden angle: no two seeds end up behind each other.
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
