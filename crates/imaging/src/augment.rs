//! Augmentation: a picture changed as it might have been taken, so that a network learns what does not matter.
//!
//! [`Augment::draw`] decides what to do to one picture and [`Change::apply`] does it, so that a caller can tell whether
//! two changes are the same without carrying them out.

use image::RgbImage;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

use fast_image_resize::FilterType;

use crate::resize::resize;

/// How strongly pictures are changed. The default changes nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Augment {
    /// Whether every second picture is mirrored, left for right.
    pub flip: bool,
    /// Random crop, 0 to below 1: at least a share of `1 - crop` of the picture's area is kept, at an aspect ratio from
    /// 3/4 to 4/3, and resized to the size it had; 0 leaves the picture whole. torchvision's `RandomResizedCrop` with its
    /// default scale is 0.92.
    pub crop: f64,
    /// Colour jitter, 0 to 1: brightness, contrast and saturation are each multiplied by a factor from `1 - jitter` to
    /// `1 + jitter`; 0 leaves them.
    pub jitter: f64,
    /// Standard deviation of the strength of each principal colour component of natural light, at least 0. Krizhevsky et
    /// al. 2012 (section 4.1) use 0.1; 0 leaves the colours.
    pub lighting: f64,
}

/// What is done to one picture. The default changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Mirrored, left for right.
    mirror: bool,
    /// Left, top, width and height of the part that is kept, in pixels; none for the whole.
    crop: Option<[u32; 4]>,
    /// Factors of brightness, contrast and saturation.
    jitter: [f32; 3],
    /// Added to red, green and blue, of 255.
    light: [f32; 3],
}

impl Default for Change {
    fn default() -> Self {
        Self { mirror: false, crop: None, jitter: [1.0; 3], light: [0.0; 3] }
    }
}

/// Eigenvalues of the covariance of `ImageNet`'s RGB values, samples in [0, 1], as published with `fb.resnet.torch`
/// (`datasets/imagenet.lua`) and used by the peers since.
const EIGENVALUES: [f64; 3] = [0.2175, 0.0188, 0.0045];
/// Its eigenvectors, from the same source: a row each for red, green and blue, a column for each eigenvalue.
const EIGENVECTORS: [[f64; 3]; 3] =
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]];
/// The part that red, green and blue have in brightness (ITU-R BT.601), as in torchvision.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
/// How often a crop is drawn before the whole picture is kept.
const TRIES: usize = 10;

impl Augment {
    /// Whether nothing is ever changed.
    pub fn is_off(&self) -> bool {
        !self.flip && self.crop <= 0.0 && self.jitter <= 0.0 && self.lighting <= 0.0
    }

    /// Draws what is done to copy `copy` (from 1) of a picture of `width` x `height` pixels.
    ///
    /// With [`Augment::flip`] it is the odd copies that are mirrored: with the original unmirrored, one copy makes both
    /// views equally frequent, which chance would not.
    pub fn draw(&self, copy: usize, (width, height): (u32, u32), rng: &mut impl Rng) -> Change {
        // Each takes the same number of values from `rng` whatever its strength, and the crop, which may take any
        // number, is last: one strength does not change what another draws.
        let jitter = [(); 3].map(|()| (1.0 + self.jitter * rng.random_range(-1.0..=1.0_f64)) as f32);
        let strengths: [f64; 3] = [(); 3].map(|()| StandardNormal.sample(rng));
        let part = |row: [f64; 3]| (0..3).map(|at| row[at] * EIGENVALUES[at] * strengths[at]).sum::<f64>();
        let light = if self.lighting > 0.0 {
            EIGENVECTORS.map(|row| (part(row) * self.lighting * 255.0) as f32)
        } else {
            [0.0; 3]
        };
        let crop = (self.crop > 0.0).then(|| self.window(width, height, rng)).flatten();
        Change { mirror: self.flip && copy % 2 == 1, crop, jitter, light }
    }

    /// The part that is kept, as torchvision's `RandomResizedCrop.get_params` draws it; none for the whole picture.
    fn window(&self, width: u32, height: u32, rng: &mut impl Rng) -> Option<[u32; 4]> {
        let area = f64::from(width) * f64::from(height);
        for _ in 0..TRIES {
            let kept = area * rng.random_range(1.0 - self.crop..=1.0);
            let aspect = rng.random_range((0.75_f64).ln()..=(4.0_f64 / 3.0).ln()).exp();
            let (wide, high) = ((kept * aspect).sqrt().round() as u32, (kept / aspect).sqrt().round() as u32);
            if (1..=width).contains(&wide) && (1..=height).contains(&high) {
                let top = rng.random_range(0..=height - high);
                let left = rng.random_range(0..=width - wide);
                return Some([left, top, wide, high]).filter(|_| (wide, high) != (width, height));
            }
        }
        None
    }
}

impl Change {
    /// Whether it changes nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Bytes that two changes share only if they are the same.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.mirror)];
        bytes.extend(self.crop.unwrap_or_default().into_iter().flat_map(u32::to_le_bytes));
        bytes.extend(self.jitter.into_iter().chain(self.light).flat_map(f32::to_le_bytes));
        bytes
    }

    /// The changed picture, of the same size: cropped, mirrored, then brightness, contrast, saturation and light.
    ///
    /// # Panics
    /// When `picture` is smaller than the one that the change was drawn for.
    pub fn apply(&self, picture: &RgbImage) -> RgbImage {
        let mut changed = match self.crop {
            Some(part) => resize(picture, picture.dimensions(), FilterType::Bilinear, part),
            None => picture.clone(),
        };
        if self.mirror {
            image::imageops::flip_horizontal_in_place(&mut changed);
        }
        let still = Self { mirror: self.mirror, crop: self.crop, ..Self::default() };
        if *self != still {
            self.colour(&mut changed);
        }
        changed
    }

    fn colour(&self, picture: &mut RgbImage) {
        let [brightness, contrast, saturation] = self.jitter;
        let limit = |value: f32| value.clamp(0.0, 255.0);
        let bright = |sample: u8| limit(f32::from(sample) * brightness);
        let count = f64::from(picture.width()) * f64::from(picture.height());
        let sum: f64 = picture.pixels().map(|pixel| f64::from(luma(pixel.0.map(bright)))).sum();
        let middle = (sum / count) as f32;
        for pixel in picture.pixels_mut() {
            let even = pixel.0.map(|sample| limit(middle + (bright(sample) - middle) * contrast));
            let gray = luma(even);
            let mut vivid = even.map(|sample| limit(gray + (sample - gray) * saturation));
            for (sample, light) in vivid.iter_mut().zip(self.light) {
                *sample = limit(*sample + light);
            }
            pixel.0 = vivid.map(|sample| sample.round() as u8);
        }
    }
}

fn luma(samples: [f32; 3]) -> f32 {
    samples.iter().zip(LUMA).map(|(sample, part)| sample * part).sum()
}
