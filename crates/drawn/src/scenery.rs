//! The scenes: meadow, park, living room, sofa, beach, night and snow.
//!
//! The unit is the height of the image, and `wide` is its width. Each function returns the range in which a subject stands,
//! as shares of the height from the top.

use crate::{
    canvas::{Canvas, Fill},
    dice::Dice,
    palette::{self, Colour, Palette, WHITE, hex},
    props,
    shape::{Shape, Spot},
};

/// Draws grass under a sky, with hills, tufts and small flowers.
pub fn meadow(canvas: &mut Canvas, wide: f32, dice: &mut Dice) -> (f32, f32) {
    let horizon = dice.between(0.35, 0.65);
    sky(canvas, wide, dice);
    let green = palette::green(dice);
    for layer in 0..3 {
        let colour = green.mix(hex(0xa9_cfe0), 0.5 - layer as f32 * 0.2).lighter(0.1);
        hills(canvas, wide, horizon - 0.08 + layer as f32 * 0.05, 0.07, colour, dice);
    }
    hills(canvas, wide, horizon + 0.08, 0.03, green, dice);
    let lawn = Shape::rectangle(0.0, horizon + 0.12, wide, 1.0);
    canvas.fill(&lawn, Fill::Down(green.faded(0.0), green.darker(0.3)));
    for _ in 0..dice.whole(30, 70) {
        let y = dice.between(horizon + 0.12, 1.0);
        let size = (y - horizon) * 0.12;
        props::tuft(canvas, (dice.between(0.0, wide), y), size, green, dice);
    }
    if dice.chance(0.6) {
        for _ in 0..dice.whole(6, 24) {
            let y = dice.between(horizon + 0.14, 0.98);
            let petal = palette::bright(dice);
            props::floret(canvas, (dice.between(0.0, wide), y), (y - horizon) * 0.035 + 0.004, petal);
        }
    }
    (0.82, 0.97)
}

/// Draws a path or lawn in front of trees.
pub fn park(canvas: &mut Canvas, wide: f32, dice: &mut Dice) -> (f32, f32) {
    let horizon = dice.between(0.5, 0.68);
    sky(canvas, wide, dice);
    let autumn = dice.chance(0.35);
    for _ in 0..dice.whole(4, 8) {
        let leaves = if autumn {
            dice.colour(&[0xd9_8324, 0xc4_5b2c, 0xe0_b040, 0xa5_5a2a], 0.04)
        } else {
            palette::green(dice)
        };
        let at = (dice.between(-0.05, wide + 0.05), horizon + dice.about(0.02, 0.04));
        props::tree(canvas, at, dice.between(0.3, 0.6), leaves, dice);
    }
    let ground = if dice.chance(0.4) { palette::earth(dice) } else { palette::green(dice) };
    canvas.fill(&Shape::rectangle(0.0, horizon, wide, 1.0), Fill::Down(ground.lighter(0.1), ground.darker(0.25)));
    for _ in 0..dice.whole(10, 50) {
        let y = dice.between(horizon + 0.03, 1.0);
        let at = (dice.between(0.0, wide), y);
        let size = (y - horizon) * 0.05 + 0.004;
        if autumn {
            let leaf = dice.colour(&[0xd9_8324, 0xc4_5b2c, 0xe0_b040], 0.04);
            canvas.fill(&Shape::ellipse(at, size, size * 0.5), dice.near(leaf, 0.08));
        } else {
            props::tuft(canvas, at, size * 1.8, ground.darker(0.1), dice);
        }
    }
    (0.84, 0.97)
}

/// Draws a wall with wallpaper, a floor, and some of: window, paintings, rug, plant, lamp.
pub fn living_room(canvas: &mut Canvas, wide: f32, palette: &Palette, dice: &mut Dice) -> (f32, f32) {
    let edge = dice.between(0.6, 0.76);
    canvas.wash(Fill::Down(palette[0].lighter(0.1), palette[0].darker(0.12)));
    match dice.whole(0, 2) {
        0 => {
            let count = dice.whole(8, 20);
            for stripe in 0..count {
                let x = wide * stripe as f32 / count as f32;
                let bar = Shape::rectangle(x, 0.0, x + wide / count as f32 / 2.0, edge);
                canvas.fill(&bar, palette[1].faded(0.4));
            }
        }
        1 => {
            for row in 0..9 {
                for column in 0..=(wide * 9.0) as usize {
                    let at = ((column as f32 + (row % 2) as f32 * 0.5) * 0.12, row as f32 * 0.09);
                    props::floret(canvas, at, 0.012, palette[1].faded(0.7));
                }
            }
        }
        _ => {}
    }
    if dice.chance(0.5) {
        let left = wide * dice.between(0.05, 0.6);
        props::window(canvas, [left, 0.08, left + dice.between(0.3, 0.5), edge - 0.18], dice);
    }
    for _ in 0..dice.whole(0, 2) {
        let at = (wide * dice.between(0.1, 0.9), dice.between(0.15, 0.35));
        props::painting(canvas, at, dice.between(0.06, 0.12), palette, dice);
    }
    let wood = if dice.chance(0.6) { palette::earth(dice) } else { palette[1].darker(0.1) };
    canvas.fill(&Shape::rectangle(0.0, edge, wide, 1.0), Fill::Down(wood.darker(0.12), wood.lighter(0.06)));
    for board in 0..12 {
        let x = wide * (board as f32 - 3.0) / 6.0;
        let line = Shape::curve(&[(wide / 2.0 + (x - wide / 2.0) * 0.6, edge), (x, 1.0)]);
        canvas.line(&line, 0.004, wood.darker(0.35).faded(0.6));
    }
    canvas.fill(&Shape::rectangle(0.0, edge - 0.025, wide, edge), palette[0].lighter(0.5));
    if dice.chance(0.5) {
        let rug = palette[2];
        let at = (wide / 2.0 + dice.about(0.0, 0.15), 0.9);
        canvas.fill(&Shape::ellipse(at, wide * 0.42, 0.11), rug);
        canvas.line(&Shape::ellipse(at, wide * 0.37, 0.09), 0.008, rug.lighter(0.5));
    }
    if dice.chance(0.45) {
        let side = if dice.chance(0.5) { 0.08 } else { 0.92 };
        props::plant(canvas, (wide * side, edge + 0.09), dice.between(0.25, 0.45), palette, dice);
    }
    if dice.chance(0.3) {
        let side = if dice.chance(0.5) { 0.15 } else { 0.85 };
        props::lamp(canvas, (wide * side, edge + 0.05), palette, dice);
    }
    (0.84, 0.97)
}

/// Draws a sofa with cushions.
pub fn sofa(canvas: &mut Canvas, wide: f32, palette: &Palette, dice: &mut Dice) -> (f32, f32) {
    canvas.wash(Fill::Down(palette[0], palette[0].darker(0.15)));
    if dice.chance(0.5) {
        props::painting(canvas, (wide * dice.between(0.2, 0.8), 0.16), 0.1, palette, dice);
    }
    let cloth = palette[2];
    let top = dice.between(0.3, 0.45);
    let panel = |canvas: &mut Canvas, [left, top, right, bottom]: [f32; 4], colour: Colour| {
        let inset = 0.03;
        let round = Shape::blob(&[
            (left + inset, top),
            (f32::midpoint(left, right), top - 0.01),
            (right - inset, top),
            (right, top + inset),
            (right, bottom - inset),
            (right - inset, bottom),
            (left + inset, bottom),
            (left, bottom - inset),
            (left, top + inset),
        ]);
        canvas.fill(&round, Fill::Down(colour.lighter(0.1), colour.darker(0.2)));
        canvas.line(&round, 0.005, colour.darker(0.45).faded(0.6));
    };
    panel(canvas, [-0.1, top, wide / 2.0, 0.82], cloth);
    panel(canvas, [wide / 2.0, top, wide + 0.1, 0.82], cloth);
    for _ in 0..dice.whole(0, 3) {
        let x = wide * dice.between(0.05, 0.95);
        let size = dice.between(0.09, 0.14);
        let colour = dice.pick(&[palette[3], palette[1], palette[4]]);
        let cushion = [
            (x - size, 0.58),
            (x, 0.6 - size * 0.2),
            (x + size, 0.56),
            (x + size * 0.9, 0.66),
            (x + size, 0.8),
            (x, 0.78),
            (x - size, 0.8),
            (x - size * 0.9, 0.68),
        ];
        canvas.fill(&Shape::blob(&cushion), Fill::Down(colour.lighter(0.1), colour.darker(0.15)));
    }
    panel(canvas, [-0.1, 0.74, wide + 0.1, 1.1], cloth.lighter(0.08));
    (0.86, 0.96)
}

/// Draws sand, sea and sky.
pub fn beach(canvas: &mut Canvas, wide: f32, dice: &mut Dice) -> (f32, f32) {
    sky(canvas, wide, dice);
    let horizon = dice.between(0.3, 0.5);
    let sea = dice.colour(&[0x3a_9bb8, 0x4f_b3bf, 0x35_7ea8, 0x6c_c4c4], 0.05);
    let shore = horizon + dice.between(0.1, 0.22);
    canvas.fill(&Shape::rectangle(0.0, horizon, wide, shore + 0.06), Fill::Down(sea.darker(0.15), sea.lighter(0.3)));
    for _ in 0..14 {
        let (x, y) = (dice.between(0.0, wide), dice.between(horizon + 0.01, shore));
        let glint = Shape::curve(&[(x, y), (x + dice.between(0.03, 0.12), y)]);
        canvas.line(&glint, 0.004, WHITE.faded(0.5));
    }
    let sand = dice.near(hex(0xec_d2a0), 0.06);
    hills(canvas, wide, shore, 0.02, WHITE.faded(0.8), dice);
    hills(canvas, wide, shore + 0.025, 0.02, sand, dice);
    canvas.fill(&Shape::rectangle(0.0, shore + 0.06, wide, 1.0), Fill::Down(sand, sand.darker(0.2)));
    for _ in 0..60 {
        let at = (dice.between(0.0, wide), dice.between(shore + 0.06, 1.0));
        canvas.fill(&Shape::ellipse(at, 0.005, 0.003), sand.darker(0.3).faded(0.5));
    }
    (0.82, 0.97)
}

/// Draws moon and stars over dark hills.
pub fn night(canvas: &mut Canvas, wide: f32, dice: &mut Dice) -> (f32, f32) {
    let deep = dice.colour(&[0x1b_1b3a, 0x14_2850, 0x2d_1e4f, 0x10_3045], 0.03);
    canvas.wash(Fill::Down(deep, deep.mix(hex(0xc9_7b9b), dice.between(0.1, 0.5))));
    for _ in 0..dice.whole(30, 80) {
        let at = (dice.between(0.0, wide), dice.between(0.0, 0.7));
        canvas.fill(&Shape::circle(at, dice.between(0.001, 0.005)), hex(0xff_f6d8).faded(dice.between(0.4, 1.0)));
    }
    let at = (wide * dice.between(0.1, 0.9), dice.between(0.1, 0.3));
    let moon = hex(0xff_f3c9);
    canvas.fill(&Shape::circle(at, 0.25), Fill::Glow(at, 0.25, moon.faded(0.35), moon.faded(0.0)));
    canvas.fill(&Shape::circle(at, dice.between(0.05, 0.09)), moon);
    let ground = deep.mix(palette::green(dice), 0.35);
    hills(canvas, wide, 0.62, 0.08, ground.lighter(0.12), dice);
    hills(canvas, wide, 0.74, 0.05, ground, dice);
    (0.84, 0.97)
}

/// Draws snow on the ground and in the air, in front of firs.
pub fn snow(canvas: &mut Canvas, wide: f32, dice: &mut Dice) -> (f32, f32) {
    let sky = dice.colour(&[0xb7_cfe0, 0xd8_dfe8, 0x9f_b8d0, 0xe5_cfd3], 0.04);
    canvas.wash(Fill::Down(sky, sky.lighter(0.5)));
    let horizon = dice.between(0.5, 0.65);
    for _ in 0..dice.whole(4, 10) {
        let at = (dice.between(0.0, wide), horizon + dice.about(0.03, 0.03));
        let needles = hex(0x45_6b62).mix(sky, dice.between(0.1, 0.5));
        props::fir(canvas, at, dice.between(0.2, 0.45), needles);
    }
    let white = hex(0xf5_f8fc);
    hills(canvas, wide, horizon, 0.03, white.darker(0.08), dice);
    hills(canvas, wide, horizon + 0.1, 0.03, white, dice);
    for _ in 0..dice.whole(0, 70) {
        let at = (dice.between(0.0, wide), dice.between(0.0, 1.0));
        canvas.fill(&Shape::circle(at, dice.between(0.003, 0.009)), WHITE.faded(0.85));
    }
    (0.84, 0.97)
}

/// Draws the sky of a day with clouds, and sometimes the sun.
fn sky(canvas: &mut Canvas, wide: f32, dice: &mut Dice) {
    let top = dice.colour(&[0x6f_b7e0, 0x8f_c9ea, 0xa5_c8e4, 0xf3_b18a, 0xc6_a9d8, 0x84_b6c9], 0.05);
    let low = dice.colour(&[0xe6_f4f9, 0xfd_eedc, 0xff_dcc0, 0xdc_ecf5], 0.03);
    canvas.wash(Fill::Down(top, low));
    if dice.chance(0.4) {
        let at = (wide * dice.between(0.1, 0.9), dice.between(0.08, 0.3));
        let sun = hex(0xff_f0b8);
        canvas.fill(&Shape::circle(at, 0.25), Fill::Glow(at, 0.25, sun.faded(0.7), sun.faded(0.0)));
        canvas.fill(&Shape::circle(at, dice.between(0.04, 0.07)), sun);
    }
    for _ in 0..dice.whole(0, 4) {
        let (x, y) = (dice.between(0.0, wide), dice.between(0.05, 0.35));
        let size = dice.between(0.03, 0.07);
        for puff in 0..5 {
            let off = puff as f32 - 2.0;
            let round = Shape::ellipse((x + off * size * 0.9, y - (2.0 - off.abs()) * size * 0.25), size, size * 0.62);
            canvas.fill(&round, WHITE.faded(0.75));
        }
    }
}

/// Draws ground from a wavy edge around `height` down to the bottom.
fn hills(canvas: &mut Canvas, wide: f32, height: f32, swing: f32, colour: Colour, dice: &mut Dice) {
    let mut round: Vec<Spot> =
        (0..=6).map(|step| (wide * (step as f32 / 5.0 - 0.1), height + dice.about(0.0, swing))).collect();
    round.extend([(wide * 1.4, 1.4), (wide * -0.4, 1.4)]);
    canvas.fill(&Shape::blob(&round), Fill::Down(colour.lighter(0.05), colour.darker(0.15)));
}
