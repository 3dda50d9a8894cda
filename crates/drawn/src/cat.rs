//! Cats: their build, coat and head.

use tiny_skia::Transform;

use crate::{
    canvas::{Canvas, Fill},
    coat::{Coat, Part, Pattern},
    dice::Dice,
    face::{self, Eyes, View},
    palette::{Colour, INK, WHITE, hex},
    pose::{Animal, Build, Tail},
    shape::{Shape, mirror},
};

const PATTERNS: [Pattern; 10] = [
    Pattern::Tabby,
    Pattern::Tabby,
    Pattern::Tabby,
    Pattern::Plain,
    Pattern::Plain,
    Pattern::Bib,
    Pattern::Bib,
    Pattern::Patches,
    Pattern::Points,
    Pattern::Spots,
];

const IRISES: [u32; 7] = [0xe3_b23c, 0xa8_c256, 0x63_a375, 0x69_b3d6, 0xd9_8032, 0xc9_cf6a, 0x4f_8fc0];

/// A cat.
#[derive(Clone, Debug)]
pub struct Cat {
    coat: Coat,
    build: Build,
    iris: Colour,
    pupil: f32,
    eyes: Eyes,
    ear: f32,
    cheeks: f32,
    nose: Colour,
}

impl Cat {
    /// Creates a random cat.
    pub fn roll(dice: &mut Dice) -> Self {
        let coat = Coat::roll(&PATTERNS, dice);
        let long_haired = dice.chance(0.3);
        let build = Build {
            girth: if dice.chance(0.2) { dice.between(1.15, 1.35) } else { dice.between(0.85, 1.1) },
            legs: dice.between(0.8, 1.1),
            head: dice.between(0.92, 1.12),
            fluff: if long_haired { dice.between(0.08, 0.14) } else { 0.0 },
            tail: if long_haired { Tail::Bushy } else { Tail::Slim },
        };
        Self {
            iris: dice.colour(&IRISES, 0.04),
            pupil: dice.between(0.0, 1.0),
            eyes: face::roll_eyes(dice),
            ear: if dice.chance(0.1) { dice.between(0.62, 0.72) } else { dice.between(0.88, 1.18) },
            cheeks: dice.between(0.9, 1.1),
            nose: if dice.chance(0.75) { face::skin(coat.base, dice) } else { coat.mark.darker(0.3) },
            coat,
            build,
        }
    }

    fn front(&self, canvas: &mut Canvas, turn: f32, eyes: Eyes, dice: &mut Dice) {
        let shift = turn * 0.2;
        for side in [-1.0_f32, 1.0] {
            let near = 1.0 - 0.12 * side * turn;
            let step = Transform::from_translate(0.56 * side + shift * 0.2, -0.36)
                .pre_rotate(side * 22.0)
                .pre_scale(near, 1.0);
            canvas.within(step, |canvas| self.ear(canvas, dice));
        }
        let wide = self.cheeks;
        let half = [
            (0.0, -0.80),
            (0.44, -0.74),
            (0.82 * wide, -0.38),
            (0.97 * wide, 0.10),
            (0.82 * wide, 0.46),
            (0.42, 0.73),
            (0.0, 0.79),
        ];
        let round = mirror(&half);
        let head = if self.build.fluff > 0.0 {
            Shape::furry(&round, 30, self.build.fluff * 0.9, dice)
        } else {
            Shape::blob(&round)
        };
        self.coat.draw(canvas, &head, Part::Head, dice);
        canvas.inside(&head, |canvas| self.mask(canvas, shift, dice));
        let muzzle = if self.coat.pattern == Pattern::Points { self.coat.mark.lighter(0.08) } else { self.coat.pale };
        canvas.fill(&Shape::ellipse((shift, 0.57), 0.22, 0.15), muzzle.darker(0.08));
        for side in [-1.0, 1.0] {
            canvas
                .fill(&Shape::ellipse((shift + 0.19 * side, 0.39), 0.26, 0.2), Fill::Down(muzzle, muzzle.darker(0.08)));
        }
        for side in [-1.0_f32, 1.0] {
            let near = 1.0 - 0.14 * side * turn;
            let at = (0.41 * side + shift, -0.03);
            face::eye(canvas, eyes, at, (0.205 * near, 0.185), self.iris, self.pupil);
        }
        self.snout(canvas, shift * 1.25);
    }

    fn side(&self, canvas: &mut Canvas, eyes: Eyes, dice: &mut Dice) {
        for (x, turn, shrink) in [(0.34, 20.0, 0.85), (-0.2, 2.0, 1.0)] {
            let step = Transform::from_translate(x, -0.3).pre_rotate(turn).pre_scale(shrink, shrink);
            canvas.within(step, |canvas| self.ear(canvas, dice));
        }
        let round = [
            (-0.72, 0.0),
            (-0.5, -0.56),
            (0.05, -0.72),
            (0.52, -0.46),
            (0.8, 0.02),
            (0.9, 0.3),
            (0.66, 0.6),
            (0.1, 0.68),
            (-0.5, 0.52),
        ];
        let head = if self.build.fluff > 0.0 {
            Shape::furry(&round, 26, self.build.fluff * 0.8, dice)
        } else {
            Shape::blob(&round)
        };
        self.coat.draw(canvas, &head, Part::Head, dice);
        let pale = if self.coat.pattern == Pattern::Points { self.coat.mark } else { self.coat.pale };
        canvas.fill(&Shape::ellipse((0.68, 0.38), 0.28, 0.2), Fill::Down(pale, pale.darker(0.08)));
        face::eye(canvas, eyes, (0.42, -0.08), (0.15, 0.17), self.iris, self.pupil);
        canvas.fill(&Shape::blob(&[(0.82, 0.12), (0.94, 0.15), (0.9, 0.25)]), self.nose);
        let ink = self.coat.mark.darker(0.6);
        canvas.line(&Shape::curve(&[(0.9, 0.25), (0.84, 0.42), (0.6, 0.46)]), 0.035, ink);
        self.whiskers(canvas, (0.66, 0.36), 1.0, dice.between(-0.1, 0.1));
    }

    fn ear(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let outer = Shape::petal(0.98 * self.ear, 0.8, 0.22, 1.0);
        self.coat.draw(canvas, &outer, Part::Ear, dice);
        let inner = Shape::petal(0.76 * self.ear, 0.48, 0.24, 1.0);
        let pink = if self.coat.base.luma() < 0.35 { hex(0x8f_6164) } else { hex(0xee_b1ab) };
        canvas.fill(&inner, Fill::Down(pink, pink.darker(0.2)));
    }

    /// Draws the markings of the face. The canvas is clipped to the head.
    fn mask(&self, canvas: &mut Canvas, shift: f32, dice: &mut Dice) {
        let mark = self.coat.mark.faded(0.78);
        match self.coat.pattern {
            Pattern::Tabby => {
                for (x, lean, deep) in [(0.0, 0.0, -0.34), (-0.2, -0.06, -0.4), (0.2, 0.06, -0.4)] {
                    let limb = [(x + lean + shift * 0.5, -0.85, 0.055), (x + shift * 0.8, deep, 0.012)];
                    canvas.fill(&Shape::limb(&limb), mark);
                }
                for side in [-1.0, 1.0] {
                    for (y, drop) in [(0.05, 0.02), (0.28, 0.0)] {
                        let limb = [(side * 1.02, y + drop, 0.06), (side * 0.68 + shift, y + 0.06, 0.012)];
                        canvas.fill(&Shape::limb(&limb), mark);
                    }
                }
            }
            Pattern::Bib if dice.chance(0.8) => {
                let blaze = [
                    (shift * 0.6, -0.75),
                    (shift + 0.12, -0.1),
                    (shift + 0.5, 0.4),
                    (shift, 0.85),
                    (shift - 0.5, 0.4),
                    (shift - 0.12, -0.1),
                ];
                canvas.fill(&Shape::blob(&blaze), self.coat.pale);
            }
            _ => {}
        }
    }

    /// Draws nose, mouth and whiskers.
    fn snout(&self, canvas: &mut Canvas, x: f32) {
        let nose = Shape::blob(&[(x - 0.1, 0.2), (x, 0.185), (x + 0.1, 0.2), (x, 0.31)]);
        canvas.fill(&nose, Fill::Down(self.nose.lighter(0.1), self.nose.darker(0.15)));
        face::mouth(canvas, (x, 0.3), 0.2, 0.1, self.coat.mark.darker(0.6));
        for side in [-1.0, 1.0] {
            self.whiskers(canvas, (x + 0.24 * side, 0.38), side, 0.0);
        }
    }

    fn whiskers(&self, canvas: &mut Canvas, (x, y): (f32, f32), side: f32, lift: f32) {
        let colour = if self.coat.base.luma() > 0.62 { INK.lighter(0.35) } else { WHITE };
        for (step, rise) in [(-0.05, -0.16), (0.0, 0.02), (0.05, 0.18)] {
            let line = [
                (x, y + step),
                (x + side * 0.45, y + step + rise * 0.4 + lift),
                (x + side * 0.9, y + step + rise + lift),
            ];
            canvas.line(&Shape::curve(&line), 0.022, colour.faded(0.85));
        }
    }
}

impl Animal for Cat {
    fn coat(&self) -> &Coat {
        &self.coat
    }

    fn build(&self) -> Build {
        self.build
    }

    fn head(&self, canvas: &mut Canvas, view: View, eyes: Option<Eyes>, dice: &mut Dice) {
        let eyes = eyes.unwrap_or(self.eyes);
        match view {
            View::Front(turn) => self.front(canvas, turn, eyes, dice),
            View::Side => self.side(canvas, eyes, dice),
        }
    }
}
