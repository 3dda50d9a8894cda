//! The fur: its colours and markings on each part of a body. Cats and dogs share all kinds of fur, so that fur does not give
//! away the class.

use std::f32::consts::TAU;

use crate::{
    canvas::{Canvas, Fill},
    dice::Dice,
    palette::{Colour, hex},
    shape::Shape,
};

/// The pattern of the markings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// One colour.
    Plain,
    /// Pale chest, belly and paws.
    Bib,
    /// Stripes and rings.
    Tabby,
    /// Large irregular patches.
    Patches,
    /// Dark legs, tail, ears and face.
    Points,
    /// Many small spots.
    Spots,
    /// A dark back over a paler body.
    Saddle,
}

/// A part of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The trunk from the side, or curled up.
    Flank,
    /// The trunk from the front.
    Breast,
    /// A leg, from hip to paw.
    Leg,
    /// A leg on the far side.
    FarLeg,
    /// The tail.
    Tail,
    /// The neck, and other parts without markings.
    Neck,
    /// The head without its face.
    Head,
    /// The outside of an ear.
    Ear,
}

/// The fur of an animal.
#[derive(Clone, Debug)]
pub struct Coat {
    /// The main colour.
    pub base: Colour,
    /// The colour of chest, belly and muzzle.
    pub pale: Colour,
    /// The colour of the markings.
    pub mark: Colour,
    /// The pattern of the markings.
    pub pattern: Pattern,
}

/// Matching main colours, pale colours and colours of markings.
const FURS: [[u32; 3]; 13] = [
    [0xe0_9a4f, 0xfb_ead2, 0xa8_5a24],
    [0x8d_8a8f, 0xe6_e3e1, 0x4c_494f],
    [0x3a_363c, 0xf2_eee8, 0x1d_1a1f],
    [0xf3_e9dc, 0xff_fbf4, 0xb7_8a61],
    [0xa9_7a54, 0xea_d5bb, 0x5a_3a26],
    [0x6b_4a35, 0xc9_a27c, 0x33_221a],
    [0xdc_be92, 0xf8_ecd6, 0x96_6b3f],
    [0xf5_f1ec, 0xff_ffff, 0x42_3b3d],
    [0xf4_efe6, 0xff_ffff, 0xcf_7f3a],
    [0xa7_b0b8, 0xea_eef0, 0x5f_6a76],
    [0xe9_dcc5, 0xf9_f2e4, 0x4f_3c33],
    [0xb5_5f33, 0xf3_d3b0, 0x73_3417],
    [0xc7_9a6b, 0xf0_dfc6, 0x3b_2b25],
];

impl Coat {
    /// Creates a random coat with one of `patterns`.
    pub fn roll(patterns: &[Pattern], dice: &mut Dice) -> Self {
        let [base, pale, mark] = dice.pick(&FURS).map(hex).map(|colour| dice.near(colour, 0.05));
        Self { base, pale, mark, pattern: dice.pick(patterns) }
    }

    /// Paints `shape` as `part` of the body, with an outline.
    pub fn draw(&self, canvas: &mut Canvas, shape: &Shape, part: Part, dice: &mut Dice) {
        self.paint(canvas, shape, part, dice);
        canvas.line(shape, 0.02, self.contour(part));
    }

    /// Returns the colour of the outline of a part.
    pub fn contour(&self, part: Part) -> Colour {
        let colour = if matches!(part, Part::Tail | Part::Ear) { self.base.mix(self.mark, 0.4) } else { self.base };
        colour.darker(0.5).faded(0.5)
    }

    /// Paints `shape` as `part` of the body: fur, shading and markings, without an outline.
    pub fn paint(&self, canvas: &mut Canvas, shape: &Shape, part: Part, dice: &mut Dice) {
        let colour = match (part, self.pattern) {
            (Part::Tail | Part::Ear, Pattern::Points | Pattern::Saddle) => self.mark,
            (Part::Ear, Pattern::Patches | Pattern::Spots) if dice.chance(0.6) => self.mark,
            (Part::FarLeg, _) => self.base.darker(0.22),
            _ => self.base,
        };
        let (glow, depth) = match part {
            Part::Head => (0.08, 0.10),
            Part::Leg | Part::FarLeg => (-0.04, 0.16),
            Part::Neck => (0.05, 0.12),
            _ => (0.07, 0.24),
        };
        canvas.fill(shape, Fill::Down(colour.lighter(glow), colour.darker(depth)));
        canvas.inside(shape, |canvas| self.markings(canvas, shape.bounds(), part, dice));
    }

    /// Draws the markings of `part` within `bounds`. The canvas is clipped to the part.
    fn markings(&self, canvas: &mut Canvas, bounds: [f32; 4], part: Part, dice: &mut Dice) {
        let [left, top, right, bottom] = bounds;
        let (wide, high) = (right - left, bottom - top);
        match (self.pattern, part) {
            (Pattern::Tabby, Part::Flank) => self.stripes(canvas, bounds, dice),
            (Pattern::Tabby, Part::Leg | Part::FarLeg) => self.rings(canvas, bounds, false, dice),
            (Pattern::Tabby, Part::Tail) => self.rings(canvas, bounds, wide > high, dice),
            (Pattern::Patches, Part::Flank | Part::Breast | Part::Head | Part::Tail) => {
                self.blotches(canvas, bounds, (2, 4), (0.16, 0.34), dice);
            }
            (Pattern::Spots, Part::Ear) => {}
            (Pattern::Spots, _) => {
                let count = if matches!(part, Part::Flank | Part::Breast) { (22, 34) } else { (6, 10) };
                self.blotches(canvas, bounds, count, (0.025, 0.06), dice);
            }
            (Pattern::Points, Part::Leg | Part::FarLeg) => {
                let sock = Shape::rectangle(left, top + high * 0.35, right, bottom);
                canvas.fill(&sock, Fill::Down(self.mark.faded(0.0), self.mark));
            }
            (Pattern::Points, Part::Head) => {
                let at = (f32::midpoint(left, right), top + high * 0.66);
                let mask = Shape::circle(at, wide * 0.42);
                canvas.fill(&mask, Fill::Glow(at, wide * 0.42, self.mark.faded(0.95), self.mark.faded(0.0)));
            }
            (Pattern::Saddle, Part::Flank | Part::Breast | Part::Head) => {
                let edge = top + high * if part == Part::Head { 0.33 } else { 0.5 };
                let spots: Vec<_> = (0..=6)
                    .map(|step| (left + wide * step as f32 / 6.0, edge + dice.about(0.0, high * 0.12)))
                    .chain([(right + wide * 0.2, top - high * 0.3), (left - wide * 0.2, top - high * 0.3)])
                    .collect();
                canvas.fill(&Shape::blob(&spots), self.mark.faded(0.92));
            }
            (Pattern::Bib, Part::Flank) => {
                let belly = Shape::ellipse((f32::midpoint(left, right), bottom), wide * 0.46, high * 0.36);
                canvas.fill(&belly, self.pale);
            }
            (Pattern::Bib, Part::Leg | Part::FarLeg) => {
                let sock = Shape::rectangle(left, top + high * 0.68, right, bottom);
                canvas.fill(&sock, if part == Part::Leg { self.pale } else { self.pale.darker(0.2) });
            }
            (Pattern::Bib, Part::Breast) => {
                let at = (f32::midpoint(left, right), top + high * 0.42);
                canvas.fill(&Shape::ellipse(at, wide * 0.24, high * 0.36), self.pale);
            }
            _ => {}
        }
    }

    /// Draws curved stripes down from the back.
    fn stripes(&self, canvas: &mut Canvas, [left, top, right, bottom]: [f32; 4], dice: &mut Dice) {
        let (wide, high) = (right - left, bottom - top);
        let count = dice.whole(6, 9);
        let lean = dice.about(0.0, 0.12);
        for stripe in 0..count {
            let x = left + wide * (stripe as f32 + dice.between(0.3, 0.7)) / count as f32;
            let deep = top + high * dice.between(0.45, 0.85);
            let bow = dice.about(0.05, 0.06) + lean;
            let mid = f32::midpoint(top, deep);
            let limb = Shape::limb(&[(x, top - 0.05, 0.05), (x + bow, mid, 0.045), (x + lean, deep, 0.004)]);
            canvas.fill(&limb, self.mark.faded(0.75));
        }
    }

    /// Draws bands across a limb or tail. `along` is set for a horizontal tail.
    fn rings(&self, canvas: &mut Canvas, [left, top, right, bottom]: [f32; 4], along: bool, dice: &mut Dice) {
        let count = dice.whole(3, 5);
        for ring in 0..count {
            let share = (ring as f32 + 0.7) / (count as f32 + 0.4);
            let (from, to) = if along {
                let x = left + (right - left) * share;
                ((x - 0.05, top), (x + 0.05, bottom))
            } else {
                let y = top + (bottom - top) * share;
                ((left, y - 0.03), (right, y + 0.03))
            };
            canvas.line(&Shape::curve(&[from, to]), 0.055, self.mark.faded(0.7));
        }
    }

    /// Draws blotches. Their number is in the range `count`. Their radius is a share of the part's size in the range `size`.
    fn blotches(
        &self,
        canvas: &mut Canvas,
        [left, top, right, bottom]: [f32; 4],
        count: (usize, usize),
        size: (f32, f32),
        dice: &mut Dice,
    ) {
        let scale = (right - left).max(bottom - top);
        for _ in 0..dice.whole(count.0, count.1) {
            let at = (dice.between(left, right), dice.between(top, bottom));
            let radius = scale * dice.between(size.0, size.1);
            let colour = if dice.chance(0.25) { self.mark.mix(self.base, 0.35) } else { self.mark };
            canvas.fill(&Shape::pebble(at, radius, 0.3, 7, dice), colour);
        }
    }

    /// Draws `count` short strokes of lighter and darker fur inside `shape`.
    pub fn strokes(&self, canvas: &mut Canvas, shape: &Shape, count: usize, dice: &mut Dice) {
        let [left, top, right, bottom] = shape.bounds();
        canvas.inside(shape, |canvas| {
            for _ in 0..count {
                let (x, y) = (dice.between(left, right), dice.between(top, bottom));
                let turn = dice.about(TAU / 4.0, 0.7);
                let reach = dice.between(0.05, 0.13);
                let line = Shape::curve(&[(x, y), (x + reach * turn.cos(), y + reach * turn.sin())]);
                let colour = if dice.chance(0.5) { self.base.lighter(0.35) } else { self.base.darker(0.4) };
                canvas.line(&line, 0.016, colour.faded(0.45));
            }
        });
    }
}
