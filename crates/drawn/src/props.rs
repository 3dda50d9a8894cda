//! Small objects in scenes. The unit is the height of the image.

use std::f32::consts::TAU;

use tiny_skia::Transform;

use crate::{
    canvas::{Canvas, Fill},
    dice::Dice,
    flower,
    palette::{self, Colour, Palette, WHITE, hex},
    shape::{Shape, Spot},
};

/// Draws a tuft of grass.
pub fn tuft(canvas: &mut Canvas, (x, y): Spot, size: f32, green: Colour, dice: &mut Dice) {
    for _ in 0..dice.whole(3, 5) {
        let lean = dice.about(0.0, size);
        let colour = green.lighter(dice.between(0.0, 0.25)).darker(dice.between(0.0, 0.3));
        let root = x + dice.about(0.0, size * 0.6);
        let blade = [(root - size * 0.1, y), (root + lean, y - size * dice.between(0.7, 1.4)), (root + size * 0.1, y)];
        canvas.fill(&Shape::polygon(&blade), colour);
    }
}

/// Draws a small flower, as in the distance or on wallpaper.
pub fn floret(canvas: &mut Canvas, (x, y): Spot, radius: f32, petal: Colour) {
    for step in 0..5 {
        let (sine, cosine) = (step as f32 / 5.0 * TAU).sin_cos();
        canvas.fill(&Shape::circle((x + cosine * radius, y + sine * radius), radius * 0.7), petal);
    }
    canvas.fill(&Shape::circle((x, y), radius * 0.6), hex(0xff_d75e).faded(petal.a));
}

/// Draws a tree with a round crown that stands at `(x, y)`.
pub fn tree(canvas: &mut Canvas, (x, y): Spot, high: f32, leaves: Colour, dice: &mut Dice) {
    let trunk = palette::earth(dice).darker(0.35);
    canvas.fill(&Shape::limb(&[(x, y + 0.02, high * 0.05), (x, y - high * 0.5, high * 0.035)]), trunk);
    for puff in 0..5 {
        let at = (x + dice.about(0.0, high * 0.25), y - high * dice.between(0.5, 0.95));
        let colour = leaves.darker(0.2 - puff as f32 * 0.04).lighter(puff as f32 * 0.03);
        canvas.fill(&Shape::pebble(at, high * dice.between(0.18, 0.28), 0.15, 9, dice), colour);
    }
}

/// Draws a fir that stands at `(x, y)`.
pub fn fir(canvas: &mut Canvas, (x, y): Spot, high: f32, needles: Colour) {
    for tier in 0..3 {
        let share = tier as f32 / 3.0;
        let (top, wide) = (y - high * (0.45 + share * 0.55), high * (0.28 - share * 0.16));
        let triangle = [(x, top - high * 0.1), (x + wide, top + high * 0.38), (x - wide, top + high * 0.38)];
        canvas.fill(&Shape::polygon(&triangle), Fill::Down(needles.lighter(0.5), needles));
    }
}

/// Draws a window in front of the outdoors.
pub fn window(canvas: &mut Canvas, [left, top, right, bottom]: [f32; 4], dice: &mut Dice) {
    let pane = Shape::rectangle(left, top, right, bottom);
    let sky = dice.colour(&[0xa8_d5ea, 0xf8_cfa8, 0x2a_3560, 0xc9_dde4], 0.05);
    canvas.fill(&pane, Fill::Down(sky, sky.lighter(0.45)));
    canvas.inside(&pane, |canvas| {
        let green = palette::green(dice);
        for _ in 0..3 {
            let at = (dice.between(left, right), bottom);
            canvas.fill(&Shape::circle(at, dice.between(0.05, 0.13)), green.mix(sky, dice.between(0.2, 0.6)));
        }
    });
    let frame = WHITE.darker(dice.between(0.02, 0.3));
    canvas.line(&pane, 0.022, frame);
    let (x, y) = (f32::midpoint(left, right), f32::midpoint(top, bottom));
    canvas.line(&Shape::curve(&[(x, top), (x, bottom)]), 0.014, frame);
    canvas.line(&Shape::curve(&[(left, y), (right, y)]), 0.014, frame);
}

/// Draws a framed painting on a wall.
pub fn painting(canvas: &mut Canvas, (x, y): Spot, size: f32, palette: &Palette, dice: &mut Dice) {
    let frame = Shape::rectangle(x - size, y - size * 0.8, x + size, y + size * 0.8);
    canvas.fill(&frame, Fill::Down(palette[3].lighter(0.3), palette[2]));
    canvas.inside(&frame, |canvas| {
        canvas.fill(&Shape::circle((x + size * 0.4, y - size * 0.3), size * 0.2), palette[1]);
        canvas
            .fill(&Shape::pebble((x - size * 0.2, y + size * 0.8), size * 0.8, 0.2, 8, dice), palette[4].lighter(0.2));
    });
    canvas.line(&frame, size * 0.14, palette::earth(dice));
}

/// Draws a pot plant without blossoms that stands at `(x, y)`.
pub fn plant(canvas: &mut Canvas, (x, y): Spot, high: f32, palette: &Palette, dice: &mut Dice) {
    let green = palette::green(dice);
    for step in 0..7 {
        let turn = (step as f32 - 3.0) * 19.0 + dice.about(0.0, 10.0);
        flower::leaf(canvas, (x, y - high * 0.3), turn, high * dice.between(0.45, 0.7), high * 0.16, green, dice);
    }
    let wide = high * 0.17;
    let pot = [(x - wide, y - high * 0.34), (x + wide, y - high * 0.34), (x + wide * 0.72, y), (x - wide * 0.72, y)];
    let clay = dice.pick(&[palette[2], palette[3], palette[4]]);
    canvas.fill(&Shape::polygon(&pot), Fill::Down(clay.lighter(0.12), clay.darker(0.2)));
}

/// Draws a floor lamp with a warm glow.
pub fn lamp(canvas: &mut Canvas, (x, y): Spot, palette: &Palette, dice: &mut Dice) {
    let top = y - dice.between(0.45, 0.6);
    canvas.line(&Shape::curve(&[(x, y), (x, top)]), 0.012, palette[4]);
    canvas.fill(&Shape::ellipse((x, y), 0.06, 0.015), palette[4]);
    let shade = [(x - 0.05, top - 0.08), (x + 0.05, top - 0.08), (x + 0.09, top + 0.05), (x - 0.09, top + 0.05)];
    canvas.fill(&Shape::polygon(&shade), hex(0xff_e3a8));
    let glow = (x, top);
    canvas
        .fill(&Shape::circle(glow, 0.3), Fill::Glow(glow, 0.3, hex(0xff_dd90).faded(0.45), hex(0xff_dd90).faded(0.0)));
}

/// Draws a ball or a bowl on the ground. All classes may have one beside the subject.
pub fn toy(canvas: &mut Canvas, (x, y): Spot, size: f32, dice: &mut Dice) {
    let colour = palette::bright(dice);
    if dice.chance(0.6) {
        let at = (x, y - size);
        let ball = Shape::circle(at, size);
        canvas.fill(
            &ball,
            Fill::Glow((x - size * 0.3, y - size * 1.3), size * 1.7, colour.lighter(0.3), colour.darker(0.35)),
        );
        canvas.inside(&ball, |canvas| {
            for bow in [-0.5, 0.1, 0.7] {
                let line = [
                    (x - size, y - size * (1.4 - bow)),
                    (x, y - size * (1.0 - bow)),
                    (x + size, y - size * (1.5 - bow)),
                ];
                canvas.line(&Shape::curve(&line), size * 0.12, colour.lighter(0.55));
            }
        });
    } else {
        let turned = Transform::from_translate(x, y);
        canvas.within(turned, |canvas| {
            let bowl = [(-size * 1.3, -size * 0.9), (size * 1.3, -size * 0.9), (size, 0.0), (-size, 0.0)];
            canvas.fill(&Shape::polygon(&bowl), Fill::Down(colour.lighter(0.15), colour.darker(0.2)));
            canvas.fill(&Shape::ellipse((0.0, -size * 0.9), size * 1.3, size * 0.3), colour.darker(0.4));
        });
    }
}
