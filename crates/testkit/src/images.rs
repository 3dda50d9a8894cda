//! Small drawn images of three classes that differ in colour and shape.

use std::path::Path;

use fs_err as fs;
use image::{Rgb, RgbImage};

use crate::files;

/// The classes of [`draw`], in alphabetical order.
pub const CLASSES: [&str; 3] = ["disc", "square", "stripes"];

/// Draws an image of `class` with `side` x `side` pixels.
///
/// Position, size, shade and background of the shape depend on `index`. No two images look alike.
///
/// # Panics
/// Panics when `class` is not one of [`CLASSES`].
pub fn draw(class: &str, index: u32, side: u32) -> RgbImage {
    let which = CLASSES.iter().position(|name| *name == class);
    let which = which.unwrap_or_else(|| panic!("{class} is not one of {CLASSES:?}")) as u32;
    let mut dice = Dice(0x9e37_79b9 ^ (u64::from(index) << 8 | u64::from(which)));
    let extent = side as f32;
    let radius = extent * dice.between(0.2, 0.35);
    let (x0, y0) = (extent * dice.between(0.3, 0.7), extent * dice.between(0.3, 0.7));
    let ink = [[220.0, 60.0, 50.0], [60.0, 90.0, 220.0], [40.0, 170.0, 70.0]][which as usize];
    let ink = ink.map(|value| value + dice.between(-30.0, 30.0));
    let waves: [[f32; 4]; 6] = std::array::from_fn(|_| {
        let frequency = [dice.between(-3.0, 3.0), dice.between(-3.0, 3.0)];
        [frequency[0], frequency[1], dice.between(0.0, 6.3), dice.between(6.0, 22.0)]
    });
    let ground = dice.between(120.0, 200.0);
    let mut noise = Dice(dice.0);
    RgbImage::from_fn(side, side, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let (dx, dy) = ((x - x0).abs(), (y - y0).abs());
        let inside = match class {
            "disc" => dx.hypot(dy) < radius,
            "square" => dx.max(dy) < radius * 0.85,
            _ => dx.max(dy) < radius && ((x - x0) / radius * 4.0).rem_euclid(2.0) < 1.0,
        };
        let wave = |[fx, fy, phase, height]: &[f32; 4]| height * ((fx * x + fy * y) / extent * 6.3 + phase).sin();
        let back = ground + waves.iter().map(wave).sum::<f32>();
        let grain = noise.between(-6.0, 6.0);
        Rgb(ink.map(|value| if inside { value + grain } else { back + grain }.clamp(0.0, 255.0) as u8))
    })
}

/// Writes `per_class` PNG images of each of `classes` to `folder`, with one subfolder per class.
pub fn write_classes(folder: &Path, classes: &[&str], per_class: u32, side: u32) {
    for class in classes {
        fs::create_dir_all(folder.join(class)).unwrap();
        for index in 0..per_class {
            let path = folder.join(class).join(format!("{class}{index:03}.png"));
            fs::write(path, files::png(&draw(class, index, side))).unwrap();
        }
    }
}

/// The colours of the corners of [`quadrants`]: red top left, green top right, blue bottom left, yellow bottom right.
pub const QUADRANTS: [[u8; 3]; 4] = [[220, 40, 40], [40, 180, 60], [40, 60, 200], [230, 210, 50]];

/// Draws an image of four plain quarters, whose colours show the orientation.
pub fn quadrants(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(QUADRANTS[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)])
    })
}

/// Returns whether the centre of each quarter of `img` is within `tolerance` of the colour in [`QUADRANTS`].
pub fn is_upright(img: &RgbImage, tolerance: u8) -> bool {
    let (width, height) = img.dimensions();
    QUADRANTS.iter().enumerate().all(|(at, wanted)| {
        let (right, low) = (at as u32 % 2, at as u32 / 2);
        let pixel = img.get_pixel(width / 4 + right * width / 2, height / 4 + low * height / 2);
        pixel.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) <= tolerance)
    })
}

/// A small random number generator, so that the images do not depend on the version of another crate.
struct Dice(u64);

impl Dice {
    /// Returns a number in `low..high` (splitmix64).
    fn between(&mut self, low: f32, high: f32) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * ((z >> 40) as f32 / (1 << 24) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_depends_on_its_index_and_class_alone() {
        assert_eq!(draw("disc", 3, 64), draw("disc", 3, 64));
        assert_ne!(draw("disc", 3, 64), draw("disc", 4, 64));
        assert_ne!(draw("disc", 3, 64), draw("square", 3, 64));
    }

    #[test]
    fn a_rotated_image_is_not_upright() {
        let upright = quadrants(60, 40);
        assert!(is_upright(&upright, 0));
        assert!(!is_upright(&image::imageops::rotate90(&upright), 90));
        assert!(!is_upright(&image::imageops::flip_horizontal(&upright), 90));
    }
}
