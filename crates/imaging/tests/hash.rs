//! Perceptual hashes, tensors, encoders and contact sheets.

use image::{Rgb, RgbImage, imageops};
use imaging::tensor::{ChannelOrder, nchw};
use imaging::{
    Limits, PerceptualHash, SheetLayout, contact_sheet, decode, jpeg, near_duplicate_groups, perceptual_hash, png,
    square, thumbnail,
};
use proptest::prelude::*;
use testkit::images::draw;

#[test]
fn copies_have_similar_hashes_and_other_images_do_not() {
    let images: Vec<RgbImage> =
        ["disc", "square", "stripes"].iter().flat_map(|class| (0..10).map(|i| draw(class, i, 224))).collect();
    let hashes: Vec<PerceptualHash> = images.iter().map(perceptual_hash).collect();
    for (image, hash) in images.iter().zip(&hashes) {
        let again = decode(&jpeg(image, 40), &Limits::default()).unwrap();
        let smaller = thumbnail(image, 100);
        let brighter = imageops::brighten(image, 12);
        for copy in [again, smaller, brighter] {
            let distance = perceptual_hash(&square(&copy, 224)).distance(hash);
            assert!(distance <= 4, "a copy is {distance} bits away");
        }
    }
    let mut nearest = 64;
    for (i, hash) in hashes.iter().enumerate() {
        for other in &hashes[..i] {
            nearest = nearest.min(hash.distance(other));
        }
    }
    assert!(nearest > 4, "two different images are {nearest} bits apart");
}

#[test]
fn the_hash_does_not_change() {
    // Another hash changes the split of existing data sets, so `FORMAT` of `preprocess` must be raised with it.
    let hashes: Vec<String> = (0..3).map(|i| perceptual_hash(&draw("disc", i, 224)).to_string()).collect();
    insta::assert_snapshot!(hashes.join(" "));
}

proptest! {
    #[test]
    fn groups_are_connected_components(bits in prop::collection::vec(0..256u64, 0..40), reach in 0..3u32) {
        let hashes: Vec<PerceptualHash> = bits.iter().map(|bits| PerceptualHash(*bits)).collect();
        let groups = near_duplicate_groups(&hashes, reach);
        for (i, group) in groups.iter().enumerate() {
            prop_assert!(*group <= i);
            prop_assert_eq!(groups[*group], *group);
            for (j, other) in groups.iter().enumerate() {
                if hashes[i].distance(&hashes[j]) <= reach {
                    prop_assert_eq!(group, other);
                }
            }
            // Each member but the first is near another member.
            let near = |j: usize| j != i && groups[j] == *group && hashes[i].distance(&hashes[j]) <= reach;
            prop_assert!(*group == i || (0..groups.len()).any(near));
        }
    }
}

#[test]
#[allow(clippy::float_cmp)] // Small whole numbers and their quotients by powers of two are exact.
fn a_tensor_has_the_requested_order_of_channels() {
    let image = RgbImage::from_fn(3, 2, |x, y| Rgb([x as u8, 10 + y as u8, 200]));
    let mean = [1.0, 2.0, 3.0];
    let std = [1.0, 2.0, 4.0];
    let rgb = nchw(&image, ChannelOrder::Rgb, 1.0, mean, std);
    assert_eq!(rgb.dim(), (3, 2, 3));
    assert!(rgb.is_standard_layout());
    assert_eq!(rgb[[0, 1, 2]], (2.0 - 1.0) / 1.0);
    assert_eq!(rgb[[1, 1, 2]], (11.0 - 2.0) / 2.0);
    assert_eq!(rgb[[2, 0, 0]], (200.0 - 3.0) / 4.0);
    // `mean` and `std` belong to the channels of the tensor. The first channel is blue here.
    let bgr = nchw(&image, ChannelOrder::Bgr, 1.0, mean, std);
    assert_eq!(bgr[[0, 0, 0]], (200.0 - 1.0) / 1.0);
    assert_eq!(bgr[[2, 1, 2]], (2.0 - 3.0) / 4.0);
}

#[test]
fn encoding_is_reproducible_and_can_be_decoded() {
    let image = draw("stripes", 5, 80);
    assert_eq!(png(&image), png(&image));
    assert_eq!(jpeg(&image, 80), jpeg(&image, 80));
    assert_eq!(decode(&png(&image), &Limits::default()).unwrap(), image);
    let again = decode(&jpeg(&image, 95), &Limits::default()).unwrap();
    let off: u64 = again.as_raw().iter().zip(image.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(off / (80 * 80 * 3) < 12, "quality 95 is off by {} in the mean", off / (80 * 80 * 3));
}

#[test]
fn a_contact_sheet_has_rows() {
    let plain = |width, height, colour| RgbImage::from_pixel(width, height, Rgb(colour));
    let images = [plain(40, 40, [200, 0, 0]), plain(40, 20, [0, 200, 0]), plain(10, 10, [0, 0, 200])];
    let sheet = SheetLayout { columns: 2, cell: 20, padding: 4, background: Rgb([255; 3]) };
    let page = contact_sheet(&images, &sheet);
    assert_eq!(page.dimensions(), (2 * 24 + 4, 2 * 24 + 4));
    assert_eq!(page.get_pixel(2, 2).0, [255; 3]);
    assert_eq!(page.get_pixel(14, 14).0, [200, 0, 0]);
    // Wide images are centred in their cells, and small images are not enlarged.
    assert_eq!(page.get_pixel(38, 14).0, [0, 200, 0]);
    assert_eq!(page.get_pixel(38, 6).0, [255; 3]);
    assert_eq!(page.get_pixel(14, 38).0, [0, 0, 200]);
    assert_eq!(page.get_pixel(6, 38).0, [255; 3]);
    assert_eq!(contact_sheet([], &sheet).dimensions(), (28, 28));
}
