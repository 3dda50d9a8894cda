//! t-SNE of drawn points, by both engines.

use embedding::tsne::{Embedding, Engine, LINFA_WORK, TsneSettings, embed};
use embedding::{Error, NEIGHBOURS, neighbour_accuracy, trustworthiness};
use ndarray::{Array2, s};
use proptest::prelude::*;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

const ENGINES: [Engine; 2] = [Engine::Linfa, Engine::Grid];

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Returns three clusters of `each` points in 20 dimensions, one after the other.
fn clusters(each: usize) -> Array2<f32> {
    let mut rng = rng(5);
    Array2::from_shape_fn((3 * each, 20), |(i, j)| {
        let centre = if j == i / each { 6.0 } else { 0.0 };
        centre + rng.random_range(-1.0..1.0)
    })
}

/// Returns `n` points on a curved surface in 50 dimensions, with noise.
fn surface(n: usize) -> Array2<f32> {
    let mut rng = rng(6);
    let mut points = Array2::zeros((n, 50));
    for mut point in points.outer_iter_mut() {
        let [a, b] = [(); 2].map(|()| rng.random_range(0.0f32..1.0));
        for (j, value) in point.iter_mut().enumerate() {
            let phase = j as f32;
            *value = (3.0 * a + phase).sin() + (2.0 * b + 1.7 * phase).cos() + rng.random_range(-0.05..0.05);
        }
    }
    points
}

fn embed_by(engine: Engine, points: &Array2<f32>, iterations: usize) -> Result<Embedding, Error> {
    let settings = TsneSettings { perplexity: 8.0, iterations, engine: Some(engine) };
    embed(points, &settings, &mut rng(1), &mut |_| true)
}

fn bits(embedding: &Embedding) -> Vec<u64> {
    embedding.positions.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    for (engine, each) in [(Engine::Linfa, 60), (Engine::Grid, 500)] {
        // The points fill several blocks of every kind.
        let points = clusters(each);
        let found = [1, 2, 5].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            bits(&pool.install(|| embed_by(engine, &points, 60)).unwrap())
        });
        assert_eq!(found[0], found[1], "{engine:?}");
        assert_eq!(found[0], found[2], "{engine:?}");
    }
}

#[test]
fn both_engines_separate_clusters() {
    let points = clusters(80);
    let labels: Vec<usize> = (0..240).map(|i| i / 80).collect();
    for engine in ENGINES {
        let found = embed_by(engine, &points, 500).unwrap();
        assert_eq!(found.engine, Some(engine));
        assert_eq!(neighbour_accuracy(&found.positions, &labels), Some(1.0), "{engine:?}");
    }
}

#[test]
fn the_grid_engine_is_as_trustworthy_as_linfa() {
    for points in [clusters(120), surface(360)] {
        let found = ENGINES.map(|engine| {
            let settings = TsneSettings { perplexity: 30.0, iterations: 1000, engine: Some(engine) };
            let found = embed(&points, &settings, &mut rng(1), &mut |_| true).unwrap();
            trustworthiness(&points, &found.positions, NEIGHBOURS).unwrap()
        });
        assert!(found[0] > 0.85 && (found[0] - found[1]).abs() < 0.01, "{found:?}");
    }
}

#[test]
fn the_number_of_points_and_iterations_selects_the_engine() {
    let of = |points, iterations| Engine::for_work(points, iterations);
    assert_eq!([of(8, 1000), of(360, 1000), of(5000, 1)], [Engine::Linfa; 3]);
    assert_eq!([of(1000, 1000), of(360, 100_000), of(usize::MAX, usize::MAX)], [Engine::Grid; 3]);
    let most = LINFA_WORK.isqrt() as usize;
    assert_eq!([of(most, 1), of(most + 1, 1)], ENGINES);
    let settings = TsneSettings { perplexity: 30.0, iterations: 2, engine: None };
    let found = embed(&clusters(10), &settings, &mut rng(1), &mut |_| true).unwrap();
    assert_eq!(found.engine.map(Engine::name), Some("linfa"));
}

#[test]
fn points_on_a_line_spread_over_the_plane() {
    // The two logits of two classes are each other's negative.
    let mut draw = rng(5);
    let logits: Vec<f32> = (0..60).map(|_| draw.random_range(-3.0..3.0)).collect();
    for columns in [1, 2] {
        let points = Array2::from_shape_fn((60, columns), |(i, j)| if j == 0 { logits[i] } else { -logits[i] });
        for engine in ENGINES {
            let positions = embed_by(engine, &points, 300).unwrap().positions;
            let deviation = |axis: usize| positions.column(axis).std(0.0);
            let [short, long] = if deviation(0) < deviation(1) { [0, 1] } else { [1, 0] }.map(deviation);
            assert!(short > 0.05 * long, "{engine:?}: {short} and {long}");
        }
    }
}

#[test]
fn few_points_lower_the_perplexity() {
    for engine in ENGINES {
        let settings = TsneSettings { perplexity: 30.0, iterations: 50, engine: Some(engine) };
        for n in [0, 1, 2, 3, 4, 5, 7, 8, 9, 30] {
            let points = clusters(10).slice_move(s![..n, ..]);
            let found = embed(&points, &settings, &mut rng(1), &mut |_| true).unwrap();
            assert_eq!(found.positions.dim(), (n, 2));
            assert_eq!(found.engine, (n >= 8).then_some(engine), "{n} points");
            assert!(found.positions.iter().all(|v| v.is_finite()), "{engine:?}, {n} points");
            assert!((found.perplexity - n.saturating_sub(1) as f64 / 3.0).abs() < 1e-12, "{}", found.perplexity);
        }
    }
}

#[test]
fn equal_points_stay_at_one_position() {
    let found = embed_by(Engine::Linfa, &Array2::from_elem((40, 3), 1.2e30), 50).unwrap();
    assert!(found.positions.iter().all(|v| *v == 0.0));
    assert_eq!(found.engine, None);
}

#[test]
fn many_copies_of_few_points_keep_their_clusters() {
    for (engine, n) in [(Engine::Linfa, 240), (Engine::Grid, 1200)] {
        // Each point has far more copies than neighbours.
        let points = clusters(2);
        let copies = Array2::from_shape_fn((n, 20), |(i, j)| points[[i % 6, j]]);
        let found = embed_by(engine, &copies, 300).unwrap();
        let labels: Vec<usize> = (0..n).map(|i| i % 6 / 2).collect();
        assert!(found.positions.iter().all(|v| v.is_finite()), "{engine:?}");
        assert!(neighbour_accuracy(&found.positions, &labels).unwrap() > 0.95, "{engine:?}");
    }
}

#[test]
fn the_scale_of_the_values_does_not_matter() {
    let points = clusters(30);
    let labels: Vec<usize> = (0..90).map(|i| i / 30).collect();
    for engine in ENGINES {
        for scale in [1e-30, 1e30] {
            let found = embed_by(engine, &points.mapv(|v| v * scale), 300).unwrap();
            assert_eq!(neighbour_accuracy(&found.positions, &labels), Some(1.0), "{engine:?} at {scale}");
        }
    }
}

#[test]
fn the_seed_changes_the_start_of_linfa() {
    let settings = TsneSettings { perplexity: 8.0, iterations: 20, engine: Some(Engine::Linfa) };
    let found = [1, 1, 2].map(|seed| bits(&embed(&clusters(10), &settings, &mut rng(seed), &mut |_| true).unwrap()));
    assert_eq!(found[0], found[1]);
    assert_ne!(found[0], found[2]);
}

#[test]
fn an_error_names_the_value_that_is_not_finite() {
    for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut points = clusters(4);
        points[[7, 3]] = wrong;
        let error = embed_by(Engine::Grid, &points, 10).unwrap_err();
        assert_eq!(error, Error::NotFinite { row: 7, column: 3 });
    }
}

#[test]
fn linfa_rejects_more_points_than_fit_its_memory() {
    let error = embed_by(Engine::Linfa, &clusters(3334), 10).unwrap_err();
    assert_eq!(error, Error::TooManyPoints { points: 10_002, most: 10_000 });
}

#[test]
fn the_callback_ends_the_descent() {
    let stop = |engine, calls: usize| {
        let settings = TsneSettings { perplexity: 8.0, iterations: 100_000, engine: Some(engine) };
        let mut seen = Vec::new();
        let error = embed(&clusters(10), &settings, &mut rng(1), &mut |iteration| {
            seen.push(iteration);
            seen.len() < calls
        });
        (error.unwrap_err(), seen)
    };
    assert_eq!(stop(Engine::Grid, 4), (Error::Stopped(3), vec![0, 1, 2, 3]));
    assert_eq!(stop(Engine::Linfa, 3), (Error::Stopped(0), vec![0; 3]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_finite_points_have_finite_positions(
        values in proptest::collection::vec(
            prop_oneof![Just(0.0f32), Just(f32::MAX), Just(f32::MIN), Just(f32::MIN_POSITIVE), -1.0f32..1.0, -1e30f32..1e30],
            0..160,
        ),
        d in 1usize..6,
        grid: bool,
    ) {
        let n = values.len() / d;
        let points = Array2::from_shape_fn((n, d), |(i, j)| values[i * d + j]);
        let found = embed_by(ENGINES[usize::from(grid)], &points, 40).unwrap();
        prop_assert_eq!(found.positions.dim(), (n, 2));
        prop_assert!(found.positions.iter().all(|v| v.is_finite()));
    }
}
