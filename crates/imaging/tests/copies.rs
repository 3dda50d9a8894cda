//! Copies are found among a thousand pictures, and different pictures are not taken for copies.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;

use image::{RgbImage, imageops};
use imaging::{Limits, Look, Looks, decode, jpeg, thumbnail};
use proptest::prelude::*;
use testkit::images::{CLASSES, draw};
use testkit::workspace_root;

/// The distance that counts as a copy: the default of `scrape.near_duplicate_distance`.
const REACH: u32 = 40;

/// The shares that are cut off left, top, right and bottom: up to a twentieth of each side, differing with `index`.
fn cuts(index: usize) -> [f32; 4] {
    std::array::from_fn(|side| ((index * 7 + side * 5) % 11) as f32 / 10.0 * 0.05)
}

fn cut(picture: &RgbImage, [left, top, right, bottom]: [f32; 4]) -> RgbImage {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let (x, y) = (width * left, height * top);
    let size = (width * (1.0 - right) - x, height * (1.0 - bottom) - y);
    imageops::crop_imm(picture, x as u32, y as u32, size.0 as u32, size.1 as u32).to_image()
}

fn copies(picture: &RgbImage, index: usize) -> [(&'static str, RgbImage); 4] {
    let half = picture.width().max(picture.height()) / 2;
    let worse = decode(&jpeg(picture, 35), &Limits::default()).unwrap();
    let cut = cut(picture, cuts(index));
    let all = decode(&jpeg(&thumbnail(&cut, half), 60), &Limits::default()).unwrap();
    [("resized", thumbnail(picture, half)), ("recompressed", worse), ("cut", cut), ("all three", all)]
}

/// The photos beside the project, where they are, and the drawn pictures that make a thousand with those: no more of them without,
/// since drawings share their parts, and a cut one of a thousand is within reach of another.
fn thousand() -> Vec<RgbImage> {
    const DRAWN: usize = 640;
    let photos = workspace_root().join("../shared/photos");
    let mut pictures = if photos.is_dir() { photos_in(&photos) } else { Vec::new() };
    if pictures.is_empty() {
        let mut stderr = std::io::stderr();
        writeln!(stderr, "SKIPPED the photos in copies: none in {}", photos.display()).unwrap();
    }
    pictures.extend((0..DRAWN).map(|index| draw(CLASSES[index % 3], index as u32, 160)));
    pictures
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
fn copies_are_found_and_different_pictures_are_not() {
    let pictures = thousand();
    let looks: Vec<Look> = pictures.iter().map(Look::of).collect();
    let mut known = Looks::default();
    let mut false_ones = Vec::new();
    for (index, look) in looks.iter().enumerate() {
        false_ones.extend(known.copies(look, REACH).into_iter().map(|other| (index, other)));
        known.add(look.clone());
    }
    assert_eq!(false_ones, [], "different pictures were taken for copies");

    // Every fifth, so that the test stays short.
    let planted: Vec<usize> = (0..pictures.len()).step_by(5).collect();
    let mut found = [0; 4];
    for index in &planted {
        for (kind, (_, copy)) in copies(&pictures[*index], *index).iter().enumerate() {
            let hits = known.copies(&Look::of(copy), REACH);
            assert!(hits.iter().all(|hit| hit == index), "a copy of {index} was taken for one of {hits:?}");
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
fn a_copy_is_what_lies_within_reach() {
    let looks: Vec<Look> = (0..60).map(|index| Look::of(&draw(CLASSES[index % 3], index as u32 / 2, 64))).collect();
    for one in &looks {
        for other in &looks {
            let distance = one.distance(other);
            for reach in [0, 1, 40, distance.saturating_sub(1), distance, distance + 1, 256] {
                let is_like = one.is_copy(other, 256);
                assert_eq!(one.is_copy(other, reach), is_like && distance <= reach, "{distance} {reach}");
            }
        }
    }
}

#[test]
fn plain_and_tiny_pictures_have_a_look() {
    for (width, height) in [(1, 1), (1, 300), (300, 1), (7, 5)] {
        let look = Look::of(&RgbImage::new(width, height));
        assert_eq!(look.distance(&look), 0);
        assert_eq!(Look::from_hex(&look.to_hex()), Some(look));
    }
}

proptest! {
    #[test]
    fn a_look_survives_its_text(index in 0..50_u32, class in 0..3_usize) {
        let look = Look::of(&draw(CLASSES[class], index, 48));
        prop_assert_eq!(Look::from_hex(&look.to_hex()), Some(look));
    }

    #[test]
    fn any_text_is_a_look_or_none(text in "\\PC{0,1100}") {
        let _ = Look::from_hex(&text);
    }
}
