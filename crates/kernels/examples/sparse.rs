//! Times the two products that leave out zeros, [`row_sparse`] and [`BlockSparse`], on the dense layers fc6 and fc7 of `AlexNet`.
//!
//! Rows are drawn in two ways: a batch of images, whose zeros are independent, and variants of one image, whose zeros mostly coincide.
//! Each figure is the shortest time of some runs, in milliseconds. The kernels take turns, and their results are compared.
//!
//! `cargo run --release -p kernels --example sparse -- [runs] [threads]...`

#![allow(clippy::unwrap_used)]

use std::time::Instant;

use kernels::{BlockSparse, LANES, Lanes, OneThread, PackedMatrices, Threads, row_sparse};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// The rows of each workload: their name, their number, the threshold below which a value is zero, and the correlation of the rows.
const WORKLOADS: [(&str, usize, f32, f32); 7] = [
    ("images", 32, 0.84, 0.0),
    ("images", 64, 0.84, 0.0),
    ("images", 64, 0.3, 0.0),
    ("images", 64, 0.0, 0.0),
    ("variants", 361, 0.84, 0.8),
    ("variants", 361, 0.84, 0.95),
    ("variants", 361, 0.0, 0.95),
];

struct Pool(rayon::ThreadPool);

impl Threads for Pool {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        self.0.install(|| (0..count).into_par_iter().with_max_len(1).for_each(work));
    }
}

/// A weight in both layouts.
struct Layer {
    inputs: usize,
    outputs: usize,
    by_row: Vec<f32>,
    by_block: PackedMatrices,
}

impl Layer {
    fn new([inputs, outputs]: [usize; 2], rng: &mut ChaCha8Rng) -> Self {
        let weight: Vec<f32> = (0..inputs * outputs).map(|_| rng.random_range(-0.02..0.02)).collect();
        let by_row = row_sparse::pack([outputs, inputs], |output, input| weight[output * inputs + input]);
        let by_block = PackedMatrices::new(1, [inputs, outputs], |input, output, value| {
            value[0] = weight[output * inputs + input];
        });
        Self { inputs, outputs, by_row, by_block }
    }

    fn run_by_row(&self, x: &[f32], y: &mut [f32], threads: &dyn Threads) {
        row_sparse::forward(&self.by_row, [self.outputs, self.inputs], x, None, true, y, threads).unwrap();
    }

    fn run_by_block(&self, x: &[f32], y: &mut [f32], threads: &dyn Threads) {
        let count = x.len() / self.inputs;
        let read =
            |row: usize, group: usize| -> Lanes { *x[row * self.inputs + group * LANES..].first_chunk().unwrap() };
        let rows = BlockSparse::new(count, self.inputs, read, threads);
        let mut sums: Vec<Lanes> = vec![[0.0; LANES]; count * self.outputs / LANES];
        self.by_block.multiply_block_sparse(0, &rows, &mut sums, threads);
        for (row, y) in y.chunks_mut(self.outputs).enumerate() {
            for (group, y) in y.chunks_mut(LANES).enumerate() {
                y.copy_from_slice(&sums[group * count + row].map(|sum| if sum < 0.0 { 0.0 } else { sum }));
            }
        }
    }
}

/// Returns the sum of six drawn numbers. It has a variance of 1 and is close to normally distributed.
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    (0..6).map(|_| rng.random_range(-1.0..1.0_f32)).sum::<f32>() / 2.0_f32.sqrt()
}

fn rows(count: usize, inputs: usize, threshold: f32, correlation: f32, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let common: Vec<f32> = (0..inputs).map(|_| normal(rng)).collect();
    let own = (1.0 - correlation * correlation).sqrt();
    let mut x = Vec::with_capacity(count * inputs);
    for _ in 0..count {
        x.extend(common.iter().map(|common| (correlation * common + own * normal(rng) - threshold).max(0.0)));
    }
    x
}

/// Returns the share of values that are not zero, and the share of inputs that are not zero in at least one of six neighbouring rows.
fn density(x: &[f32], inputs: usize) -> [f64; 2] {
    let own = x.iter().filter(|value| **value > 0.0).count() as f64 / x.len() as f64;
    let blocks = x.chunks(6 * inputs);
    let count = (blocks.len() * inputs) as f64;
    let shared =
        blocks.map(|block| (0..inputs).filter(|at| block[*at..].iter().step_by(inputs).any(|v| *v > 0.0)).count());
    [own, shared.sum::<usize>() as f64 / count]
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().unwrap());
    let runs = arguments.next().unwrap_or(5);
    let threads: Vec<usize> = arguments.collect();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    println!("layer      rows          not zero  in a block of six  threads    by row  by block");
    for size in [[9216, 4096], [4096, 4096]] {
        let layer = Layer::new(size, &mut rng);
        for (what, count, threshold, correlation) in WORKLOADS {
            let x = rows(count, layer.inputs, threshold, correlation, &mut rng);
            let [own, shared] = density(&x, layer.inputs);
            for &threads in if threads.is_empty() { &[1, 2] } else { &threads[..] } {
                let pool: Box<dyn Threads> = match threads {
                    1 => Box::new(OneThread),
                    _ => Box::new(Pool(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())),
                };
                let mut shortest = [f64::INFINITY; 2];
                let [mut by_row, mut by_block] = [(); 2].map(|()| vec![0.0; count * layer.outputs]);
                for _ in 0..runs {
                    let start = Instant::now();
                    layer.run_by_row(&x, &mut by_row, &*pool);
                    shortest[0] = shortest[0].min(start.elapsed().as_secs_f64() * 1e3);
                    let start = Instant::now();
                    layer.run_by_block(&x, &mut by_block, &*pool);
                    shortest[1] = shortest[1].min(start.elapsed().as_secs_f64() * 1e3);
                }
                assert!(by_row == by_block, "both kernels add the terms in the same order");
                let name = format!("{} x {}", layer.inputs, layer.outputs);
                println!(
                    "{name:11} {count:4} {what:9} {own:7.2} {shared:17.2} {threads:9} {:9.1} {:9.1}",
                    shortest[0], shortest[1]
                );
            }
        }
    }
}
