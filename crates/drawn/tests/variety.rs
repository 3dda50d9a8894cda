//! The drawn images differ from each other, and their colours do not give away the class.

use drawn::Subject;
use image::RgbImage;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// Returns the first `count` images of each subject.
fn images(count: u64) -> Vec<Vec<RgbImage>> {
    let of_subject = |(place, subject): (usize, Subject)| {
        let image = |number| drawn::image(subject, &mut ChaCha8Rng::seed_from_u64(place as u64 * 1000 + number));
        (0..count).map(image).collect()
    };
    Subject::ALL.into_iter().enumerate().map(of_subject).collect()
}

#[test]
fn no_two_images_look_alike() {
    let hashes: Vec<_> = images(12).concat().iter().map(imaging::perceptual_hash).collect();
    let groups = imaging::near_duplicate_groups(&hashes, 4);
    let unlike = groups.iter().enumerate().filter(|(place, first)| place == *first).count();
    assert!(unlike >= 35, "{unlike} of 36 images look like no other image");
}

/// A classifier by the nearest mean colour must hardly do better than chance (20 of 60).
#[test]
fn colour_alone_does_not_give_away_the_class() {
    let colours: Vec<Vec<[f64; 3]>> = images(20).iter().map(|images| images.iter().map(mean).collect()).collect();
    let centres: Vec<[f64; 3]> = colours.iter().map(|class| centre(class)).collect();
    let distance =
        |one: &[f64; 3], other: &[f64; 3]| -> f64 { one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum() };
    let nearest = |colour: &[f64; 3]| {
        (0..3).min_by(|a, b| distance(colour, &centres[*a]).total_cmp(&distance(colour, &centres[*b])))
    };
    let correct = |(class, colours): (usize, &Vec<[f64; 3]>)| {
        colours.iter().filter(|colour| nearest(colour) == Some(class)).count()
    };
    let correct: usize = colours.iter().enumerate().map(correct).sum();
    assert!(correct < 36, "the mean colour gives away the class of {correct} of 60 images");
}

/// Returns the mean colour of an image.
fn mean(image: &RgbImage) -> [f64; 3] {
    centre(&image.pixels().map(|pixel| pixel.0.map(f64::from)).collect::<Vec<_>>())
}

/// Returns the mean of `colours`.
fn centre(colours: &[[f64; 3]]) -> [f64; 3] {
    [0, 1, 2].map(|channel| colours.iter().map(|colour| colour[channel]).sum::<f64>() / colours.len() as f64)
}
