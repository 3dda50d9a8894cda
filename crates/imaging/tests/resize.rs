//! Compares resizing with Pillow (`reference/resize.py`).

use image::{Rgb, RgbImage};
use imaging::{square, thumbnail};
use serde_json::Value;

/// Returns the image of `pattern` in `reference/resize.py`.
fn pattern(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let edge = if (x / 10 + y / 14) % 2 == 1 { 255 } else { 0 };
        Rgb([edge, (x * 5 + y) % 256, (x * y / 7) % 256].map(|sample| (sample / 2 + 64) as u8))
    })
}

#[test]
fn the_result_equals_that_of_pillow() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("reference/resize.json")).unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let size = |key: &str, at: usize| u32::try_from(case[key][at].as_u64().unwrap()).unwrap();
        let source = pattern(size("from", 0), size("from", 1));
        let result = match case["kind"].as_str().unwrap() {
            "square" => square(&source, size("to", 0)),
            _ => thumbnail(&source, size("to", 0)),
        };
        assert_eq!(result.dimensions(), (size("to", 0), size("to", 1)));
        let wanted: Vec<u8> = serde_json::from_value(case["rgb"].clone()).unwrap();
        let worst = result.as_raw().iter().zip(&wanted).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 1, "{} {}: a sample differs by {worst}", case["kind"], case["from"]);
    }
}

#[test]
fn a_square_is_cut_from_the_centre() {
    let wide = RgbImage::from_fn(300, 100, |x, _| if x / 100 == 1 { Rgb([0, 200, 0]) } else { Rgb([200, 0, 0]) });
    assert!(square(&wide, 50).pixels().all(|pixel| pixel.0 == [0, 200, 0]));
    let tall = image::imageops::rotate90(&wide);
    assert!(square(&tall, 224).pixels().all(|pixel| pixel.0 == [0, 200, 0]));
}

#[test]
fn a_thumbnail_keeps_the_shape_and_never_grows() {
    let image = pattern(200, 50);
    assert_eq!(thumbnail(&image, 40).dimensions(), (40, 10));
    assert_eq!(thumbnail(&image, 200), image);
    assert_eq!(thumbnail(&image, 500), image);
    let strip = pattern(3000, 2);
    assert_eq!(thumbnail(&strip, 30).dimensions(), (30, 1));
}
