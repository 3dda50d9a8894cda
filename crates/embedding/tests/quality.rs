//! Measures of the quality of an embedding.

use embedding::{neighbour_accuracy, trustworthiness};
use ndarray::{Array2, s};
use proptest::prelude::*;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Draws `n` points in `d` dimensions.
fn draw(n: usize, d: usize) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    Array2::from_shape_simple_fn((n, d), || rng.random_range(-1.0..1.0))
}

#[test]
fn measures_without_meaning_are_none() {
    let points = draw(12, 20);
    let plane = Array2::from_shape_fn((12, 2), |(i, j)| (i * (j + 1)) as f64);
    assert_eq!([0, 6, 12].map(|k| trustworthiness(&points, &plane, k)), [None; 3]);
    assert!(trustworthiness(&points, &plane, 5).is_some());
    assert_eq!(neighbour_accuracy(&plane.slice(s![..1, ..]).to_owned(), &[0]), None);
    let mut broken = plane.clone();
    broken[[3, 1]] = f64::NAN;
    assert_eq!(neighbour_accuracy(&broken, &[0; 12]), None);
    assert_eq!(trustworthiness(&points, &broken, 5), None);
}

#[test]
fn an_embedding_equal_to_the_points_has_trustworthiness_1() {
    let flat = draw(30, 2);
    assert_eq!(trustworthiness(&flat, &flat.mapv(f64::from), 5), Some(1.0));
    let same = Array2::<f32>::ones((30, 4));
    assert_eq!(trustworthiness(&same, &flat.mapv(f64::from), 5), Some(1.0), "no point is further than another");
}

#[test]
fn a_sample_of_many_points_has_about_the_trustworthiness_of_all() {
    // Every second point keeps its position and the others are exchanged, which gives about half of the worst value.
    let n = 6400;
    let points = draw(n, 2);
    let plane = points.mapv(f64::from);
    let whole = trustworthiness(&points, &plane, 12).unwrap();
    assert!(whole > 0.99999, "{whole}");
    let moved = Array2::from_shape_fn((n, 2), |(i, j)| points[[if i % 2 == 0 { i } else { n - i }, j]]);
    let half = trustworthiness(&moved, &plane, 12).unwrap();
    assert!((0.4..0.8).contains(&half), "{half}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn neighbour_accuracy_is_that_of_comparing_all_pairs(
        positions in proptest::collection::vec((-4i8..4, -4i8..4), 2..60),
        labels in proptest::collection::vec(0usize..3, 60),
    ) {
        // On a coarse grid many distances are equal and many points lie at one position.
        let n = positions.len();
        let plane =
            Array2::from_shape_fn((n, 2), |(i, j)| f64::from(if j == 0 { positions[i].0 } else { positions[i].1 }));
        let apart = |i: usize, j: usize| (&plane.row(i) - &plane.row(j)).mapv(|v| v * v).sum();
        let correct = (0..n).filter(|i| {
            let others = (0..n).filter(|j| j != i);
            let nearest = others.min_by(|a, b| f64::total_cmp(&apart(*i, *a), &apart(*i, *b)).then(a.cmp(b))).unwrap();
            labels[nearest] == labels[*i]
        });
        let expected = correct.count() as f64 / n as f64;
        prop_assert_eq!(neighbour_accuracy(&plane, &labels[..n]), Some(expected));
    }
}
