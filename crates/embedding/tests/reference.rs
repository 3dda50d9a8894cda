//! Comparison with scikit-learn and NumPy. `reference/values.py` computes the expected values.

use std::collections::BTreeMap;

use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Deserialize;

#[derive(Deserialize)]
struct Values {
    points: Vec<Vec<f32>>,
    labels: Vec<usize>,
    components: Vec<Vec<f64>>,
    planes: Vec<Plane>,
}

#[derive(Deserialize)]
struct Plane {
    places: Vec<Vec<f64>>,
    trustworthiness: BTreeMap<usize, f64>,
    neighbour_accuracy: f64,
}

fn values() -> Values {
    serde_json::from_str(include_str!("reference/values.json")).unwrap()
}

fn array<T: Copy>(rows: &[Vec<T>]) -> Array2<T> {
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(i, j)| rows[i][j])
}

#[test]
fn trustworthiness_equals_that_of_scikit_learn() {
    let values = values();
    let points = array(&values.points);
    for plane in &values.planes {
        for (k, expected) in &plane.trustworthiness {
            let found = embedding::trustworthiness(&points, &array(&plane.places), *k).unwrap();
            assert!((found - expected).abs() < 1e-12, "k {k}: {found}, not {expected}");
        }
    }
}

#[test]
fn neighbour_accuracy_equals_that_of_scikit_learn() {
    let values = values();
    for plane in &values.planes {
        let found = embedding::neighbour_accuracy(&array(&plane.places), &values.labels).unwrap();
        assert!((found - plane.neighbour_accuracy).abs() < 1e-12, "{found}, not {}", plane.neighbour_accuracy);
    }
}

#[test]
fn principal_components_equal_those_of_numpy() {
    let values = values();
    let expected = array(&values.components);
    for seed in 1..4 {
        let found = embedding::pca::project(&array(&values.points), 3, &mut ChaCha8Rng::seed_from_u64(seed));
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-8, "{worst}");
    }
}
