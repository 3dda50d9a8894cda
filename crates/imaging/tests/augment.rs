//! Properties of augmentation.

use image::{Rgb, RgbImage, imageops};
use imaging::{Augment, Transform};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use testkit::images::draw;

const SIDE: u32 = 64;
/// The positions of the parts of a change in [`Transform::bytes`].
const CROP: std::ops::Range<usize> = 1..17;
const JITTER: std::ops::Range<usize> = 17..29;
const LIGHT: std::ops::Range<usize> = 29..41;

fn change(augment: &Augment, copy: usize, seed: u64) -> Transform {
    augment.draw(copy, (SIDE, SIDE), &mut ChaCha8Rng::seed_from_u64(seed))
}

/// Returns the left, top, width and height of the kept part, or zeros for the whole image.
fn kept(change: &Transform) -> [u32; 4] {
    let bytes = &change.bytes()[CROP];
    std::array::from_fn(|at| u32::from_le_bytes(bytes[4 * at..4 * at + 4].try_into().unwrap()))
}

fn strengths() -> impl Strategy<Value = Augment> {
    (any::<bool>(), 0.0..0.95, 0.0..=1.0, 0.0..0.5).prop_map(|(flip, crop, jitter, lighting)| Augment {
        flip,
        crop,
        jitter,
        lighting,
    })
}

proptest! {
    #[test]
    fn the_same_seed_gives_the_same_image_of_the_same_size(augment in strengths(), copy in 1..4_usize, seed: u64) {
        let image = draw("disc", 1, SIDE);
        let (first, second) = (change(&augment, copy, seed), change(&augment, copy, seed));
        prop_assert_eq!(&first, &second);
        prop_assert_eq!(first.bytes(), second.bytes());
        let changed = first.apply(&image);
        prop_assert_eq!(changed.dimensions(), (SIDE, SIDE));
        prop_assert_eq!(changed, second.apply(&image));
    }

    #[test]
    fn a_crop_keeps_its_share_and_aspect_ratio(crop in 0.01..0.95, seed: u64) {
        let [left, top, width, height] = kept(&change(&Augment { crop, ..Augment::default() }, 1, seed));
        if width > 0 {
            prop_assert!(left + width <= SIDE && top + height <= SIDE);
            // The sides are rounded to whole pixels.
            let most = f64::from((width + 1) * (height + 1)) / f64::from(SIDE * SIDE);
            prop_assert!(most >= 1.0 - crop, "{width} x {height}");
            let half = |side: u32, by: f64| f64::from(side) + by;
            prop_assert!(half(width, 0.5) / half(height, -0.5) >= 0.75, "{width} x {height}");
            prop_assert!(half(width, -0.5) / half(height, 0.5) <= 4.0 / 3.0, "{width} x {height}");
        }
    }

    #[test]
    fn a_strength_does_not_affect_the_other_changes(augment in strengths(), seed: u64) {
        let all = change(&augment, 1, seed).bytes();
        let alone = |augment: Augment| change(&augment, 1, seed).bytes();
        let none = Augment::default();
        prop_assert_eq!(&alone(Augment { crop: augment.crop, ..none })[CROP], &all[CROP]);
        prop_assert_eq!(&alone(Augment { jitter: augment.jitter, ..none })[JITTER], &all[JITTER]);
        prop_assert_eq!(&alone(Augment { lighting: augment.lighting, ..none })[LIGHT], &all[LIGHT]);
    }

    #[test]
    fn grey_stays_grey_under_jitter(jitter in 0.0..=1.0, seed: u64) {
        let gray = imageops::grayscale(&draw("stripes", 2, SIDE));
        let gray = RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb([gray.get_pixel(x, y).0[0]; 3]));
        let changed = change(&Augment { jitter, ..Augment::default() }, 1, seed).apply(&gray);
        for pixel in changed.pixels() {
            let [r, g, b] = pixel.0;
            prop_assert!(r.abs_diff(g) <= 1 && g.abs_diff(b) <= 1, "{:?}", pixel);
        }
    }
}

#[test]
fn zero_strengths_change_nothing() {
    let off = Augment::default();
    let image = draw("square", 3, SIDE);
    for copy in 0..4 {
        let change = change(&off, copy, 9);
        assert!(change.is_none());
        assert_eq!(change.apply(&image), image);
    }
}

#[test]
fn only_odd_copies_are_mirrored() {
    let flip = Augment { flip: true, ..Augment::default() };
    let image = draw("disc", 4, SIDE);
    for copy in 1..6 {
        let change = change(&flip, copy, copy as u64);
        let expected = if copy % 2 == 1 { imageops::flip_horizontal(&image) } else { image.clone() };
        assert_eq!(change.apply(&image), expected, "copy {copy}");
        // Two copies that look the same have the same bytes, whatever was drawn.
        assert_eq!(change.bytes(), self::change(&flip, copy % 2, 0).bytes());
    }
}

#[test]
fn jitter_varies_brightness_contrast_and_saturation() {
    let image =
        RgbImage::from_fn(SIDE, SIDE, |x, _| if x < SIDE / 2 { Rgb([120, 80, 60]) } else { Rgb([60, 90, 130]) });
    let augment = Augment { jitter: 0.4, ..Augment::default() };
    let changed: Vec<RgbImage> = (0..300).map(|seed| change(&augment, 1, seed).apply(&image)).collect();
    let left = |image: &RgbImage| image.get_pixel(0, 0).0.map(f64::from);
    let luma = |[r, g, b]: [f64; 3]| 0.299 * r + 0.587 * g + 0.114 * b;
    let before = left(&image);
    let ratios: Vec<f64> = changed.iter().map(|image| luma(left(image)) / luma(before)).collect();
    let (least, most) =
        ratios.iter().fold((f64::MAX, 0.0_f64), |(least, most), ratio| (least.min(*ratio), most.max(*ratio)));
    assert!((0.55..0.7).contains(&least) && (1.3..1.45).contains(&most), "{least} {most}");
    // Saturation is the spread of the channels relative to the brightness.
    let spread = |[r, g, b]: [f64; 3]| (r.max(g).max(b) - r.min(g).min(b)) / luma([r, g, b]);
    let spreads: Vec<f64> = changed.iter().map(|image| spread(left(image)) / spread(before)).collect();
    assert!(spreads.iter().any(|ratio| *ratio < 0.75) && spreads.iter().any(|ratio| *ratio > 1.25));
}

#[test]
fn lighting_shifts_all_pixels_mostly_along_the_first_component() {
    let image = RgbImage::from_pixel(8, 8, Rgb([128; 3]));
    let augment = Augment { lighting: 0.1, ..Augment::default() };
    let mut squares = [0.0; 3];
    let draws = 2000;
    for seed in 0..draws {
        let changed = change(&augment, 1, seed).apply(&image);
        let first = changed.get_pixel(0, 0).0;
        assert!(changed.pixels().all(|pixel| pixel.0 == first));
        for (square, sample) in squares.iter_mut().zip(first) {
            *square += (f64::from(sample) - 128.0).powi(2) / draws as f64;
        }
    }
    // The expected values are sqrt(sum over components of (eigenvector * eigenvalue * 0.1 * 255)^2), the formula of the paper.
    // Rounding to whole samples adds a variance of 1/12.
    for (square, expected) in squares.iter().zip([3.167_f64, 3.222, 3.254]) {
        let expected = (expected.powi(2) + 1.0 / 12.0).sqrt();
        assert!((square.sqrt() / expected - 1.0).abs() < 0.06, "{} {expected}", square.sqrt());
    }
}
