//! The arrangements of flowers: a close-up, a single flower, a bunch, a pot and a bed.

use std::f32::consts::TAU;

use tiny_skia::Transform;

use crate::{
    blossom::{Blossom, FlowerKind, KINDS},
    canvas::{Canvas, Fill},
    dice::Dice,
    palette::{self, Colour},
    shape::{Shape, Spot},
};

/// The arrangement of flowers. The frame is that of the poses: the ground is y = 0, and the height is about 2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// A close-up of a blossom in front of leaves.
    Close,
    /// A blossom on its stem.
    Single,
    /// A few flowers that grow from one place.
    Bunch,
    /// A few flowers in a pot or vase.
    Pot,
    /// Many flowers in rows.
    Bed,
}

/// The arrangements. Likely arrangements appear twice.
pub const ARRANGEMENTS: [Arrangement; 9] = [
    Arrangement::Close,
    Arrangement::Close,
    Arrangement::Single,
    Arrangement::Single,
    Arrangement::Bunch,
    Arrangement::Bunch,
    Arrangement::Pot,
    Arrangement::Pot,
    Arrangement::Bed,
];

impl Arrangement {
    /// Returns half of the width, and the whole height, of the arrangement.
    pub fn extent(self) -> (f32, f32) {
        match self {
            Self::Close => (1.1, 2.2),
            Self::Single => (0.75, 2.5),
            Self::Bunch => (1.1, 2.4),
            Self::Pot => (1.1, 2.85),
            Self::Bed => (1.7, 1.9),
        }
    }

    /// Draws flowers in this arrangement.
    pub fn draw(self, canvas: &mut Canvas, dice: &mut Dice) {
        let green = palette::green(dice);
        let blossom = Blossom::roll(dice.pick(&KINDS), dice);
        match self {
            Self::Close => close(canvas, blossom, green, dice),
            Self::Single => {
                let sway = dice.about(0.0, 0.35);
                let size = dice.between(0.5, 0.66);
                let top = if blossom.upright() { -1.35 } else { -1.65 };
                grow(canvas, blossom, (0.0, 0.0), (sway, top), size, green, dice);
            }
            Self::Bunch => bunch(canvas, blossom, (0.0, 0.0), green, dice),
            Self::Pot => pot(canvas, blossom, green, dice),
            Self::Bed => bed(canvas, blossom, green, dice),
        }
    }
}

fn close(canvas: &mut Canvas, blossom: Blossom, green: Colour, dice: &mut Dice) {
    let at = (0.0, -1.12);
    let stem = Shape::limb(&[(dice.about(0.0, 0.4), 0.6, 0.08), (0.05, -0.3, 0.07), (0.0, -1.0, 0.06)]);
    canvas.fill(&stem, Fill::Flat(green.darker(0.1)));
    if blossom.upright() {
        for side in [-1.0, 1.0] {
            leaf(canvas, (0.0, 0.3), side * dice.between(18.0, 40.0), 1.6, 0.4, green, dice);
        }
        let (size, high) = if blossom.kind == FlowerKind::Tulip { (0.98, -0.62) } else { (0.85, -0.2) };
        place(canvas, blossom, (0.0, high), dice.about(0.0, 12.0), (size, size), dice);
        return;
    }
    let start = dice.between(0.0, 360.0);
    for step in 0..dice.whole(2, 5) {
        let turn = start + step as f32 * 360.0 / 4.0 + dice.about(0.0, 30.0);
        leaf(canvas, at, turn, 1.25, 0.55, green, dice);
    }
    let tilt = dice.between(0.8, 1.0);
    place(canvas, blossom, at, dice.between(-20.0, 20.0), (1.0, tilt), dice);
}

fn bunch(canvas: &mut Canvas, blossom: Blossom, root: Spot, green: Colour, dice: &mut Dice) {
    let mixed = dice.chance(0.4);
    let count = dice.whole(3, 7);
    for stem in 0..count {
        let share = (stem as f32 + 0.5) / count as f32 * 2.0 - 1.0;
        let fan = dice.between(0.6, 0.9);
        let top = (root.0 + share * fan, root.1 - 1.75 + share.abs() * 0.4 + dice.about(0.0, 0.5));
        let kind = if mixed { Blossom::roll(dice.pick(&KINDS), dice) } else { blossom };
        let size = dice.between(0.3, 0.42);
        grow(canvas, kind, (root.0 + share * 0.14, root.1), top, size, green, dice);
    }
}

fn pot(canvas: &mut Canvas, blossom: Blossom, green: Colour, dice: &mut Dice) {
    bunch(canvas, blossom, (0.0, -0.5), green, dice);
    let clay = if dice.chance(0.5) { palette::earth(dice) } else { palette::bright(dice) };
    let vase = dice.chance(0.5);
    let half: &[Spot] = if vase {
        &[(0.0, -0.74), (0.2, -0.74), (0.2, -0.6), (0.34, -0.36), (0.3, -0.08), (0.18, 0.0), (0.0, 0.0)]
    } else {
        &[(0.0, -0.66), (0.38, -0.66), (0.41, -0.6), (0.34, -0.3), (0.28, -0.03), (0.2, 0.0), (0.0, 0.0)]
    };
    let shape = Shape::mirrored(half);
    canvas.fill(&shape, Fill::Down(clay.lighter(0.12), clay.darker(0.25)));
    canvas.inside(&shape, |canvas| {
        canvas.fill(&Shape::ellipse((-0.2, -0.35), 0.07, 0.3), clay.lighter(0.5).faded(0.5));
        if dice.chance(0.6) {
            let band = palette::bright(dice);
            canvas.line(&Shape::curve(&[(-0.5, -0.3), (0.0, -0.24), (0.5, -0.3)]), 0.08, band);
        }
    });
    canvas.line(&shape, 0.02, clay.darker(0.5).faded(0.6));
}

fn bed(canvas: &mut Canvas, blossom: Blossom, green: Colour, dice: &mut Dice) {
    let other = if dice.chance(0.5) { Blossom::roll(dice.pick(&KINDS), dice) } else { blossom };
    for row in 0..3 {
        let near = 0.6 + row as f32 * 0.25;
        let ground = -0.55 + row as f32 * 0.3;
        let count = 7 - row;
        for place in 0..count {
            let x = ((place as f32 + 0.5) / count as f32 * 2.0 - 1.0) * 1.6 + dice.about(0.0, 0.15);
            let kind = if (place + row) % 2 == 0 { blossom } else { other };
            let top = (x + dice.about(0.0, 0.12), ground - near * dice.between(0.75, 1.05));
            grow(canvas, kind, (x, ground + 0.2), top, 0.27 * near, green, dice);
        }
    }
}

/// Draws a stem from `root` to `top` with leaves and a blossom of the radius `size`.
fn grow(canvas: &mut Canvas, blossom: Blossom, root: Spot, top: Spot, size: f32, green: Colour, dice: &mut Dice) {
    let bow = dice.about(0.0, 0.16);
    let mid = (f32::midpoint(root.0, top.0) + bow, f32::midpoint(root.1, top.1));
    let thick = size * 0.085 + 0.012;
    let stem = Shape::limb(&[(root.0, root.1, thick), (mid.0, mid.1, thick), (top.0, top.1, thick * 0.8)]);
    canvas.fill(&stem, Fill::Down(green.lighter(0.1), green.darker(0.2)));
    let reach = (root.1 - top.1).abs() * 0.34;
    for side in [-1.0, 1.0] {
        if dice.chance(0.65) {
            let share = dice.between(0.1, 0.6);
            let at = (root.0 + (mid.0 - root.0) * share * 2.0_f32.min(1.0 / share), root.1 + (top.1 - root.1) * share);
            leaf(canvas, at, side * dice.between(30.0, 65.0), reach, reach * 0.32, green, dice);
        }
    }
    let lean = ((top.0 - mid.0) / (mid.1 - top.1).max(0.1)).atan() / TAU * 360.0;
    if blossom.upright() {
        place(canvas, blossom, (top.0, top.1 + size * 0.2), lean, (size, size), dice);
    } else {
        let tilt = dice.between(0.68, 1.0);
        place(canvas, blossom, top, lean * 0.5 + dice.about(0.0, 12.0), (size, size * tilt), dice);
    }
}

/// Draws a blossom at `at`, rotated by `turn` degrees and scaled by `(wide, high)`.
fn place(canvas: &mut Canvas, blossom: Blossom, at: Spot, turn: f32, (wide, high): (f32, f32), dice: &mut Dice) {
    let step = Transform::from_translate(at.0, at.1).pre_rotate(turn).pre_scale(wide, high);
    canvas.within(step, |canvas| blossom.draw(canvas, dice));
}

/// Draws a leaf from `at`, rotated by `turn` degrees from straight up.
pub fn leaf(canvas: &mut Canvas, at: Spot, turn: f32, length: f32, width: f32, green: Colour, dice: &mut Dice) {
    let green = dice.near(green, 0.06);
    let shape = Shape::petal(length, width, 0.42, 0.85);
    canvas.within(Transform::from_translate(at.0, at.1).pre_rotate(turn), |canvas| {
        canvas.fill(&shape, Fill::Down(green.lighter(0.14), green.darker(0.22)));
        let vein = green.darker(0.35).faded(0.6);
        canvas.line(&Shape::curve(&[(0.0, 0.0), (0.0, -length * 0.85)]), length * 0.018, vein);
        for rib in 1..4 {
            let y = -length * 0.2 * rib as f32;
            for side in [-1.0, 1.0] {
                let line = Shape::curve(&[(0.0, y), (side * width * 0.3, y - length * 0.13)]);
                canvas.line(&line, length * 0.01, vein.faded(0.7));
            }
        }
    });
}
