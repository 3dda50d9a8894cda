//! Finding copies among a thousand images.

use std::io::Write;
use std::path::Path;

use image::{RgbImage, imageops};
use imaging::{Fingerprint, FingerprintIndex, Limits, decode, jpeg, thumbnail};
use proptest::prelude::*;
use testkit::images::{CLASSES, draw};
use testkit::workspace_root;

/// The maximum distance of a copy. It is the default of `scrape.near_duplicate_distance`.
const REACH: u32 = 40;

/// Returns the shares to cut off left, top, right and bottom: up to a twentieth of each side, depending on `index`.
fn cuts(index: usize) -> [f32; 4] {
    std::array::from_fn(|side| ((index * 7 + side * 5) % 11) as f32 / 10.0 * 0.05)
}

fn cut(image: &RgbImage, [left, top, right, bottom]: [f32; 4]) -> RgbImage {
    let (width, height) = (image.width() as f32, image.height() as f32);
    let (x, y) = (width * left, height * top);
    let size = (width * (1.0 - right) - x, height * (1.0 - bottom) - y);
    imageops::crop_imm(image, x as u32, y as u32, size.0 as u32, size.1 as u32).to_image()
}

fn copies(image: &RgbImage, index: usize) -> [(&'static str, RgbImage); 4] {
    let half = image.width().max(image.height()) / 2;
    let worse = decode(&jpeg(image, 35), &Limits::default()).unwrap();
    let cut = cut(image, cuts(index));
    let all = decode(&jpeg(&thumbnail(&cut, half), 60), &Limits::default()).unwrap();
    [("resized", thumbnail(image, half)), ("recompressed", worse), ("cut", cut), ("all three", all)]
}

/// Returns the photos beside the project, if they exist, and 640 drawn images. Together they are a thousand.
///
/// Without the photos there are only the 640 drawings. Drawings share parts, so among more of them a cropped one could match another.
fn thousand() -> Vec<RgbImage> {
    const DRAWN: usize = 640;
    let photos = workspace_root().join("../shared/photos");
    let mut images = if photos.is_dir() { photos_in(&photos) } else { Vec::new() };
    if images.is_empty() {
        let mut stderr = std::io::stderr();
        writeln!(stderr, "SKIPPED the photos in copies: there are none in {}", photos.display()).unwrap();
    }
    images.extend((0..DRAWN).map(|index| draw(CLASSES[index % 3], index as u32, 160)));
    images
}

fn photos_in(folder: &Path) -> Vec<RgbImage> {
    let mut paths: Vec<_> = ["cat", "dog", "flower"]
        .iter()
        .flat_map(|class| std::fs::read_dir(folder.join(class)).unwrap().map(|entry| entry.unwrap().path()))
        .collect();
    paths.sort();
    paths.iter().map(|path| thumbnail(&imaging::read(path, &Limits::default()).unwrap(), 320)).collect()
}

#[test]
fn copies_are_found_and_different_images_are_not() {
    let images = thousand();
    let fingerprints: Vec<Fingerprint> = images.iter().map(Fingerprint::of).collect();
    let mut known = FingerprintIndex::default();
    let mut wrong = Vec::new();
    for (index, fingerprint) in fingerprints.iter().enumerate() {
        wrong.extend(known.copies(fingerprint, REACH).into_iter().map(|other| (index, other)));
        known.add(fingerprint.clone());
    }
    assert_eq!(wrong, [], "different images count as copies");

    // Every fifth image keeps the test short.
    let planted: Vec<usize> = (0..images.len()).step_by(5).collect();
    let mut found = [0; 4];
    for index in &planted {
        for (kind, (_, copy)) in copies(&images[*index], *index).iter().enumerate() {
            let hits = known.copies(&Fingerprint::of(copy), REACH);
            assert!(hits.iter().all(|hit| hit == index), "a copy of {index} counts as a copy of {hits:?}");
            found[kind] += usize::from(!hits.is_empty());
        }
    }
    let kinds = ["resized", "recompressed", "cut", "all three"];
    for (kind, found) in kinds.iter().zip(found) {
        writeln!(std::io::stderr(), "{kind}: {found} of {} found", planted.len()).unwrap();
        assert!(found * 100 >= planted.len() * 95, "{kind}: only {found} of {}", planted.len());
    }
}

#[test]
fn a_copy_is_within_reach() {
    let fingerprints: Vec<Fingerprint> =
        (0..60).map(|index| Fingerprint::of(&draw(CLASSES[index % 3], index as u32 / 2, 64))).collect();
    for one in &fingerprints {
        for other in &fingerprints {
            let distance = one.distance(other);
            for reach in [0, 1, 40, distance.saturating_sub(1), distance, distance + 1, 256] {
                let is_like = one.is_copy(other, 256);
                assert_eq!(one.is_copy(other, reach), is_like && distance <= reach, "{distance} {reach}");
            }
        }
    }
}

#[test]
fn plain_and_tiny_images_have_hashes() {
    for (width, height) in [(1, 1), (1, 300), (300, 1), (7, 5)] {
        let fingerprint = Fingerprint::of(&RgbImage::new(width, height));
        assert_eq!(fingerprint.distance(&fingerprint), 0);
        assert_eq!(Fingerprint::from_hex(&fingerprint.to_hex()), Some(fingerprint));
    }
}

proptest! {
    #[test]
    fn a_fingerprint_is_parsed_from_its_text(index in 0..50_u32, class in 0..3_usize) {
        let fingerprint = Fingerprint::of(&draw(CLASSES[class], index, 48));
        prop_assert_eq!(Fingerprint::from_hex(&fingerprint.to_hex()), Some(fingerprint));
    }

    #[test]
    fn any_text_gives_a_fingerprint_or_none(text in "\\PC{0,1100}") {
        let _ = Fingerprint::from_hex(&text);
    }
}
