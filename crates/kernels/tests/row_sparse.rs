//! Random dense layers against sums in `f64`, through the public API.

use std::sync::atomic::{AtomicUsize, Ordering};

use kernels::row_sparse::{PANEL, forward, pack};
use kernels::{Error, OneThread, Threads};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One thread that starts with the last piece of work.
struct Backwards;

impl Threads for Backwards {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).rev().for_each(work);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn random_layers_are_correct(
        rows in 0..12_usize, inputs in 1..200_usize, outputs in 1..300_usize, zeros in 0.0..1.0_f64, seed in any::<u64>(),
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut drawn = |count: usize| -> Vec<f32> { (0..count).map(|_| rng.random_range(-1.0..1.0)).collect() };
        let (weight, bias) = (drawn(outputs * inputs), drawn(outputs));
        let mut x = drawn(rows * inputs);
        for value in &mut x {
            if rng.random_bool(zeros) {
                *value = 0.0;
            }
        }
        let packed = pack([outputs, inputs], |output, input| weight[output * inputs + input]);
        prop_assert_eq!(packed.len(), outputs.div_ceil(PANEL) * inputs * PANEL);
        let (given, relu) = (seed.is_multiple_of(2).then_some(&bias[..]), seed.is_multiple_of(3));
        let run = |x: &[f32], threads: &dyn Threads| {
            let mut y = vec![f32::NAN; x.len() / inputs * outputs];
            forward(&packed, [outputs, inputs], x, given, relu, &mut y, threads).unwrap();
            y
        };
        let found = run(&x, &OneThread);
        for (at, found) in found.iter().enumerate() {
            let (row, output) = (at / outputs, at % outputs);
            let (row, weight) = (&x[row * inputs..][..inputs], &weight[output * inputs..][..inputs]);
            let sum: f64 = row.iter().zip(weight).map(|(&x, &w)| f64::from(x) * f64::from(w)).sum();
            let exact = sum + given.map_or(0.0, |bias| f64::from(bias[output]));
            let exact = if relu { exact.max(0.0) } else { exact };
            prop_assert!((f64::from(*found) - exact).abs() < 1e-4, "{}, {}: {}, not {}", row.len(), output, found, exact);
        }
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        prop_assert_eq!(bits(run(&x, &Backwards)), bits(found.clone()));
        let alone = x.chunks(inputs).flat_map(|row| run(row, &OneThread)).collect();
        prop_assert_eq!(bits(alone), bits(found), "a row alone");
    }
}

/// One thread that counts the values that are prefetched.
struct Prefetched(AtomicUsize);

impl Threads for Prefetched {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }

    fn prefetch(&self, memory: &[f32]) {
        self.0.fetch_add(memory.len(), Ordering::Relaxed);
    }
}

#[test]
fn every_weight_of_a_panel_but_the_first_block_is_prefetched_once() {
    let (outputs, inputs) = (PANEL + 1, 300);
    let packed = pack([outputs, inputs], |_, _| 1.0);
    for rows in [1, 3, 4, 9, 70] {
        let prefetched = Prefetched(AtomicUsize::new(0));
        let mut y = vec![0.0; rows * outputs];
        forward(&packed, [outputs, inputs], &vec![1.0; rows * inputs], None, false, &mut y, &prefetched).unwrap();
        assert_eq!(prefetched.0.into_inner(), 2 * (inputs - 64) * PANEL, "{rows} rows");
    }
}

#[test]
fn nan_stays_nan() {
    let packed = pack([2, 3], |output, input| if (output, input) == (1, 2) { f32::NAN } else { 1.0 });
    let mut y = [0.0; 4];
    forward(&packed, [2, 3], &[1.0, 0.0, 2.0, f32::NAN, 0.0, 0.0], None, true, &mut y, &OneThread).unwrap();
    assert!((y[0] - 3.0).abs() < 1e-6 && y[1..].iter().all(|value| value.is_nan()), "{y:?}");
}

#[test]
fn slices_of_the_wrong_length_are_errors() {
    let run = |weight: usize, x: usize, bias: usize, y: usize| {
        let (weight, x, bias) = (vec![0.0; weight], vec![0.0; x], vec![0.0; bias]);
        forward(&weight, [5, 3], &x, Some(&bias), false, &mut vec![0.0; y], &OneThread)
    };
    let whole = 3 * PANEL;
    run(whole, 6, 5, 10).unwrap();
    let error = |what: &'static str, expected: usize, found: usize| Err(Error::Length { what, expected, found });
    assert_eq!(run(whole - 1, 6, 5, 10), error("weight", whole, whole - 1));
    assert_eq!(run(whole, 7, 5, 10), error("input", 6, 7));
    assert_eq!(run(whole, 6, 4, 10), error("bias", 5, 4));
    assert_eq!(run(whole, 6, 5, 9), error("output", 10, 9));
}
