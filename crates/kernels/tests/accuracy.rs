//! Rounding errors compared with those of a plain sum in `f32`. As in a network, inputs are not negative and many of them are zero.

#![allow(clippy::unwrap_used, clippy::many_single_char_names)]

use kernels::{Epilogue, Geometry, OneThread, PackedConvolution, filter_gradient, input_gradient};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::square_layer;

/// The greatest error, as a multiple of that of a plain sum.
const AT_MOST: f64 = 10.0;

/// Returns the sum of three drawn numbers, which is close to normally distributed.
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    (0..3).map(|_| rng.random_range(-1.0..1.0_f32)).sum()
}

/// Sums in `f64`, and in `f32` in the order of their terms.
struct Sums(Vec<f64>, Vec<f32>);

impl Sums {
    fn new(count: usize) -> Self {
        Self(vec![0.0; count], vec![0.0; count])
    }

    fn add(&mut self, at: usize, a: f32, b: f32) {
        self.0[at] += f64::from(a) * f64::from(b);
        self.1[at] = a.mul_add(b, self.1[at]);
    }

    /// Returns the root mean square of the errors of `found`, divided by that of the plain sum.
    fn ratio(&self, found: &[f32]) -> f64 {
        let errors = |found: &[f32]| found.iter().zip(&self.0).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum::<f64>();
        (errors(found) / errors(&self.1)).sqrt()
    }
}

fn check(geometry: &Geometry) {
    let Geometry { channels, filters, kernel: [k, _], strides: [s, _], pads: [pad, ..], size: [h, w], .. } =
        geometry.clone();
    let [oh, ow] = geometry.output_size();
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let x: Vec<f32> = (0..channels * h * w).map(|_| normal(&mut rng).max(0.0)).collect();
    let weight: Vec<f32> = (0..filters * channels * k * k).map(|_| normal(&mut rng) * 0.05).collect();
    let dy: Vec<f32> = (0..filters * oh * ow).map(|_| normal(&mut rng) * 1e-3).collect();
    let (mut y, mut dx, mut dw) = (Sums::new(dy.len()), Sums::new(x.len()), Sums::new(weight.len()));
    for (m, c) in (0..filters).flat_map(|m| (0..channels).map(move |c| (m, c))) {
        for (ky, kx) in (0..k).flat_map(|ky| (0..k).map(move |kx| (ky, kx))) {
            let tap = ((m * channels + c) * k + ky) * k + kx;
            for (oy, ox) in (0..oh).flat_map(|oy| (0..ow).map(move |ox| (oy, ox))) {
                let (Some(iy), Some(ix)) = ((oy * s + ky).checked_sub(pad), (ox * s + kx).checked_sub(pad)) else {
                    continue;
                };
                if iy < h && ix < w {
                    let (at, to) = ((c * h + iy) * w + ix, (m * oh + oy) * ow + ox);
                    y.add(to, x[at], weight[tap]);
                    dx.add(at, dy[to], weight[tap]);
                    dw.add(tap, x[at], dy[to]);
                }
            }
        }
    }
    let mut found = [vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; weight.len()]];
    PackedConvolution::new(geometry, &weight, &OneThread)
        .unwrap()
        .forward(&x, &Epilogue::default(), &mut found[0], &OneThread)
        .unwrap();
    input_gradient(geometry, &weight, &dy, &mut found[1], &OneThread).unwrap();
    filter_gradient(geometry, &x, &dy, &mut found[2], None, &OneThread).unwrap();
    for ((sums, found), what) in [&y, &dx, &dw].into_iter().zip(&found).zip(["forward", "by input", "by filters"]) {
        let ratio = sums.ratio(found);
        println!(
            "{channels} channels, {filters} filters of {k} by {k}, {what}: {ratio:.1} times the error of a plain sum"
        );
        assert!(ratio < AT_MOST, "{what}: {ratio}");
    }
}

#[test]
fn errors_are_a_few_times_those_of_a_plain_sum() {
    check(&square_layer(3, 64, 11, 4, 2, 99));
    check(&square_layer(64, 64, 5, 1, 2, 27));
    check(&square_layer(64, 64, 4, 1, 1, 20));
    check(&square_layer(256, 128, 3, 1, 1, 13));
}
