//! Maps of drawn points, by both engines.
#![allow(clippy::unwrap_used)]

use embedding::tsne::{Engine, Map, Settings, embed};
use embedding::{Error, NEIGHBOURS, neighbour_accuracy, trustworthiness};
use ndarray::{Array2, s};
use proptest::prelude::*;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const ENGINES: [Engine; 2] = [Engine::Exact, Engine::Interpolated];

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Three clouds of `each` points in 20 dimensions, one after the other.
fn clouds(each: usize) -> Array2<f32> {
    let mut rng = rng(5);
    Array2::from_shape_fn((3 * each, 20), |(i, j)| {
        let centre = if j == i / each { 6.0 } else { 0.0 };
        centre + rng.random_range(-1.0..1.0)
    })
}

fn map_by(points: &Array2<f32>, engine: Engine, iterations: usize) -> Result<Map, Error> {
    let settings = Settings { perplexity: 8.0, iterations, engine: Some(engine) };
    embed(points, &settings, &mut rng(1), &mut |_| true)
}

fn bits(map: &Map) -> Vec<u64> {
    map.places.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    // Many enough for several blocks of every kind.
    let points = clouds(500);
    for engine in ENGINES {
        let found = [1, 2, 5].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            bits(&pool.install(|| map_by(&points, engine, 60)).unwrap())
        });
        assert_eq!(found[0], found[1], "{engine:?}");
        assert_eq!(found[0], found[2], "{engine:?}");
    }
}

#[test]
fn clouds_stay_apart_and_neighbours_stay_neighbours() {
    let points = clouds(120);
    let labels: Vec<usize> = (0..360).map(|i| i / 120).collect();
    let trust = ENGINES.map(|engine| {
        let map = map_by(&points, engine, 500).unwrap();
        assert_eq!(map.engine, engine);
        assert_eq!(neighbour_accuracy(&map.places, &labels), Some(1.0), "{engine:?}");
        trustworthiness(&points, &map.places, NEIGHBOURS).unwrap()
    });
    assert!(trust[0] > 0.9 && (trust[0] - trust[1]).abs() < 0.01, "{trust:?}");
}

#[test]
fn the_number_of_points_chooses_the_engine() {
    assert_eq!([8, 1500, 1501].map(Engine::for_points), [Engine::Exact, Engine::Exact, Engine::Interpolated]);
    let settings = Settings { perplexity: 30.0, iterations: 1, engine: None };
    let found = embed(&clouds(501), &settings, &mut rng(1), &mut |_| true).unwrap();
    assert_eq!((found.engine, found.engine.name()), (Engine::Interpolated, "interpolated"));
}

#[test]
fn points_on_a_line_spread_over_the_plane() {
    // Two logits that are each other's negative, as two classes have them.
    let mut draw = rng(5);
    let logits: Vec<f32> = (0..60).map(|_| draw.random_range(-3.0..3.0)).collect();
    let points = Array2::from_shape_fn((60, 2), |(i, j)| if j == 0 { logits[i] } else { -logits[i] });
    for engine in ENGINES {
        let places = map_by(&points, engine, 300).unwrap().places;
        let deviation = |axis: usize| places.column(axis).std(0.0);
        assert!(deviation(1) > 0.05 * deviation(0), "{engine:?}: {} and {}", deviation(0), deviation(1));
    }
}

#[test]
fn few_points_lower_the_perplexity_and_none_break_it() {
    for engine in ENGINES {
        let settings = Settings { perplexity: 30.0, iterations: 50, engine: Some(engine) };
        for n in [0, 1, 3, 7, 8, 9, 30] {
            let points = clouds(10).slice_move(s![..n, ..]);
            let map = embed(&points, &settings, &mut rng(1), &mut |_| true).unwrap();
            assert_eq!(map.places.dim(), (n, 2));
            assert!(map.places.iter().all(|v| v.is_finite()), "{engine:?}, {n} points");
            assert!((map.perplexity - n.saturating_sub(1) as f64 / 3.0).abs() < 1e-12, "{}", map.perplexity);
        }
    }
}

#[test]
fn points_that_do_not_differ_stay_together_and_copies_of_points_do_not_break_it() {
    for engine in ENGINES {
        let same = map_by(&Array2::from_elem((40, 3), 1.2e30), engine, 50).unwrap();
        assert!(same.places.iter().all(|v| *v == 0.0), "{engine:?}");
        // Far more copies than a point has neighbours.
        let points = clouds(2);
        let copies = Array2::from_shape_fn((1200, 20), |(i, j)| points[[i % 6, j]]);
        let map = map_by(&copies, engine, 300).unwrap();
        let labels: Vec<usize> = (0..1200).map(|i| i % 6 / 2).collect();
        assert!(map.places.iter().all(|v| v.is_finite()), "{engine:?}");
        assert!(neighbour_accuracy(&map.places, &labels).unwrap() > 0.95, "{engine:?}");
    }
}

#[test]
fn the_scale_of_the_values_does_not_matter() {
    let points = clouds(30);
    let labels: Vec<usize> = (0..90).map(|i| i / 30).collect();
    for engine in ENGINES {
        for scale in [1e-30, 1e30] {
            let map = map_by(&points.mapv(|v| v * scale), engine, 300).unwrap();
            assert_eq!(neighbour_accuracy(&map.places, &labels), Some(1.0), "{engine:?} at {scale}");
        }
    }
}

#[test]
fn what_is_not_finite_is_named() {
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut points = clouds(4);
        points[[7, 3]] = wrong;
        let error = map_by(&points, Engine::Exact, 10).unwrap_err();
        assert_eq!(error, Error::NotFinite { row: 7, column: 3 });
    }
}

#[test]
fn the_caller_can_end_it() {
    for engine in ENGINES {
        let settings = Settings { perplexity: 8.0, iterations: 1000, engine: Some(engine) };
        let mut asked = Vec::new();
        let error = embed(&clouds(10), &settings, &mut rng(1), &mut |iteration| {
            asked.push(iteration);
            iteration < 3
        });
        assert_eq!(error.unwrap_err(), Error::Stopped(3));
        assert_eq!(asked, [0, 1, 2, 3], "{engine:?}");
    }
}

#[test]
fn figures_without_meaning_are_none() {
    let points = clouds(4);
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
fn a_map_that_is_the_points_is_trusted_wholly() {
    let flat = clouds(10).slice_move(s![.., ..2]);
    assert_eq!(trustworthiness(&flat, &flat.mapv(f64::from), 5), Some(1.0));
    let same = Array2::<f32>::ones((30, 4));
    assert_eq!(trustworthiness(&same, &flat.mapv(f64::from), 5), Some(1.0), "nothing is further");
}

#[test]
fn a_sample_of_many_points_judges_like_all_of_them() {
    // One half of the list lies as in the plane, the other anywhere: about half of the worst.
    let mut draw = rng(3);
    let n = 6400;
    let plane = Array2::from_shape_simple_fn((n, 2), || draw.random_range(-1.0..1.0));
    let points = Array2::from_shape_fn((n, 2), |(i, j)| plane[[i, j]] as f32);
    let whole = trustworthiness(&points, &plane, 12).unwrap();
    assert!(whole > 0.99999, "{whole}");
    let moved = Array2::from_shape_fn((n, 2), |(i, j)| points[[if i % 2 == 0 { i } else { n - i }, j]]);
    let half = trustworthiness(&moved, &plane, 12).unwrap();
    assert!((0.4..0.8).contains(&half), "{half}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn neighbour_accuracy_is_that_of_looking_at_every_pair(
        places in proptest::collection::vec((-4i8..4, -4i8..4), 2..60),
        labels in proptest::collection::vec(0usize..3, 60),
    ) {
        // On a coarse grid many distances are equal and many points lie on each other.
        let n = places.len();
        let plane = Array2::from_shape_fn((n, 2), |(i, j)| f64::from(if j == 0 { places[i].0 } else { places[i].1 }));
        let apart = |i: usize, j: usize| (&plane.row(i) - &plane.row(j)).mapv(|v| v * v).sum();
        let right = (0..n).filter(|i| {
            let others = (0..n).filter(|j| j != i);
            let nearest = others.min_by(|a, b| f64::total_cmp(&apart(*i, *a), &apart(*i, *b)).then(a.cmp(b))).unwrap();
            labels[nearest] == labels[*i]
        });
        let expected = right.count() as f64 / n as f64;
        prop_assert_eq!(neighbour_accuracy(&plane, &labels[..n]), Some(expected));
    }

    #[test]
    fn no_finite_points_break_a_map(
        values in proptest::collection::vec(
            prop_oneof![Just(0.0f32), Just(f32::MAX), Just(f32::MIN), Just(f32::MIN_POSITIVE), -1.0f32..1.0, -1e30f32..1e30],
            0..160,
        ),
        d in 1usize..6,
        interpolated: bool,
    ) {
        let n = values.len() / d;
        let points = Array2::from_shape_fn((n, d), |(i, j)| values[i * d + j]);
        let map = map_by(&points, ENGINES[usize::from(interpolated)], 40).unwrap();
        prop_assert_eq!(map.places.dim(), (n, 2));
        prop_assert!(map.places.iter().all(|v| v.is_finite()));
    }
}
