//! The parts that the faces of cats and dogs share: views, eyes and mouths.

use crate::{
    canvas::{Canvas, Fill},
    dice::Dice,
    palette::{Colour, INK, WHITE, hex},
    shape::{Shape, Spot},
};

/// The direction from which a head is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View {
    /// From the front, turned by a value from -1 (left) to 1 (right).
    Front(f32),
    /// From the right side. The animal looks to the right.
    Side,
}

/// The look of the eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eyes {
    /// Wide open, with a visible iris.
    Open,
    /// Dark and small.
    Button,
    /// Closed.
    Closed,
}

/// Draws an eye at `at` with the semi-axes `wide` and `high`. `slit` is the form of the pupil, from 0 (narrow) to 1 (round).
pub fn eye(canvas: &mut Canvas, eyes: Eyes, at: Spot, (wide, high): (f32, f32), iris: Colour, slit: f32) {
    let (x, y) = at;
    let gleam = |canvas: &mut Canvas, size: f32| {
        canvas.fill(&Shape::circle((x + wide * 0.28, y - high * 0.36), size), WHITE);
        canvas.fill(&Shape::circle((x - wide * 0.3, y + high * 0.3), size * 0.45), WHITE.faded(0.8));
    };
    match eyes {
        Eyes::Open => {
            let round = Shape::ellipse(at, wide, high);
            canvas.fill(&round, Fill::Glow((x, y + high * 0.3), wide * 1.2, iris.lighter(0.3), iris.darker(0.25)));
            canvas.inside(&round, |canvas| {
                canvas.fill(&Shape::ellipse(at, wide * (0.2 + 0.45 * slit), high * 0.8), INK);
            });
            canvas.line(&round, 0.045, INK);
            gleam(canvas, wide * 0.24);
        }
        Eyes::Button => {
            canvas.fill(&Shape::ellipse(at, wide * 0.72, high * 0.84), INK);
            gleam(canvas, wide * 0.2);
        }
        Eyes::Closed => {
            let arc =
                [(x - wide, y), (x - wide * 0.5, y + high * 0.5), (x + wide * 0.5, y + high * 0.5), (x + wide, y)];
            canvas.line(&Shape::curve(&arc), 0.06, INK.faded(0.9));
        }
    }
}

/// Draws a smiling mouth below `(x, y)`: a short line down and an arc to each side.
pub fn mouth(canvas: &mut Canvas, (x, y): Spot, wide: f32, drop: f32, colour: Colour) {
    canvas.line(&Shape::curve(&[(x, y), (x, y + drop)]), 0.035, colour);
    for side in [-1.0, 1.0] {
        let arc =
            [(x, y + drop), (x + side * wide * 0.45, y + drop + wide * 0.3), (x + side * wide, y + drop + wide * 0.05)];
        canvas.line(&Shape::curve(&arc), 0.035, colour);
    }
}

/// Draws a tongue that hangs from `(x, y)`.
pub fn tongue(canvas: &mut Canvas, (x, y): Spot, wide: f32, long: f32) {
    let pink = hex(0xee_7a8c);
    let shape = Shape::blob(&[
        (x - wide, y),
        (x + wide, y),
        (x + wide, y + long * 0.7),
        (x, y + long),
        (x - wide, y + long * 0.7),
    ]);
    canvas.fill(&shape, Fill::Down(pink.darker(0.15), pink));
    canvas.line(&Shape::curve(&[(x, y), (x, y + long * 0.6)]), 0.025, pink.darker(0.3));
}

/// Returns a random look of the eyes.
pub fn roll_eyes(dice: &mut Dice) -> Eyes {
    if dice.chance(0.12) {
        Eyes::Closed
    } else if dice.chance(0.4) {
        Eyes::Button
    } else {
        Eyes::Open
    }
}

/// Returns a colour of skin for an inner ear or a nose that suits fur of the colour `base`.
pub fn skin(base: Colour, dice: &mut Dice) -> Colour {
    let pink = dice.near(hex(0xf0_a8a6), 0.06);
    if base.luma() < 0.35 { pink.darker(0.35) } else { pink }
}
