//! The composition of an image: a background, a subject in front of it, and the effects of light and camera.

use image::RgbImage;
use tiny_skia::Transform;

use crate::{
    background,
    body::Body,
    canvas::{Canvas, Fill},
    cat::Cat,
    dice::Dice,
    dog::Dog,
    flower::{ARRANGEMENTS, Arrangement},
    light,
    palette::{INK, WHITE},
    pose::{Animal, Pose},
    props,
    shape::Shape,
    subject::Subject,
};

/// Draws one image of `subject`.
pub fn draw(subject: Subject, dice: &mut Dice) -> RgbImage {
    let mut canvas = frame(dice);
    let floor = background::paint(&mut canvas, dice);
    let mut layer = canvas.layer();
    match subject {
        Subject::Cat => animal(&mut layer, &Cat::roll(dice), floor, dice),
        Subject::Dog => animal(&mut layer, &Dog::roll(dice), floor, dice),
        Subject::Flower => flowers(&mut layer, floor, dice),
    }
    join(&mut canvas, &layer, dice);
    let mut image = flatten(&canvas);
    light::expose(&mut image, dice);
    image
}

/// Returns an empty canvas with one of the usual aspect ratios of photos.
fn frame(dice: &mut Dice) -> Canvas {
    let (width, height) =
        dice.pick(&[(320, 256), (320, 240), (300, 300), (256, 320), (360, 240), (288, 288), (340, 255)]);
    let scale = dice.between(0.85, 1.15);
    Canvas::new((width as f32 * scale) as u32, (height as f32 * scale) as u32)
}

/// Draws an animal in a random pose.
fn animal(canvas: &mut Canvas, animal: &dyn Animal, floor: (f32, f32), dice: &mut Dice) {
    let pose = dice.pick(&[
        Pose::Portrait,
        Pose::Portrait,
        Pose::Sitting,
        Pose::Sitting,
        Pose::Standing,
        Pose::Standing,
        Pose::Lying,
        Pose::Resting,
        Pose::Curled,
    ]);
    let step = stand(canvas, pose.extent(), pose == Pose::Portrait, floor, dice);
    canvas.within(step, |canvas| Body::new(animal).draw(pose, canvas, dice));
}

/// Draws flowers in a random arrangement.
fn flowers(canvas: &mut Canvas, floor: (f32, f32), dice: &mut Dice) {
    let arrangement = dice.pick(&ARRANGEMENTS);
    let step = stand(canvas, arrangement.extent(), arrangement == Arrangement::Close, floor, dice);
    canvas.within(step, |canvas| arrangement.draw(canvas, dice));
}

/// Returns the frame of a subject of `extent` (half of its width, its whole height) with a random size, position, rotation and direction.
fn stand(canvas: &Canvas, extent: (f32, f32), close: bool, floor: (f32, f32), dice: &mut Dice) -> Transform {
    let (wide, high) = (canvas.width(), canvas.height());
    let fit = (wide / (extent.0 * 2.0)).min(high / extent.1);
    let share = if close { dice.between(0.85, 1.15) } else { dice.between(0.55, 0.98) };
    let scale = fit * share;
    let free = ((wide / 2.0 - extent.0 * scale * 0.85) / wide).max(0.05);
    let x = wide * (0.5 + dice.about(0.0, free));
    let ground = if close { dice.between(1.0, 1.12) } else { dice.between(floor.0, floor.1) };
    Transform::from_translate(x, high * ground)
        .pre_rotate(dice.about(0.0, if close { 14.0 } else { 8.0 }))
        .pre_scale(scale * dice.sign() * dice.between(0.93, 1.07), scale)
}

/// Draws the subject with a shadow over the background. Sometimes adds a rim, or a toy beside the subject.
fn join(canvas: &mut Canvas, subject: &Canvas, dice: &mut Dice) {
    let high = canvas.height();
    let shadow = subject.silhouette(INK.faded(dice.between(0.15, 0.4)), 0.0, high * 0.04);
    let reach = dice.between(0.0, 0.03) * high;
    canvas.lay(&shadow, 1.0, ((reach * dice.sign()) as i32, (reach * 0.7) as i32));
    match dice.whole(0, 9) {
        0 => canvas.lay(&subject.silhouette(WHITE, high * 0.014, 0.0), 1.0, (0, 0)),
        1 | 2 => canvas.lay(&subject.silhouette(INK.lighter(dice.between(0.0, 0.3)), high * 0.004, 0.0), 1.0, (0, 0)),
        _ => {}
    }
    canvas.lay(subject, 1.0, (0, 0));
    if dice.chance(0.15) {
        let x = if dice.chance(0.5) { dice.between(0.06, 0.2) } else { dice.between(0.8, 0.94) };
        let at = (canvas.width() * x, high * dice.between(0.93, 0.99));
        let size = high * dice.between(0.05, 0.08);
        canvas.fill(&Shape::ellipse(at, size * 1.2, size * 0.25), Fill::Flat(INK.faded(0.25)));
        props::toy(canvas, at, size, dice);
    }
}

/// Returns the pixels of the canvas without alpha.
fn flatten(canvas: &Canvas) -> RgbImage {
    let width = canvas.width() as u32;
    RgbImage::from_fn(width, canvas.height() as u32, |x, y| {
        let pixel = canvas.pixels()[(y * width + x) as usize];
        image::Rgb([pixel.red(), pixel.green(), pixel.blue()])
    })
}
