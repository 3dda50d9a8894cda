//! The effects of light and camera: warmth, brightness, contrast, light from one side, vignette, blur and grain.

use image::RgbImage;

use crate::{blur, dice::Dice};

/// Applies random effects of light and camera to `image`.
pub fn expose(image: &mut RgbImage, dice: &mut Dice) {
    let (width, height) = image.dimensions();
    if dice.chance(0.25) {
        let radius = dice.between(1.2, 3.4);
        blur::blur::<3>(image, width as usize, height as usize, radius);
    }
    let warmth = dice.about(0.0, 0.16);
    let tint = [1.0 + warmth, 1.0 + dice.about(0.0, 0.05), 1.0 - warmth];
    let bright = dice.about(0.98, 0.28);
    let contrast = dice.about(1.0, 0.25);
    let colourful = dice.about(0.95, 0.45);
    let (sine, cosine) = dice.between(0.0, std::f32::consts::TAU).sin_cos();
    let slope = if dice.chance(0.5) { dice.between(0.0, 0.28) } else { 0.0 };
    let vignette = if dice.chance(0.5) { dice.between(0.0, 0.5) } else { 0.0 };
    let grain = if dice.chance(0.6) { dice.between(2.0, 10.0) } else { 0.0 };
    for (x, y, pixel) in image.enumerate_pixels_mut() {
        let across = (x as f32 + 0.5) / width as f32 * 2.0 - 1.0;
        let down = (y as f32 + 0.5) / height as f32 * 2.0 - 1.0;
        let far = f32::midpoint(across * across, down * down);
        let light = bright * (1.0 + slope * (across * cosine + down * sine)) * (1.0 - vignette * far);
        let channels = pixel.0.map(f32::from);
        let gray = 0.3 * channels[0] + 0.59 * channels[1] + 0.11 * channels[2];
        let noise = grain * dice.about(0.0, 1.0);
        for ((channel, value), tint) in pixel.0.iter_mut().zip(channels).zip(tint) {
            let coloured = gray + (value - gray) * colourful;
            let contrasted = (coloured - 128.0) * contrast + 128.0;
            *channel = (contrasted * light * tint + noise + grain * 0.3 * dice.about(0.0, 1.0) + 0.5) as u8;
        }
    }
}
