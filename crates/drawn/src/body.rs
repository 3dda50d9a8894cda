//! The bodies of four-legged animals. A sitting animal is about 2.1 units high. The ground is y = 0, and up is negative.

use tiny_skia::Transform;

use crate::{
    canvas::Canvas,
    coat::{Coat, Part},
    dice::Dice,
    face::{Eyes, View},
    pose::{Animal, Build, Pose, Tail},
    shape::{Shape, Spot, mirror},
};

/// The body of an animal.
pub struct Body<'a> {
    animal: &'a dyn Animal,
    coat: &'a Coat,
    build: Build,
}

impl<'a> Body<'a> {
    /// Creates the body of `animal`.
    pub fn new(animal: &'a dyn Animal) -> Self {
        Self { animal, coat: animal.coat(), build: animal.build() }
    }

    /// Draws the body in `pose`.
    pub fn draw(&self, pose: Pose, canvas: &mut Canvas, dice: &mut Dice) {
        match pose {
            Pose::Portrait => self.portrait(canvas, dice),
            Pose::Sitting => self.sitting(canvas, dice),
            Pose::Standing => self.standing(canvas, dice),
            Pose::Lying => self.lying(canvas, dice),
            Pose::Resting => self.resting(canvas, dice),
            Pose::Curled => self.curled(canvas, dice),
        }
    }

    /// Draws head and shoulders.
    fn portrait(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let wide = self.build.girth;
        let shoulders = [(0.0, -1.1), (0.5 * wide, -0.95), (0.95 * wide, -0.45), (1.1 * wide, 0.4), (0.0, 0.5)];
        self.trunk(canvas, &mirror(&shoulders), Part::Breast, dice);
        self.place_head(canvas, (0.0, -1.22), 0.95, 0.2, None, dice);
    }

    /// Draws a sitting animal from the front.
    fn sitting(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let (wide, side) = (self.build.girth, dice.sign());
        let lift = (self.build.legs - 1.0) * 0.35;
        self.tail(
            canvas,
            &[(0.3 * side, -0.14), (0.72 * side, -0.1), (0.95 * side, -0.36), (0.84 * side, -0.72)],
            dice,
        );
        for side in [-1.0, 1.0] {
            let haunch = Shape::ellipse((0.42 * side * wide, -0.32), 0.3 * wide, 0.33);
            self.coat.draw(canvas, &haunch, Part::Flank, dice);
            let foot = Shape::ellipse((0.5 * side * wide, -0.075), 0.2, 0.085);
            self.coat.draw(canvas, &foot, Part::Neck, dice);
        }
        let neck = -1.4 - lift;
        let half = [
            (0.0, neck),
            (0.27 * wide, neck + 0.1),
            (0.41 * wide, neck + 0.42),
            (0.46 * wide, -0.6),
            (0.43 * wide, -0.22),
            (0.2, -0.05),
            (0.0, -0.04),
        ];
        self.trunk(canvas, &mirror(&half), Part::Breast, dice);
        for side in [-1.0, 1.0] {
            let step = dice.about(0.0, 0.03);
            let x = 0.19 * side * wide.sqrt();
            let leg = [(x * 1.15, -0.85 - lift, 0.13), (x, -0.45, 0.115), (x, -0.1 + step, 0.11)];
            self.leg(canvas, &leg, Part::Leg, (x * 1.08, -0.075 + step), dice);
        }
        self.place_head(canvas, (0.0, neck - 0.2), 0.55, 0.25, None, dice);
    }

    /// Draws a standing or walking animal from the side.
    fn standing(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let wide = self.build.girth;
        let lift = -0.5 * self.build.legs;
        let stride = dice.between(-0.18, 0.18);
        let (hip, shoulder) = ((-0.6, lift - 0.2), (0.52, lift - 0.2));
        for (near, swing) in [(false, -stride + 0.1), (true, stride)] {
            if near {
                let tail = self.side_tail(lift, dice);
                self.tail(canvas, &tail, dice);
                self.trunk(canvas, &side_trunk(lift, wide), Part::Flank, dice);
            }
            let part = if near { Part::Leg } else { Part::FarLeg };
            let away = if near { 0.0 } else { 0.13 };
            let front = shoulder.0 + away;
            let paw = (front + swing, -0.075);
            let leg =
                [(front, shoulder.1 + 0.05, 0.17), (front + swing * 0.4, lift * 0.55, 0.105), (paw.0, -0.1, 0.085)];
            self.leg(canvas, &leg, part, (paw.0 + 0.05, paw.1), dice);
            let back = hip.0 + away;
            let paw = (back - swing * 0.8, -0.075);
            let leg = [
                (back, hip.1 + 0.02, 0.22 * wide),
                (back + 0.1, lift * 0.7, 0.14),
                (paw.0 - 0.06, lift * 0.42, 0.08),
                (paw.0, -0.1, 0.085),
            ];
            self.leg(canvas, &leg, part, (paw.0 + 0.05, paw.1), dice);
        }
        let rise = dice.between(0.0, 0.2);
        let head = (0.98, lift - 0.78 - rise);
        let neck = Shape::limb(&[(0.55, lift - 0.3, 0.27 * wide), (head.0 - 0.12, head.1 + 0.14, 0.2)]);
        self.coat.paint(canvas, &neck, Part::Neck, dice);
        self.place_head(canvas, head, 0.45, 0.2, Some(0.55), dice);
    }

    /// Draws a lying animal with the head up, from the side.
    fn lying(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let wide = self.build.girth;
        let sweep = dice.between(-0.1, 0.25);
        self.tail(canvas, &[(-0.85, -0.16), (-1.1, -0.12), (-1.2, -0.2 - sweep), (-0.95, -0.3 - sweep * 2.0)], dice);
        let back = -0.68 * wide.sqrt();
        let trunk = [
            (-1.0, -0.25),
            (-0.86, back + 0.08),
            (-0.4, back - 0.04),
            (0.15, back),
            (0.58, back - 0.1),
            (0.82, -0.5),
            (0.76, -0.08),
            (0.0, -0.02),
            (-0.85, -0.02),
        ];
        self.trunk(canvas, &trunk, Part::Flank, dice);
        self.haunch(canvas, (-0.6, -0.31), (0.34 * wide.sqrt(), 0.3), dice);
        self.leg(canvas, &[(-0.5, -0.12, 0.1), (-0.25, -0.09, 0.08)], Part::Leg, (-0.22, -0.08), dice);
        let far = [(0.62, -0.3, 0.13), (0.85, -0.13, 0.1), (1.02, -0.11, 0.085)];
        self.leg(canvas, &far, Part::FarLeg, (1.06, -0.09), dice);
        let near = [(0.5, -0.34, 0.17), (0.68, -0.12, 0.11), (1.0, -0.085, 0.085)];
        self.leg(canvas, &near, Part::Leg, (1.04, -0.075), dice);
        let head = (0.82 + dice.about(0.0, 0.06), back - 0.36);
        let neck = Shape::limb(&[(0.52, -0.5, 0.26 * wide.sqrt()), (head.0 - 0.08, head.1 + 0.12, 0.2)]);
        self.coat.paint(canvas, &neck, Part::Neck, dice);
        self.place_head(canvas, head, 0.45, 0.25, Some(0.45), dice);
    }

    /// Draws a lying animal from the front. Sometimes the chin is on the ground.
    fn resting(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let (wide, side) = (self.build.girth, dice.sign());
        self.tail(canvas, &[(0.5 * side, -0.12), (0.8 * side, -0.1), (0.95 * side, -0.3), (0.86 * side, -0.52)], dice);
        let half =
            [(0.0, -0.98), (0.4 * wide, -0.92), (0.68 * wide, -0.55), (0.74 * wide, -0.18), (0.55, -0.02), (0.0, 0.0)];
        self.trunk(canvas, &mirror(&half), Part::Breast, dice);
        let low = dice.chance(0.4);
        for side in [-1.0, 1.0] {
            let x = side * if low { 0.42 } else { 0.24 };
            let leg = [(x, -0.3, 0.13), (x * 1.05, -0.05, 0.13)];
            self.leg(canvas, &leg, Part::Leg, (x * 1.06, 0.0), dice);
        }
        let eyes = (low && dice.chance(0.4)).then_some(Eyes::Closed);
        let height = if low { -0.46 } else { -0.86 };
        canvas.within(Transform::identity(), |canvas| {
            self.head_at(canvas, (0.0, height), 0.52, 0.25, View::Front(dice.between(-0.5, 0.5)), eyes, dice);
        });
    }

    /// Draws a curled up, sleeping animal.
    fn curled(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let round = [
            (-1.0, -0.4),
            (-0.7, -0.86),
            (-0.05, -1.0),
            (0.66, -0.84),
            (1.0, -0.42),
            (0.72, -0.05),
            (-0.1, 0.0),
            (-0.78, -0.06),
        ];
        self.trunk(canvas, &round, Part::Flank, dice);
        self.haunch(canvas, (-0.42, -0.42), (0.42, 0.36), dice);
        self.head_at(canvas, (0.5, -0.42), 0.42, 0.5, View::Front(dice.between(-0.4, 0.4)), Some(Eyes::Closed), dice);
        self.tail(canvas, &[(-0.85, -0.3), (-0.7, -0.06), (-0.1, 0.02), (0.42, -0.02)], dice);
    }

    /// Draws the trunk, with a smooth or tufted outline.
    fn trunk(&self, canvas: &mut Canvas, round: &[Spot], part: Part, dice: &mut Dice) {
        let shape = if self.build.fluff > 0.0 {
            Shape::furry(round, 34, self.build.fluff * 0.6, dice)
        } else {
            Shape::blob(round)
        };
        self.coat.draw(canvas, &shape, part, dice);
        self.coat.strokes(canvas, &shape, if self.build.fluff > 0.0 { 60 } else { 18 }, dice);
    }

    /// Draws a leg along `line`, each point with a half width, and its paw.
    fn leg(&self, canvas: &mut Canvas, line: &[(f32, f32, f32)], part: Part, paw: Spot, dice: &mut Dice) {
        let thick = 1.0 + self.build.fluff * 2.0;
        let line: Vec<_> = line.iter().map(|&(x, y, radius)| (x, y, radius * thick)).collect();
        self.coat.paint(canvas, &Shape::limb(&line), part, dice);
        for side in Shape::sides(&line, 0.4) {
            canvas.line(&side, 0.02, self.coat.contour(part));
        }
        self.coat.paint(canvas, &Shape::ellipse(paw, 0.14 * thick, 0.085), part, dice);
        for toe in [-0.05, 0.03] {
            let (x, y) = (paw.0 + toe, paw.1);
            canvas.line(
                &Shape::curve(&[(x, y + 0.01), (x + 0.01, y + 0.07)]),
                0.016,
                self.coat.base.darker(0.6).faded(0.7),
            );
        }
    }

    /// Draws a thigh in front of the trunk. Only its upper edge has an outline.
    fn haunch(&self, canvas: &mut Canvas, (x, y): Spot, (wide, high): (f32, f32), dice: &mut Dice) {
        self.coat.paint(canvas, &Shape::ellipse((x, y), wide, high), Part::Flank, dice);
        let arc: Vec<Spot> = (0..=8)
            .map(|step| {
                let (sine, cosine) = (-2.4 + step as f32 * 0.33).sin_cos();
                (x + cosine * wide, y + sine * high)
            })
            .collect();
        canvas.line(&Shape::curve(&arc), 0.022, self.coat.contour(Part::Flank));
    }

    /// Returns the line of the tail of a standing animal.
    fn side_tail(&self, lift: f32, dice: &mut Dice) -> [Spot; 4] {
        let root = (-0.76, lift - 0.42);
        let bend = dice.between(-0.12, 0.12);
        match self.build.tail {
            Tail::Rolled => [root, (-1.0, root.1 - 0.35), (-0.72, root.1 - 0.55), (-0.5, root.1 - 0.25)],
            Tail::Stub => [root, (-0.85, root.1 - 0.04), (-0.92, root.1 - 0.08), (-0.97, root.1 - 0.12)],
            Tail::Slim | Tail::Bushy | Tail::Whip if dice.chance(0.65) => {
                [root, (-1.02, root.1 - 0.25), (-1.1 + bend, root.1 - 0.65), (-1.3 + bend * 3.0, root.1 - 0.92)]
            }
            _ => [root, (-1.05, root.1 + 0.08), (-1.22, root.1 + 0.35 + bend), (-1.34, root.1 + 0.45 + bend)],
        }
    }

    /// Draws the tail along `line`.
    fn tail(&self, canvas: &mut Canvas, line: &[Spot; 4], dice: &mut Dice) {
        let thick = match self.build.tail {
            Tail::Slim => [0.085, 0.085, 0.08, 0.065],
            Tail::Bushy => [0.09, 0.15, 0.17, 0.05],
            Tail::Whip => [0.1, 0.08, 0.055, 0.02],
            Tail::Rolled => [0.11, 0.15, 0.15, 0.07],
            Tail::Stub => [0.09, 0.085, 0.0, 0.0],
        };
        let count = if self.build.tail == Tail::Stub { 2 } else { 4 };
        let limb: Vec<_> = line.iter().zip(thick).take(count).map(|(&(x, y), radius)| (x, y, radius)).collect();
        self.coat.draw(canvas, &Shape::limb(&limb), Part::Tail, dice);
    }

    /// Draws the head at `at`, from the front or, with the probability `aside`, from the side.
    fn place_head(&self, canvas: &mut Canvas, at: Spot, size: f32, tilt: f32, aside: Option<f32>, dice: &mut Dice) {
        let view = match aside {
            Some(chance) if dice.chance(chance) => View::Side,
            Some(_) => View::Front(dice.between(0.1, 0.9)),
            None => View::Front(dice.between(-0.7, 0.7)),
        };
        self.head_at(canvas, at, size, tilt, view, None, dice);
    }

    /// Draws the head at `(x, y)`, tilted by up to `tilt` radians. `eyes` overrides the usual look of the eyes.
    #[expect(clippy::too_many_arguments, reason = "each argument is a choice of a pose")]
    fn head_at(
        &self,
        canvas: &mut Canvas,
        (x, y): Spot,
        size: f32,
        tilt: f32,
        view: View,
        eyes: Option<Eyes>,
        dice: &mut Dice,
    ) {
        let turn = dice.about(0.0, tilt).to_degrees();
        let size = size * self.build.head;
        let step = Transform::from_translate(x, y).pre_rotate(turn).pre_scale(size, size);
        canvas.within(step, |canvas| self.animal.head(canvas, view, eyes, dice));
    }
}

/// Returns the outline of the trunk of a standing animal with the upper ends of the legs at y = `lift`.
fn side_trunk(lift: f32, wide: f32) -> [Spot; 10] {
    let back = lift - 0.56;
    let belly = lift + 0.08 * wide;
    [
        (-0.86, back + 0.16),
        (-0.55, back - 0.02),
        (0.0, back + 0.05),
        (0.48, back - 0.04),
        (0.8, back + 0.16),
        (0.75, lift - 0.12),
        (0.4, belly),
        (-0.15, belly - 0.06),
        (-0.6, lift),
        (-0.88, lift - 0.2),
    ]
}
