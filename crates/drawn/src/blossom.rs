//! The blossoms. Open blossoms are seen from the front and have a radius of about 1. Upright blossoms grow up from the
//! origin.

use std::f32::consts::TAU;

use tiny_skia::Transform;

use crate::{
    canvas::{Canvas, Fill},
    dice::Dice,
    palette::{self, Colour, INK, hex},
    petals::{self, Petal},
    shape::Shape,
};

/// The kind of a flower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowerKind {
    /// Many narrow petals around a domed disc.
    Daisy,
    /// Pointed petals in two rows around a large seeded disc.
    Sunflower,
    /// A cup on a bare stem.
    Tulip,
    /// Petals wound around each other.
    Rose,
    /// A spike of small blossoms.
    Lavender,
    /// Four crumpled petals, dark in the middle.
    Poppy,
    /// Five to eight broad notched petals.
    Cosmos,
    /// Many rings of petals.
    Dahlia,
    /// A six-pointed star with long stamens.
    Lily,
}

/// All kinds of flower.
pub const KINDS: [FlowerKind; 9] = [
    FlowerKind::Daisy,
    FlowerKind::Sunflower,
    FlowerKind::Tulip,
    FlowerKind::Rose,
    FlowerKind::Lavender,
    FlowerKind::Poppy,
    FlowerKind::Cosmos,
    FlowerKind::Dahlia,
    FlowerKind::Lily,
];

/// The kind and the colours of a flower. Its blossoms differ only slightly.
#[derive(Clone, Copy, Debug)]
pub struct Blossom {
    /// The kind.
    pub kind: FlowerKind,
    petal: Colour,
    heart: Colour,
    rays: usize,
    breadth: f32,
}

impl Blossom {
    /// Creates a flower of `kind` with random colours of that kind.
    pub fn roll(kind: FlowerKind, dice: &mut Dice) -> Self {
        let petal = match kind {
            FlowerKind::Sunflower => dice.colour(&[0xff_c51f, 0xff_b000, 0xf2_902c, 0xff_dc5e], 0.04),
            FlowerKind::Daisy => dice.colour(&[0xfd_fbf4, 0xff_f3d6, 0xf7_b3cb, 0xc8_a8e9, 0xff_d766], 0.04),
            FlowerKind::Lavender => dice.colour(&[0x8f_6fc4, 0xa4_86d6, 0x7b_74cf, 0xd4_8fc7, 0x6d_5bb0], 0.04),
            _ => palette::bright(dice),
        };
        let heart = match kind {
            FlowerKind::Sunflower => dice.colour(&[0x5a_3518, 0x70_451f, 0x42_2a1a], 0.04),
            FlowerKind::Poppy => INK,
            _ => dice.colour(&[0xf6_b93b, 0xe5_9a2b, 0xff_d75e, 0xc9_7b2d, 0xb7_c24a], 0.04),
        };
        let rays = match kind {
            FlowerKind::Daisy => dice.whole(12, 20),
            FlowerKind::Sunflower => dice.whole(15, 21),
            FlowerKind::Cosmos => dice.whole(5, 8),
            FlowerKind::Dahlia => dice.whole(11, 15),
            FlowerKind::Lily => 6,
            _ => 4,
        };
        Self { kind, petal: dice.near(petal, 0.05), heart, rays, breadth: dice.between(0.85, 1.15) }
    }

    /// Returns whether the blossom grows up from the origin.
    pub fn upright(&self) -> bool {
        matches!(self.kind, FlowerKind::Tulip | FlowerKind::Lavender)
    }

    /// Draws a blossom.
    pub fn draw(&self, canvas: &mut Canvas, dice: &mut Dice) {
        match self.kind {
            FlowerKind::Daisy => self.daisy(canvas, dice),
            FlowerKind::Sunflower => self.sunflower(canvas, dice),
            FlowerKind::Tulip => self.tulip(canvas, dice),
            FlowerKind::Rose => self.rose(canvas, dice),
            FlowerKind::Lavender => self.lavender(canvas, dice),
            FlowerKind::Poppy => self.poppy(canvas, dice),
            FlowerKind::Cosmos => self.cosmos(canvas, dice),
            FlowerKind::Dahlia => self.dahlia(canvas, dice),
            FlowerKind::Lily => self.lily(canvas, dice),
        }
    }

    fn daisy(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let width = 3.6 / self.rays as f32 * self.breadth;
        let petal = Petal { length: 1.0, width, belly: 0.68, point: 0.1, colour: self.petal, vein: true, wobble: 5.0 };
        petals::ring(canvas, self.rays, 0.0, &Petal { colour: self.petal.darker(0.14), ..petal }, dice);
        petals::ring(canvas, self.rays, 0.5 / self.rays as f32, &Petal { length: 0.93, ..petal }, dice);
        petals::disc(canvas, self.heart, 0.3, 60);
    }

    fn sunflower(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let width = 5.6 / self.rays as f32 * self.breadth;
        let petal =
            Petal { length: 1.08, width, belly: 0.62, point: 0.85, colour: self.petal, vein: true, wobble: 6.0 };
        petals::ring(canvas, self.rays, 0.0, &Petal { colour: self.petal.darker(0.2), ..petal }, dice);
        petals::ring(canvas, self.rays, 0.5 / self.rays as f32, &Petal { length: 0.98, ..petal }, dice);
        petals::disc(canvas, self.heart, 0.48, 190);
    }

    fn cosmos(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let width = (4.6 / self.rays as f32).min(0.85) * self.breadth;
        let petal = Petal { length: 1.0, width, belly: 0.72, point: 0.0, colour: self.petal, vein: true, wobble: 4.0 };
        petals::ring(canvas, self.rays, 0.0, &petal, dice);
        petals::disc(canvas, self.heart, 0.2, 34);
        for place in 0..self.rays * 2 {
            let (sine, cosine) = (place as f32 / (self.rays * 2) as f32 * TAU).sin_cos();
            canvas.fill(&Shape::circle((cosine * 0.25, sine * 0.25), 0.035), self.heart.lighter(0.3));
        }
    }

    fn dahlia(&self, canvas: &mut Canvas, dice: &mut Dice) {
        for ring in 0..5 {
            let share = 1.0 - ring as f32 * 0.19;
            let count = self.rays.saturating_sub(ring).max(6);
            let colour = self.petal.darker(0.26 - ring as f32 * 0.07).lighter(ring as f32 * 0.05);
            let width = 6.2 / self.rays as f32 * share * self.breadth;
            let petal = Petal { length: share, width, belly: 0.66, point: 0.55, colour, vein: false, wobble: 3.0 };
            petals::ring(canvas, count, ring as f32 * 0.37 / count as f32, &petal, dice);
        }
        canvas.fill(&Shape::circle((0.0, 0.0), 0.1), self.heart.mix(self.petal, 0.4));
    }

    fn poppy(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let start = dice.between(0.0, 0.25);
        for (place, step) in [0, 2, 1, 3].into_iter().enumerate() {
            let angle = (start + step as f32 * 0.25) * TAU;
            let at = (angle.cos() * 0.44, angle.sin() * 0.44);
            let shape = Shape::pebble(at, 0.62 * self.breadth, 0.14, 11, dice);
            let colour = self.petal.darker(if place < 2 { 0.2 } else { 0.03 });
            canvas.fill(&shape, Fill::Glow((0.0, 0.0), 1.05, colour.darker(0.4), colour.lighter(0.1)));
            canvas.line(&shape, 0.018, colour.darker(0.5).faded(0.6));
            for _ in 0..5 {
                let turn = angle + dice.about(0.0, 0.6);
                let (sine, cosine) = turn.sin_cos();
                let fold = Shape::curve(&[(cosine * 0.4, sine * 0.4), (cosine * 0.85, sine * 0.85)]);
                canvas.line(&fold, 0.016, colour.darker(0.4).faded(0.35));
            }
        }
        canvas.fill(&Shape::circle((0.0, 0.0), 0.34), Fill::Glow((0.0, 0.0), 0.34, INK.faded(0.9), INK.faded(0.0)));
        for place in 0..16 {
            let (sine, cosine) = (place as f32 / 16.0 * TAU + dice.about(0.0, 0.1)).sin_cos();
            let reach = dice.between(0.24, 0.34);
            canvas.line(&Shape::curve(&[(0.0, 0.0), (cosine * reach, sine * reach)]), 0.018, INK);
            canvas.fill(&Shape::circle((cosine * reach, sine * reach), 0.034), INK);
        }
        canvas.fill(&Shape::circle((0.0, 0.0), 0.13), hex(0x93_a35c));
    }

    fn rose(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let mut radius = 1.0;
        let mut turn = dice.between(0.0, TAU);
        let mut layer = 0;
        while radius > 0.14 {
            let count = if layer == 0 { 6 } else { 4 };
            for _ in 0..count {
                turn += TAU / count as f32 + dice.about(0.0, 0.12);
                let at = (turn.cos() * radius * 0.42, turn.sin() * radius * 0.42);
                let shape = Shape::pebble(at, radius * 0.62, 0.09, 9, dice);
                let colour = self.petal.darker(0.06 + 0.07 * layer as f32).lighter(dice.between(0.0, 0.08));
                canvas.fill(&shape, Fill::Glow((0.0, 0.0), radius * 1.05, colour.darker(0.42), colour.lighter(0.14)));
                canvas.line(&shape, 0.02, colour.darker(0.5).faded(0.55));
            }
            radius *= 0.7;
            layer += 1;
        }
        let bud: Vec<_> = (0..14)
            .map(|step| {
                let (sine, cosine) = (turn + step as f32 * 0.7).sin_cos();
                (cosine * step as f32 * 0.014, sine * step as f32 * 0.014)
            })
            .collect();
        canvas.line(&Shape::curve(&bud), 0.035, self.petal.darker(0.55).faded(0.8));
    }

    fn lily(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let petal = Petal {
            length: 1.08,
            width: 0.56 * self.breadth,
            belly: 0.5,
            point: 0.9,
            colour: self.petal,
            vein: true,
            wobble: 4.0,
        };
        petals::ring(canvas, 3, 0.0, &Petal { colour: self.petal.darker(0.14), ..petal }, dice);
        petals::ring(canvas, 3, 1.0 / 6.0, &petal, dice);
        for place in 0..6 {
            let (sine, cosine) = (place as f32 / 6.0 * TAU + 0.3).sin_cos();
            let tip = (cosine * 0.45, sine * 0.45);
            canvas.line(
                &Shape::curve(&[(0.0, 0.0), (tip.0 * 0.6, tip.1 * 0.6 - 0.04), tip]),
                0.028,
                self.petal.lighter(0.5),
            );
            canvas.fill(&Shape::ellipse(tip, 0.065, 0.04), self.heart.darker(0.25));
        }
        canvas.fill(&Shape::circle((0.0, 0.0), 0.09), hex(0xb5_c76b));
    }

    fn tulip(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let dark = self.petal.darker(0.22);
        let open = dice.between(8.0, 20.0);
        for (turn, shade, wide) in
            [(-open * 0.5, dark, 0.8), (open * 0.5, dark, 0.8), (-open, self.petal, 0.86), (open, self.petal, 0.86)]
        {
            let shape = Shape::petal(1.42, wide * self.breadth, 0.42, 0.8);
            canvas.within(Transform::from_rotate(turn), |canvas| {
                canvas.fill(&shape, Fill::Down(shade.lighter(0.15), shade.darker(0.2)));
                canvas.line(&shape, 0.02, shade.darker(0.45).faded(0.6));
            });
        }
        let front = Shape::petal(1.3, 0.84 * self.breadth, 0.42, 0.7);
        canvas.fill(&front, Fill::Down(self.petal.lighter(0.22), self.petal.darker(0.1)));
        canvas.line(&front, 0.02, dark.darker(0.3).faded(0.6));
        for rib in -3..=3 {
            let x = rib as f32 * 0.09 * self.breadth;
            let line = Shape::curve(&[(x * 0.4, -0.12), (x * 1.3, -0.55), (x * 0.5, -1.12 + x.abs())]);
            canvas.line(&line, 0.014, dark.faded(0.45));
        }
        canvas.inside(&front, |canvas| {
            let flame = Shape::petal(0.95, 0.3 * self.breadth, 0.4, 0.9);
            canvas.fill(&flame, Fill::Down(self.petal.faded(0.0), self.heart.lighter(0.2).faded(0.7)));
        });
    }

    fn lavender(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let rows = 10;
        for row in 0..rows {
            let share = row as f32 / rows as f32;
            let y = -share * 2.3 - 0.1;
            let wide = 0.3 * (1.0 - share * 0.75) * self.breadth;
            for _ in 0..4 {
                let at = (dice.about(0.0, wide * 1.5), y + dice.about(0.0, 0.08));
                let colour = self.petal.darker(dice.between(0.0, 0.35)).lighter(dice.between(0.0, 0.3));
                let turn = at.0 / 0.3 * 45.0;
                let step = Transform::from_translate(at.0, at.1 + 0.08).pre_rotate(turn);
                canvas.within(step, |canvas| canvas.fill(&Shape::petal(0.3, 0.2, 0.55, 0.5), colour));
            }
        }
    }
}
