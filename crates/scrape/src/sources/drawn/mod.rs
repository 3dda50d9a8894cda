//! The pictures that come with the project: cats, dogs and flowers, drawn.
//!
//! They make the default run work offline, without anyone's rights being touched. Every class is drawn with the same
//! palettes, fur, backgrounds, props and light, so that a network has to look at shapes.

mod background;
mod blossom;
mod blur;
mod body;
mod canvas;
mod cat;
mod coat;
mod colour;
mod dice;
mod dog;
mod face;
mod flower;
mod light;
mod palette;
mod petals;
mod pose;
mod props;
mod scenery;
mod shape;
mod source;

use image::RgbImage;
use rand_chacha::ChaCha8Rng;
use tiny_skia::Transform;

use body::Body;
use canvas::{Canvas, Fill};
use dice::Dice;
use palette::{INK, WHITE};
use pose::{Animal, Pose};
use shape::Shape;

pub use source::Drawn;

/// What can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A cat.
    Cat,
    /// A dog.
    Dog,
    /// Flowers.
    Flower,
}

impl Subject {
    /// Every subject, in the order of the classes' names.
    pub const ALL: [Self; 3] = [Self::Cat, Self::Dog, Self::Flower];

    /// The name of its class.
    pub fn class(self) -> &'static str {
        match self {
            Self::Cat => "cat",
            Self::Dog => "dog",
            Self::Flower => "flower",
        }
    }

    /// One picture as a file, JPEG or PNG, whose every choice `rng` makes.
    pub fn file(self, rng: ChaCha8Rng) -> Vec<u8> {
        let mut dice = Dice::new(rng);
        let picture = self.draw(&mut dice);
        if dice.chance(0.2) { imaging::png(&picture) } else { imaging::jpeg(&picture, dice.whole(80, 95) as u8) }
    }

    /// Draws one picture, about 320 x 256 pixels.
    fn draw(self, dice: &mut Dice) -> RgbImage {
        let mut canvas = frame(dice);
        let floor = background::paint(&mut canvas, dice);
        let mut subject = canvas.layer();
        match self {
            Self::Cat => animal(&mut subject, &cat::Cat::roll(dice), floor, dice),
            Self::Dog => animal(&mut subject, &dog::Dog::roll(dice), floor, dice),
            Self::Flower => flowers(&mut subject, floor, dice),
        }
        join(&mut canvas, &subject, dice);
        let mut picture = flatten(&canvas);
        light::expose(&mut picture, dice);
        picture
    }
}

/// An empty picture of one of the usual formats.
fn frame(dice: &mut Dice) -> Canvas {
    let (width, height) =
        dice.pick(&[(320, 256), (320, 240), (300, 300), (256, 320), (360, 240), (288, 288), (340, 255)]);
    let scale = dice.between(0.85, 1.15);
    Canvas::new((width as f32 * scale) as u32, (height as f32 * scale) as u32)
}

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

fn flowers(canvas: &mut Canvas, floor: (f32, f32), dice: &mut Dice) {
    let arrangement = dice.pick(&flower::ARRANGEMENTS);
    let step = stand(canvas, arrangement.extent(), arrangement == flower::Arrangement::Close, floor, dice);
    canvas.within(step, |canvas| arrangement.draw(canvas, dice));
}

/// Where a subject of `extent` (half its width, its height) is put: size, place, a slight turn, facing left or right.
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

/// Puts the subject before its background, with a shadow, and now and then with a sticker's rim or a toy beside it.
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

fn flatten(canvas: &Canvas) -> RgbImage {
    let width = canvas.width() as u32;
    RgbImage::from_fn(width, canvas.height() as u32, |x, y| {
        let pixel = canvas.pixels()[(y * width + x) as usize];
        image::Rgb([pixel.red(), pixel.green(), pixel.blue()])
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn some(subject: Subject, count: usize) -> Vec<RgbImage> {
        (0..count)
            .map(|number| subject.draw(&mut Dice::new(pipeline::rng(7, "test", &format!("{subject:?} {number}")))))
            .collect()
    }

    #[test]
    fn no_two_pictures_look_alike() {
        let pictures: Vec<RgbImage> = Subject::ALL.into_iter().flat_map(|subject| some(subject, 12)).collect();
        let hashes: Vec<_> = pictures.iter().map(imaging::perceptual_hash).collect();
        let alone =
            imaging::near_duplicate_groups(&hashes, 4).iter().enumerate().filter(|(at, group)| at == *group).count();
        assert!(alone >= 35, "{alone} of 36 look like no other");
    }

    /// A network has to look at shapes: the nearest mean colour must hardly do better than chance (1 in 3).
    #[test]
    fn colour_alone_does_not_tell_the_class() {
        let colours: Vec<Vec<[f64; 3]>> =
            Subject::ALL.into_iter().map(|subject| some(subject, 20).iter().map(mean).collect()).collect();
        let middles: Vec<[f64; 3]> = colours
            .iter()
            .map(|class| [0, 1, 2].map(|at| class.iter().map(|colour| colour[at]).sum::<f64>() / class.len() as f64))
            .collect();
        let far = |one: &[f64; 3], other: &[f64; 3]| one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let right = colours.iter().enumerate().map(|(class, colours)| {
            let nearest = |colour: &[f64; 3]| {
                (0..3).min_by(|a, b| far(colour, &middles[*a]).total_cmp(&far(colour, &middles[*b])))
            };
            colours.iter().filter(|colour| nearest(colour) == Some(class)).count()
        });
        let right: usize = right.sum();
        assert!(right < 36, "{right} of 60 are told by their mean colour");
    }

    fn mean(picture: &RgbImage) -> [f64; 3] {
        let count = f64::from(picture.width() * picture.height());
        [0, 1, 2].map(|at| picture.pixels().map(|pixel| f64::from(pixel.0[at])).sum::<f64>() / count)
    }
}
