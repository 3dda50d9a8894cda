//! Times the five convolutions of `AlexNet`, forward and backward, for a batch of 32 images.
//!
//! Each figure is the shortest time of some runs, in milliseconds an image, and the speed in billions of multiplications and additions of
//! the plain sums a second.
//!
//! `cargo run --release -p kernels --example layers -- [runs] [threads]...`

#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::square_layer;
use kernels::{Epilogue, Geometry, OneThread, PackedConvolution, Threads, filter_gradient, input_gradient};
use rayon::prelude::*;
use std::time::Instant;

const BATCH: usize = 32;

struct Pool(rayon::ThreadPool);

impl Threads for Pool {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        self.0.install(|| (0..count).into_par_iter().with_max_len(1).for_each(work));
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>().unwrap());
    let runs = arguments.next().unwrap_or(5);
    let threads: Vec<usize> = arguments.collect();
    for &threads in if threads.is_empty() { &[1, 2] } else { &threads[..] } {
        let pool: Box<dyn Threads> = match threads {
            1 => Box::new(OneThread),
            _ => Box::new(Pool(rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap())),
        };
        println!("{threads} threads");
        println!(
            "{:6} {:>9} | {:>14} | {:>14} | {:>14}   (ms an image, GFLOP/s)",
            "", "pack", "forward", "by input", "by filters"
        );
        let mut sums = [0.0; 4];
        for (at, geometry) in layers().iter().enumerate() {
            let times = time(geometry, &*pool, runs);
            let work = multiply_adds(geometry) * 2.0;
            let show = |time: f64| match time {
                0.0.. if time < 1e-4 => format!("{:>14}", "-"),
                _ => format!("{time:7.3} {:6.0}", work / time / 1e6),
            };
            let [pack, rest @ ..] = times;
            println!("conv{}  {:9.3} | {}", at + 1, pack * BATCH as f64, rest.map(show).join(" | "));
            for (sum, time) in sums.iter_mut().zip(times) {
                *sum += time;
            }
        }
        let [pack, rest @ ..] = sums;
        println!("all    {:9.3} | {}", pack * BATCH as f64, rest.map(|sum| format!("{sum:7.3}       ")).join(" | "));
    }
}

/// Returns the shortest times of packing, forward, and the gradients by input and filters, in ms an image. Packing takes place once for a
/// batch.
fn time(geometry: &Geometry, threads: &dyn Threads, runs: usize) -> [f64; 4] {
    let weights = geometry.filters * geometry.channels * geometry.kernel[0] * geometry.kernel[1];
    let read = BATCH * geometry.channels * geometry.size[0] * geometry.size[1];
    let written = BATCH * geometry.filters * geometry.output_size()[0] * geometry.output_size()[1];
    let drawn =
        |count: usize| -> Vec<f32> { (0..count).map(|at| ((at * 7919) % 1009) as f32 / 1009.0 - 0.5).collect() };
    let (x, w, dy, bias) = (drawn(read), drawn(weights), drawn(written), drawn(geometry.filters));
    let (mut y, mut dx, mut dw) = (vec![0.0; written], vec![0.0; read], vec![0.0; weights]);
    let mut shortest = [f64::INFINITY; 4];
    for _ in 0..runs {
        let mut measure = |at: usize, work: &mut dyn FnMut()| {
            let start = Instant::now();
            work();
            shortest[at] = shortest[at].min(start.elapsed().as_secs_f64() * 1e3 / BATCH as f64);
        };
        let mut packed = None;
        measure(0, &mut || packed = Some(PackedConvolution::new(geometry, &w, threads).unwrap()));
        let packed = packed.unwrap();
        measure(1, &mut || {
            packed.forward(&x, &Epilogue { bias: Some(&bias), relu: true, pool: None }, &mut y, threads).unwrap();
        });
        // Training does not need the gradient by the input of the first layer.
        if geometry.channels > 3 {
            measure(2, &mut || input_gradient(geometry, &w, &dy, &mut dx, threads).unwrap());
        } else {
            measure(2, &mut || ());
        }
        measure(3, &mut || filter_gradient(geometry, &x, &dy, &mut dw, None, threads).unwrap());
    }
    shortest
}

fn multiply_adds(geometry: &Geometry) -> f64 {
    let [height, width] = geometry.output_size();
    (geometry.filters * geometry.channels * geometry.kernel[0] * geometry.kernel[1] * height * width) as f64
}

/// Returns the convolutions of the `AlexNet` of torchvision for images of 224 x 224 pixels.
fn layers() -> [Geometry; 5] {
    [
        square_layer(3, 64, 11, 4, 2, 224),
        square_layer(64, 192, 5, 1, 2, 27),
        square_layer(192, 384, 3, 1, 1, 13),
        square_layer(384, 256, 3, 1, 1, 13),
        square_layer(256, 256, 3, 1, 1, 13),
    ]
}
