//! The backgrounds: plain patterns here, and outdoor and indoor scenes in [`crate::scenery`]. All classes share them.

use std::f32::consts::TAU;

use tiny_skia::Transform;

use crate::{
    canvas::{Canvas, Fill},
    dice::Dice,
    palette::{self, Palette, WHITE},
    scenery,
    shape::Shape,
};

/// Paints a background. Its frame has the height of the image as its unit.
///
/// Returns the range in which a subject stands, as shares of the height from the top.
pub fn paint(canvas: &mut Canvas, dice: &mut Dice) -> (f32, f32) {
    let palette = palette::scene(dice);
    let high = canvas.height();
    let wide = canvas.width() / high;
    let mut floor = (0.86, 1.0);
    canvas.within(Transform::from_scale(high, high), |canvas| match dice.whole(0, 15) {
        0 => gradient(canvas, &palette, dice),
        1 => rays(canvas, wide, &palette, dice),
        2 => dots(canvas, wide, &palette, dice),
        3 => stripes(canvas, wide, &palette, dice),
        4 => pebbles(canvas, wide, &palette, dice),
        5 | 6 => bokeh(canvas, wide, &palette, dice),
        7 | 8 => floor = scenery::meadow(canvas, wide, dice),
        9 => floor = scenery::park(canvas, wide, dice),
        10 | 11 => floor = scenery::living_room(canvas, wide, &palette, dice),
        12 => floor = scenery::sofa(canvas, wide, &palette, dice),
        13 => floor = scenery::beach(canvas, wide, dice),
        14 => floor = scenery::night(canvas, wide, dice),
        _ => floor = scenery::snow(canvas, wide, dice),
    });
    if dice.chance(0.45) {
        let reach = dice.between(0.008, 0.03);
        canvas.soften(reach * high);
    }
    floor
}

fn gradient(canvas: &mut Canvas, palette: &Palette, dice: &mut Dice) {
    canvas.wash(Fill::Down(palette[0], palette[1]));
    if dice.chance(0.6) {
        let at = (dice.between(0.1, 1.1), dice.between(0.1, 0.7));
        let radius = dice.between(0.3, 0.8);
        canvas.fill(&Shape::circle(at, radius), Fill::Glow(at, radius, WHITE.faded(0.6), WHITE.faded(0.0)));
    }
}

fn rays(canvas: &mut Canvas, wide: f32, palette: &Palette, dice: &mut Dice) {
    canvas.wash(palette[0]);
    let (x, y) = (wide * dice.between(0.3, 0.7), dice.between(0.4, 1.1));
    let count = dice.whole(8, 16);
    let start = dice.between(0.0, TAU);
    for ray in 0..count {
        let turn = start + ray as f32 / count as f32 * TAU;
        let spread = TAU / count as f32 / 4.0;
        let corner = |angle: f32| (x + 3.0 * angle.cos(), y + 3.0 * angle.sin());
        canvas.fill(&Shape::polygon(&[(x, y), corner(turn - spread), corner(turn + spread)]), palette[1].faded(0.8));
    }
}

fn dots(canvas: &mut Canvas, wide: f32, palette: &Palette, dice: &mut Dice) {
    canvas.wash(Fill::Down(palette[0], palette[0].mix(palette[1], 0.5)));
    let step = dice.between(0.07, 0.2);
    let size = step * dice.between(0.15, 0.35);
    let colour = palette[if dice.chance(0.5) { 1 } else { 2 }].faded(0.7);
    let square = dice.chance(0.3);
    let rows = (1.0 / step) as usize + 2;
    let columns = (wide / step) as usize + 2;
    for row in 0..rows {
        for column in 0..columns {
            let x = (column as f32 + if row % 2 == 0 { 0.0 } else { 0.5 }) * step;
            let y = row as f32 * step;
            let dot = if square {
                Shape::polygon(&[(x - size, y), (x, y - size), (x + size, y), (x, y + size)])
            } else {
                Shape::circle((x, y), size)
            };
            canvas.fill(&dot, colour);
        }
    }
}

fn stripes(canvas: &mut Canvas, wide: f32, palette: &Palette, dice: &mut Dice) {
    canvas.wash(palette[0]);
    let count = dice.whole(5, 14);
    let step = (wide + 1.0) / count as f32;
    let lean = dice.pick(&[0.0, 0.0, 0.5, -0.5]);
    for stripe in 0..count * 2 {
        let x = (stripe as f32 - count as f32 / 2.0) * step;
        let share = step * 0.5;
        let bar = [(x, -0.1), (x + share, -0.1), (x + share + lean, 1.1), (x + lean, 1.1)];
        canvas.fill(&Shape::polygon(&bar), palette[1].faded(if stripe % 2 == 0 { 0.85 } else { 0.5 }));
    }
}

fn pebbles(canvas: &mut Canvas, wide: f32, palette: &Palette, dice: &mut Dice) {
    canvas.wash(palette[0]);
    for _ in 0..dice.whole(4, 8) {
        let at = (dice.between(-0.1, wide + 0.1), dice.between(-0.1, 1.1));
        let colour = dice.pick(&palette[1..4]).faded(dice.between(0.35, 0.85));
        let radius = dice.between(0.12, 0.45);
        canvas.fill(&Shape::pebble(at, radius, 0.3, 7, dice), colour);
    }
}

fn bokeh(canvas: &mut Canvas, wide: f32, palette: &Palette, dice: &mut Dice) {
    let (top, bottom) = if dice.chance(0.5) {
        (palette::green(dice).darker(0.25), palette::green(dice).darker(0.5))
    } else {
        (palette[4].lighter(0.15), palette[3].darker(0.35))
    };
    canvas.wash(Fill::Down(top, bottom));
    for _ in 0..dice.whole(18, 45) {
        let at = (dice.between(0.0, wide), dice.between(0.0, 1.0));
        let radius = dice.between(0.02, 0.13);
        let colour = if dice.chance(0.4) { palette::bright(dice) } else { dice.pick(palette) };
        let light = colour.lighter(dice.between(0.0, 0.5));
        let round = Shape::circle(at, radius);
        canvas.fill(&round, light.faded(dice.between(0.12, 0.5)));
        canvas.line(&round, 0.006, light.faded(0.3));
    }
}
