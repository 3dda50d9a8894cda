//! Augmentation: random changes of training images.
//!
//! [`Augment::draw`] draws a change for one image, and [`Transform::apply`] applies it. A caller can compare two changes without applying
//! them.

use image::RgbImage;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

use fast_image_resize::FilterType;

use crate::resize::resize;

/// The strengths of the augmentation. The default changes nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Augment {
    /// Whether every second copy is mirrored horizontally.
    pub flip: bool,
    /// The strength of random cropping, from 0 to below 1. A crop keeps at least the share `1 - crop` of the area, with an aspect
    /// ratio from 3/4 to 4/3, and is resized to the original size. 0 disables cropping. The default scale of torchvision's
    /// `RandomResizedCrop` corresponds to 0.92.
    pub crop: f64,
    /// The strength of colour jitter, 0 to 1. Brightness, contrast and saturation are each multiplied by a factor from `1 - jitter` to
    /// `1 + jitter`. 0 disables it.
    pub jitter: f64,
    /// The standard deviation of the shift along each principal component of the colours, at least 0. Krizhevsky et al. 2012
    /// (section 4.1) use 0.1. 0 disables it.
    pub lighting: f64,
}

/// A change of one image. The default changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Transform {
    /// Whether the image is mirrored horizontally.
    mirror: bool,
    /// The left, top, width and height of the part that is kept, in pixels. `None` keeps the whole image.
    crop: Option<[u32; 4]>,
    /// The factors of brightness, contrast and saturation.
    jitter: [f32; 3],
    /// The shifts of red, green and blue on the scale 0 to 255.
    light: [f32; 3],
}

impl Default for Transform {
    fn default() -> Self {
        Self { mirror: false, crop: None, jitter: [1.0; 3], light: [0.0; 3] }
    }
}

/// The eigenvalues of the covariance of `ImageNet`'s RGB values in [0, 1], as published with `fb.resnet.torch`
/// (`datasets/imagenet.lua`).
const EIGENVALUES: [f64; 3] = [0.2175, 0.0188, 0.0045];
/// The eigenvectors from the same source: a row for each of red, green and blue, and a column for each eigenvalue.
const EIGENVECTORS: [[f64; 3]; 3] =
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]];
/// The weights of red, green and blue in the brightness (ITU-R BT.601), as in torchvision.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
/// The number of attempts to draw a crop that fits. After that, the whole image is kept.
const TRIES: usize = 10;

impl Augment {
    /// Draws the change of the copy `copy` (from 1) of an image with `width` x `height` pixels.
    ///
    /// [`Augment::flip`] mirrors the odd copies. Together with the original, one copy makes both orientations equally frequent.
    pub fn draw(&self, copy: usize, (width, height): (u32, u32), rng: &mut impl Rng) -> Transform {
        // Each change takes the same number of values from `rng` at any strength. The crop may take any number, so it comes last.
        // A strength therefore does not affect the other changes.
        let jitter = [(); 3].map(|()| (1.0 + self.jitter * rng.random_range(-1.0..=1.0_f64)) as f32);
        let strengths: [f64; 3] = [(); 3].map(|()| StandardNormal.sample(rng));
        let part = |row: [f64; 3]| (0..3).map(|at| row[at] * EIGENVALUES[at] * strengths[at]).sum::<f64>();
        let light = if self.lighting > 0.0 {
            EIGENVECTORS.map(|row| (part(row) * self.lighting * 255.0) as f32)
        } else {
            [0.0; 3]
        };
        let crop = (self.crop > 0.0).then(|| self.window(width, height, rng)).flatten();
        Transform { mirror: self.flip && copy % 2 == 1, crop, jitter, light }
    }

    /// Draws the part that is kept, like torchvision's `RandomResizedCrop.get_params`. `None` keeps the whole image.
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

impl Transform {
    /// Returns whether the change has no effect.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Returns bytes that identify the change.
    pub fn bytes(&self) -> Vec<u8> {
        // A field that is missing here does not compile.
        let Self { mirror, crop, jitter, light } = *self;
        let mut bytes = vec![u8::from(mirror)];
        bytes.extend(crop.unwrap_or_default().into_iter().flat_map(u32::to_le_bytes));
        bytes.extend(jitter.into_iter().chain(light).flat_map(f32::to_le_bytes));
        bytes
    }

    /// Applies the change: crop, mirror, brightness, contrast, saturation and colour shift, in this order. The size stays the same.
    ///
    /// # Panics
    /// Panics when `image` is smaller than the one that the change was drawn for.
    pub fn apply(&self, image: &RgbImage) -> RgbImage {
        let mut changed = match self.crop {
            Some(part) => resize(image, image.dimensions(), FilterType::Bilinear, part),
            None => image.clone(),
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

    fn colour(&self, image: &mut RgbImage) {
        let [brightness, contrast, saturation] = self.jitter;
        let limit = |value: f32| value.clamp(0.0, 255.0);
        let bright = |sample: u8| limit(f32::from(sample) * brightness);
        let count = f64::from(image.width()) * f64::from(image.height());
        let sum: f64 = image.pixels().map(|pixel| f64::from(luma(pixel.0.map(bright)))).sum();
        let middle = (sum / count) as f32;
        for pixel in image.pixels_mut() {
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
