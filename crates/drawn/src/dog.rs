//! Dogs: their breed, coat and head.

use tiny_skia::Transform;

use crate::{
    canvas::{Canvas, Fill},
    coat::{Coat, Part, Pattern},
    dice::Dice,
    face::{self, Eyes, View},
    palette::{self, Colour, INK, WHITE, hex},
    pose::{Animal, Build, Tail},
    shape::{Shape, mirror},
};

/// The form of the ears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ears {
    /// Standing, pointed.
    Prick,
    /// Standing, rounded.
    Bat,
    /// Folded forward.
    Button,
    /// Hanging.
    Drop,
    /// Hanging far down.
    Long,
}

/// A breed: ears, possible patterns, length of the legs, girth, length of the snout, fluff, tail.
type Breed = (Ears, &'static [Pattern], f32, f32, f32, f32, Tail);

const BREEDS: [Breed; 11] = {
    use Pattern::{Bib, Patches, Plain, Points, Saddle, Spots, Tabby};
    [
        (Ears::Drop, &[Plain], 1.0, 1.05, 1.0, 0.05, Tail::Bushy),
        (Ears::Prick, &[Saddle, Points], 1.1, 1.0, 1.1, 0.04, Tail::Bushy),
        (Ears::Drop, &[Spots], 1.15, 0.95, 1.0, 0.0, Tail::Whip),
        (Ears::Long, &[Saddle, Patches, Bib], 0.75, 1.05, 1.05, 0.0, Tail::Whip),
        (Ears::Prick, &[Bib, Plain], 1.0, 1.1, 0.95, 0.1, Tail::Rolled),
        (Ears::Drop, &[Plain, Saddle], 0.42, 1.0, 1.15, 0.0, Tail::Whip),
        (Ears::Prick, &[Bib], 0.5, 1.15, 0.95, 0.05, Tail::Stub),
        (Ears::Bat, &[Plain, Bib, Tabby], 0.75, 1.2, 0.72, 0.0, Tail::Stub),
        (Ears::Button, &[Patches, Bib], 0.95, 0.95, 0.95, 0.0, Tail::Whip),
        (Ears::Long, &[Plain], 0.95, 1.05, 0.9, 0.14, Tail::Rolled),
        (Ears::Button, &[Bib, Patches, Tabby], 1.05, 1.0, 1.0, 0.1, Tail::Bushy),
    ]
};

/// A dog.
#[derive(Clone, Debug)]
pub struct Dog {
    coat: Coat,
    build: Build,
    ears: Ears,
    snout: f32,
    iris: Colour,
    eyes: Eyes,
    panting: bool,
    collar: Option<Colour>,
}

impl Dog {
    /// Creates a random dog.
    pub fn roll(dice: &mut Dice) -> Self {
        let (ears, patterns, legs, girth, snout, fluff, tail) = dice.pick(&BREEDS);
        let iris = if dice.chance(0.12) { hex(0x69_b3d6) } else { hex(0x74_4a2a) };
        Self {
            coat: Coat::roll(patterns, dice),
            build: Build {
                girth: girth * dice.between(0.92, 1.1),
                legs: legs * dice.between(0.92, 1.08),
                head: dice.between(0.92, 1.1),
                fluff,
                tail,
            },
            ears,
            snout: snout * dice.between(0.94, 1.06),
            iris: dice.near(iris, 0.05),
            eyes: face::roll_eyes(dice),
            panting: dice.chance(0.45),
            collar: dice.chance(0.35).then(|| palette::bright(dice)),
        }
    }

    fn front(&self, canvas: &mut Canvas, turn: f32, eyes: Eyes, dice: &mut Dice) {
        let shift = turn * 0.2;
        if let Some(colour) = self.collar {
            canvas.fill(&Shape::ellipse((0.0, 0.78), 0.6, 0.2), colour);
        }
        let standing = matches!(self.ears, Ears::Prick | Ears::Bat);
        if standing {
            self.both_ears(canvas, turn, dice);
        }
        let half = [(0.0, -0.82), (0.42, -0.77), (0.73, -0.42), (0.76, 0.02), (0.62, 0.42), (0.4, 0.74), (0.0, 0.86)];
        let round = mirror(&half);
        let head = if self.build.fluff > 0.06 {
            Shape::furry(&round, 28, self.build.fluff, dice)
        } else {
            Shape::blob(&round)
        };
        self.coat.draw(canvas, &head, Part::Head, dice);
        canvas.inside(&head, |canvas| self.mask(canvas, shift, dice));
        for side in [-1.0_f32, 1.0] {
            let at = (0.35 * side + shift, -0.12);
            face::eye(canvas, eyes, at, (0.15 * (1.0 - 0.14 * side * turn), 0.15), self.iris, 0.8);
        }
        if !standing {
            self.both_ears(canvas, turn, dice);
        }
        self.muzzle(canvas, shift * 1.9);
    }

    fn muzzle(&self, canvas: &mut Canvas, x: f32) {
        let pale = self.muzzle_colour();
        let ink = INK.mix(self.coat.mark, 0.2);
        if self.panting {
            canvas.fill(&Shape::ellipse((x, 0.68), 0.24, 0.2), hex(0x70_2c38));
            face::tongue(canvas, (x, 0.66), 0.15, 0.42);
        }
        let long = self.snout;
        let muzzle = Shape::mirrored(&[
            (0.0, 0.02),
            (0.24, 0.1),
            (0.43, 0.36),
            (0.36, 0.62 + 0.06 * long),
            (0.0, 0.7 + 0.04 * long),
        ])
        .moved(Transform::from_translate(x, 0.0));
        canvas.fill(&muzzle, Fill::Down(pale.lighter(0.05), pale.darker(0.14)));
        let nose = Shape::mirrored(&[(0.0, 0.06), (0.17, 0.08), (0.2, 0.17), (0.1, 0.29), (0.0, 0.32)])
            .moved(Transform::from_translate(x, 0.0));
        canvas.fill(&nose, ink);
        canvas.fill(&Shape::ellipse((x - 0.05, 0.12), 0.06, 0.03), WHITE.faded(0.55));
        face::mouth(canvas, (x, 0.3), 0.3, 0.2, ink);
        for side in [-1.0, 1.0] {
            for (dx, dy) in [(0.2, 0.42), (0.27, 0.5)] {
                canvas.fill(&Shape::circle((x + side * dx, dy), 0.016), ink.faded(0.6));
            }
        }
    }

    fn both_ears(&self, canvas: &mut Canvas, turn: f32, dice: &mut Dice) {
        for side in [-1.0_f32, 1.0] {
            let near = 1.0 - 0.12 * side * turn;
            let step = Transform::from_translate(turn * 0.05, 0.0).pre_scale(side * near, 1.0);
            canvas.within(step, |canvas| self.ear(canvas, dice));
        }
    }

    /// Draws the right ear from the front.
    fn ear(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let spots: &[(f32, f32)] = match self.ears {
            Ears::Prick | Ears::Bat => {
                let (length, width, point, lean) =
                    if self.ears == Ears::Prick { (0.95, 0.56, 0.75, 15.0) } else { (0.9, 0.6, 0.4, 20.0) };
                let step = Transform::from_translate(0.44, -0.42).pre_rotate(lean);
                canvas.within(step, |canvas| {
                    self.coat.draw(canvas, &Shape::petal(length, width, 0.4, point), Part::Ear, dice);
                    let inner = face::skin(self.coat.base, dice).mix(self.coat.base, 0.3);
                    canvas.fill(&Shape::petal(length * 0.76, width * 0.55, 0.42, point), inner);
                });
                return;
            }
            Ears::Button => &[(0.26, -0.8), (0.62, -0.86), (0.86, -0.52), (0.8, -0.12), (0.56, -0.36)],
            Ears::Drop => {
                &[(0.42, -0.78), (0.76, -0.74), (1.02, -0.3), (1.06, 0.22), (0.86, 0.42), (0.7, 0.1), (0.62, -0.4)]
            }
            Ears::Long => &[
                (0.42, -0.74),
                (0.78, -0.7),
                (1.04, -0.2),
                (1.14, 0.5),
                (0.98, 0.9),
                (0.74, 0.7),
                (0.66, 0.0),
                (0.6, -0.42),
            ],
        };
        let shape = if self.build.fluff > 0.06 {
            Shape::furry(spots, 16, self.build.fluff * 0.8, dice)
        } else {
            Shape::blob(spots)
        };
        let coat = Coat { base: self.coat.base.darker(0.2), ..self.coat.clone() };
        coat.draw(canvas, &shape, Part::Ear, dice);
    }

    fn side(&self, canvas: &mut Canvas, eyes: Eyes, dice: &mut Dice) {
        if let Some(colour) = self.collar {
            let line = Shape::curve(&[(-0.62, 0.2), (-0.3, 0.62), (0.05, 0.82)]);
            canvas.line(&line, 0.2, colour);
        }
        if matches!(self.ears, Ears::Prick | Ears::Bat) {
            canvas.within(Transform::from_translate(-0.34, 0.1), |canvas| self.ear(canvas, dice));
        }
        let tip = 0.62 + 0.45 * self.snout;
        if self.panting {
            face::tongue(canvas, (tip - 0.25, 0.42), 0.13, 0.45);
        }
        let skull = [
            (-0.68, -0.05),
            (-0.5, -0.56),
            (0.0, -0.7),
            (0.36, -0.5),
            (0.5, -0.14),
            (tip - 0.15, -0.04),
            (tip + 0.02, 0.12),
            (tip - 0.06, 0.4),
            (0.45, 0.52),
            (0.0, 0.62),
            (-0.5, 0.46),
        ];
        let head = if self.build.fluff > 0.06 {
            Shape::furry(&skull, 30, self.build.fluff * 0.6, dice)
        } else {
            Shape::blob(&skull)
        };
        self.coat.draw(canvas, &head, Part::Head, dice);
        let pale = self.muzzle_colour();
        canvas.inside(&head, |canvas| {
            canvas.fill(&Shape::ellipse((tip - 0.1, 0.32), 0.52, 0.24), pale.faded(0.9));
        });
        let ink = INK.mix(self.coat.mark, 0.2);
        canvas.fill(&Shape::ellipse((tip, 0.06), 0.13, 0.11), ink);
        canvas.fill(&Shape::ellipse((tip - 0.01, 0.02), 0.04, 0.025), WHITE.faded(0.55));
        canvas.line(&Shape::curve(&[(tip - 0.02, 0.3), (tip - 0.35, 0.4), (0.28, 0.32)]), 0.04, ink);
        face::eye(canvas, eyes, (0.26, -0.2), (0.13, 0.14), self.iris, 0.8);
        if !matches!(self.ears, Ears::Prick | Ears::Bat) {
            let step = Transform::from_translate(-0.62, 0.12).pre_scale(0.85, 1.0);
            canvas.within(step, |canvas| self.ear(canvas, dice));
        }
    }

    fn muzzle_colour(&self) -> Colour {
        match self.coat.pattern {
            Pattern::Plain => self.coat.base.lighter(0.18),
            Pattern::Points => self.coat.mark,
            Pattern::Saddle | Pattern::Tabby => self.coat.base.mix(self.coat.pale, 0.5),
            Pattern::Bib | Pattern::Patches | Pattern::Spots => self.coat.pale,
        }
    }

    /// Draws the markings of the face: a blaze, a patch over an eye, or brows. The canvas is clipped to the head.
    fn mask(&self, canvas: &mut Canvas, shift: f32, dice: &mut Dice) {
        match self.coat.pattern {
            Pattern::Bib => {
                let blaze = [
                    (shift * 0.6, -0.8),
                    (shift + 0.13, -0.2),
                    (shift + 0.42, 0.3),
                    (shift, 0.9),
                    (shift - 0.42, 0.3),
                    (shift - 0.13, -0.2),
                ];
                canvas.fill(&Shape::blob(&blaze), self.coat.pale);
            }
            Pattern::Patches => {
                let at = (shift + 0.38 * dice.sign(), -0.2);
                canvas.fill(&Shape::pebble(at, 0.36, 0.25, 8, dice), self.coat.mark);
            }
            Pattern::Saddle | Pattern::Points => {
                for side in [-1.0, 1.0] {
                    canvas.fill(&Shape::ellipse((shift + 0.3 * side, -0.36), 0.1, 0.07), self.coat.pale.faded(0.85));
                }
            }
            _ => {}
        }
    }
}

impl Animal for Dog {
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
