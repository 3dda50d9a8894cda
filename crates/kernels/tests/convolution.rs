//! Random convolutions against sums in `f64`, through the public API.

use kernels::{
    Epilogue, Error, Geometry, MaxPool, OneThread, PackedConvolution, Threads, filter_gradient, input_gradient,
    tiled_cost,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Threads that share the pieces of work. Each thread takes its pieces from the last to the first.
struct Several(usize);

impl Threads for Several {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| {
            for first in 0..self.0 {
                scope.spawn(move || (first..count).step_by(self.0).rev().for_each(work));
            }
        });
    }
}

fn drawn(rng: &mut ChaCha8Rng, count: usize) -> Vec<f32> {
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// Calls `each(x, w, y)` with the indices of every term: a place of the input, a tap, and a place of the output.
fn triples(geometry: &Geometry, batch: usize, mut each: impl FnMut(usize, usize, usize)) {
    let Geometry { channels, filters, kernel, strides, pads, dilations, groups, size } = geometry.clone();
    let (out, deep) = (geometry.output_size(), channels / groups);
    for (n, m) in (0..batch).flat_map(|n| (0..filters).map(move |m| (n, m))) {
        for (oy, ox) in (0..out[0]).flat_map(|oy| (0..out[1]).map(move |ox| (oy, ox))) {
            for c in 0..deep {
                for (ky, kx) in (0..kernel[0]).flat_map(|ky| (0..kernel[1]).map(move |kx| (ky, kx))) {
                    let (iy, ix) = (oy * strides[0] + ky * dilations[0], ox * strides[1] + kx * dilations[1]);
                    if iy < pads[0] || ix < pads[1] || iy - pads[0] >= size[0] || ix - pads[1] >= size[1] {
                        continue;
                    }
                    let channel = m / (filters / groups) * deep + c;
                    let x = ((n * channels + channel) * size[0] + iy - pads[0]) * size[1] + ix - pads[1];
                    let w = ((m * deep + c) * kernel[0] + ky) * kernel[1] + kx;
                    each(x, w, ((n * filters + m) * out[0] + oy) * out[1] + ox);
                }
            }
        }
    }
}

/// Values, and the sum of the absolute values of the terms of each. Rounding errors are measured by that sum.
struct Exact(Vec<f64>, Vec<f64>);

impl Exact {
    fn new(count: usize) -> Self {
        Self(vec![0.0; count], vec![0.0; count])
    }

    fn add(&mut self, at: usize, a: f32, b: f32) {
        let term = f64::from(a) * f64::from(b);
        self.0[at] += term;
        self.1[at] += term.abs();
    }

    fn assert_near(&self, found: &[f32], what: &str) {
        // A tile reads more values than the taps do, so its errors are those of numbers up to 1, even if the sums are small.
        let largest = self.1.iter().copied().fold(0.1, f64::max);
        for (at, (&found, &exact)) in found.iter().zip(&self.0).enumerate() {
            assert!((f64::from(found) - exact).abs() < 1e-5 * largest, "{what} {at}: {found}, not {exact}");
        }
    }
}

fn compare(geometry: &Geometry, batch: usize, relu: bool, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let weights = geometry.filters * geometry.channels / geometry.groups * geometry.kernel[0] * geometry.kernel[1];
    let read = batch * geometry.channels * geometry.size[0] * geometry.size[1];
    let written = batch * geometry.filters * geometry.output_size()[0] * geometry.output_size()[1];
    let (x, w, dy) = (drawn(&mut rng, read), drawn(&mut rng, weights), drawn(&mut rng, written));
    let bias = seed.is_multiple_of(2).then(|| drawn(&mut rng, geometry.filters));

    let (mut y, mut dx, mut dw) = (Exact::new(written), Exact::new(read), Exact::new(weights));
    triples(geometry, batch, |at, tap, to| {
        y.add(to, x[at], w[tap]);
        dx.add(at, dy[to], w[tap]);
        dw.add(tap, dy[to], x[at]);
    });
    let mut db = Exact::new(geometry.filters);
    let plane = geometry.output_size()[0] * geometry.output_size()[1];
    for (at, &dy) in dy.iter().enumerate() {
        db.add(at / plane % geometry.filters, dy, 1.0);
    }
    for (at, y) in y.0.iter_mut().enumerate() {
        *y += bias.as_ref().map_or(0.0, |bias| f64::from(bias[at / plane % geometry.filters]));
        if relu {
            *y = y.max(0.0);
        }
    }

    let pool = seed.is_multiple_of(3).then(|| pool(geometry.output_size(), seed));
    if let Some(pool) = pool {
        y = largest(&y, geometry.output_size(), &pool);
    }
    let stored = y.0.len();

    let run = |threads: &dyn Threads| {
        // The previous contents of the outputs must not matter.
        let [mut y, mut dx, mut dw, mut db] =
            [stored, read, weights, geometry.filters].map(|count| vec![f32::NAN; count]);
        let packed = PackedConvolution::new(geometry, &w, threads).unwrap();
        packed.forward(&x, &Epilogue { bias: bias.as_deref(), relu, pool }, &mut y, threads).unwrap();
        input_gradient(geometry, &w, &dy, &mut dx, threads).unwrap();
        filter_gradient(geometry, &x, &dy, &mut dw, Some(&mut db), threads).unwrap();
        [y, dx, dw, db]
    };
    let found = run(&OneThread);
    for ((exact, found), what) in [&y, &dx, &dw, &db].into_iter().zip(&found).zip(["y", "dx", "dw", "db"]) {
        exact.assert_near(found, what);
    }
    let patterns = |found: [Vec<f32>; 4]| found.map(|values| values.into_iter().map(f32::to_bits).collect::<Vec<_>>());
    assert!(patterns(run(&Several(3))) == patterns(found), "three threads give other bits");
}

/// Windows that overlap, leave gaps and reach beyond the edge, depending on the seed.
fn pool(size: [usize; 2], seed: u64) -> MaxPool {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut up_to = |most: usize| rng.random_range(1..=most);
    let (kernel, strides) = ([up_to(4), up_to(4)], [up_to(3), up_to(3)]);
    let before = kernel.map(|kernel| up_to(kernel) - 1);
    let windows = [0, 1].map(|axis| up_to((size[axis] - 1 + before[axis]) / strides[axis] + 1));
    MaxPool { kernel, strides, before, windows }
}

/// Returns the largest values of the windows over planes of `height` x `width`. The errors of a tile are as large as its largest
/// values, so each value has the largest of all sums of absolute terms.
fn largest(y: &Exact, [height, width]: [usize; 2], pool: &MaxPool) -> Exact {
    let mut found = Vec::new();
    for values in y.0.chunks(height * width) {
        for (down, right) in (0..pool.windows[0]).flat_map(|down| (0..pool.windows[1]).map(move |right| (down, right)))
        {
            let inside = |axis: usize, window: usize, size: usize| {
                let places = (0..pool.kernel[axis]).map(move |place| window * pool.strides[axis] + place);
                places.filter_map(move |at| at.checked_sub(pool.before[axis])).filter(move |&at| at < size)
            };
            let places =
                inside(0, down, height).flat_map(|row| inside(1, right, width).map(move |column| row * width + column));
            found.push(places.map(|at| values[at]).fold(f64::NEG_INFINITY, f64::max));
        }
    }
    let size = y.1.iter().copied().fold(0.0, f64::max);
    let sizes = vec![size; found.len()];
    Exact(found, sizes)
}

/// Draws geometries: kernel, strides, pads, dilations and a size that is at least the window.
fn geometries() -> impl Strategy<Value = Geometry> {
    let kernels = prop_oneof![
        3 => Just([3, 3]),
        3 => Just([5, 5]),
        1 => Just([1, 1]),
        3 => [1..6_usize, 1..6_usize],
    ];
    let strides = prop_oneof![2 => Just([1, 1]), 1 => [1..5_usize, 1..5_usize]];
    let dilations = prop_oneof![2 => Just([1, 1]), 1 => [1..4_usize, 1..4_usize]];
    let counts = prop_oneof![2 => (Just(1), 1..40_usize, 1..80_usize), 1 => (1..4_usize, 1..4_usize, 1..4_usize)];
    let pads = [0..4_usize, 0..4_usize, 0..4_usize, 0..4_usize];
    (counts, kernels, strides, pads, dilations, [0..14_usize, 0..14_usize]).prop_map(
        |((groups, channels, filters), kernel, strides, pads, dilations, more)| {
            let size = [0, 1].map(|axis| {
                let window = (kernel[axis] - 1) * dilations[axis] + 1;
                (more[axis] + window).saturating_sub(pads[axis] + pads[axis + 2]).max(1)
            });
            Geometry {
                channels: channels * groups,
                filters: filters * groups,
                kernel,
                strides,
                pads,
                dilations,
                groups,
                size,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn random_convolutions_are_correct(geometry in geometries(), batch in 1..4_usize, relu: bool, seed: u64) {
        compare(&geometry, batch, relu, seed);
    }
}

fn plain() -> Geometry {
    Geometry {
        channels: 4,
        filters: 6,
        kernel: [3, 3],
        strides: [1, 1],
        pads: [1; 4],
        dilations: [1, 1],
        groups: 2,
        size: [5, 7],
    }
}

#[test]
fn an_empty_batch_is_allowed() {
    let packed = PackedConvolution::new(&plain(), &[1.0; 108], &OneThread).unwrap();
    packed.forward(&[], &Epilogue::default(), &mut [], &OneThread).unwrap();
    input_gradient(&plain(), &[1.0; 108], &[], &mut [], &OneThread).unwrap();
    let (mut dw, mut db) = ([f32::NAN; 108], [f32::NAN; 6]);
    filter_gradient(&plain(), &[], &[], &mut dw, Some(&mut db), &OneThread).unwrap();
    assert_eq!((dw, db), ([0.0; 108], [0.0; 6]));
}

#[test]
fn impossible_geometries_are_errors() {
    let error = |change: &dyn Fn(&mut Geometry)| {
        let mut geometry = plain();
        change(&mut geometry);
        geometry.check().unwrap_err()
    };
    assert_eq!(error(&|g| g.channels = 0), Error::Zero("channels"));
    assert_eq!(error(&|g| g.strides[1] = 0), Error::Zero("strides"));
    assert_eq!(error(&|g| g.size[0] = 0), Error::Zero("size"));
    assert_eq!(error(&|g| g.groups = 3), Error::Groups { what: "channels", count: 4, groups: 3 });
    assert_eq!(error(&|g| g.groups = 4), Error::Groups { what: "filters", count: 6, groups: 4 });
    assert_eq!(error(&|g| g.dilations[0] = 4), Error::Window { axis: "height", window: 9, padded: 7 });
    assert_eq!(error(&|g| g.size[0] = usize::MAX), Error::TooLarge { what: "size", values: usize::MAX as u128 });
    assert_eq!(error(&|g| g.pads[2] = 1 << 40), Error::TooLarge { what: "size", values: 1 << 40 });
    // 4 channels of 2^20 x 2^20 pixels and their padding.
    let input = Error::TooLarge { what: "input", values: 4 * ((1 << 20) + 2) * ((1 << 20) + 2) };
    assert_eq!(error(&|g| g.size = [1 << 20; 2]), input);
}

#[test]
fn the_cost_of_the_largest_convolutions_does_not_overflow() {
    let sizes = [1, 3, 8, 1 << 12, 1 << 20, 1 << 31, usize::MAX / 2, usize::MAX];
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut pick = || sizes[rng.random_range(0..sizes.len())];
    let mut costs = 0;
    for case in 0..20_000 {
        let kernel = [2, 3, 5, pick()][case % 4];
        let geometry = Geometry {
            channels: pick(),
            filters: pick(),
            kernel: [kernel; 2],
            strides: [1; 2],
            pads: [1, pick(), 1, 1],
            dilations: [1; 2],
            groups: 1,
            size: [pick(), pick()],
        };
        costs += usize::from(tiled_cost(&geometry).is_some());
    }
    assert!(costs > 20, "some of them exist: {costs}");
}

#[test]
fn slices_of_the_wrong_length_are_errors() {
    let geometry = plain();
    let wrong = |what, expected, found| Err(Error::Length { what, expected, found });
    assert_eq!(PackedConvolution::new(&geometry, &[0.0; 107], &OneThread).map(|_| ()), wrong("weight", 108, 107));
    let packed = PackedConvolution::new(&geometry, &[0.0; 108], &OneThread).unwrap();
    let forward = |x: usize, bias: usize, y: usize| {
        packed.forward(
            &vec![0.0; x],
            &Epilogue { bias: Some(&vec![0.0; bias]), ..Epilogue::default() },
            &mut vec![0.0; y],
            &OneThread,
        )
    };
    assert_eq!(forward(140, 6, 210), Ok(()));
    assert_eq!(forward(141, 6, 210), wrong("input", 140, 141));
    assert_eq!(forward(140, 6, 420), wrong("output", 210, 420));
    assert_eq!(forward(140, 5, 210), wrong("bias", 6, 5));
    assert_eq!(
        input_gradient(&geometry, &[0.0; 108], &[0.0; 210], &mut [0.0; 280], &OneThread),
        wrong("output", 420, 210)
    );
    let mut dw = [0.0; 108];
    assert_eq!(
        filter_gradient(&geometry, &[0.0; 140], &[0.0; 210], &mut dw, Some(&mut [0.0; 7]), &OneThread),
        wrong("bias", 6, 7)
    );
}

/// Layers with more channels, filters and tiles than are processed at once. None of them is a multiple of the block sizes.
#[test]
fn convolutions_in_several_blocks_are_correct() {
    let layer = |channels, filters, kernel, stride, pads, size| Geometry {
        channels,
        filters,
        kernel: [kernel; 2],
        strides: [stride; 2],
        pads,
        dilations: [1, 1],
        groups: 1,
        size,
    };
    compare(&layer(150, 70, 3, 1, [1; 4], [13, 13]), 17, true, 2);
    compare(&layer(20, 130, 5, 1, [2; 4], [27, 27]), 3, false, 3);
    compare(&layer(3, 24, 11, 4, [2; 4], [64, 68]), 2, true, 4);
    compare(&layer(3, 24, 7, 2, [3, 3, 2, 2], [42, 45]), 2, false, 5);
}

/// Last tiles of every height and width, alone and behind a whole tile.
#[test]
fn convolutions_are_correct_at_every_edge() {
    for taps in 2..=5 {
        for (seed, [down, right]) in (1..=7).flat_map(|down| (1..=7).map(move |right| [down, right])).enumerate() {
            let size = [down + taps - 1, right + taps - 1];
            let geometry =
                Geometry { channels: 3, filters: 5, kernel: [taps; 2], pads: [0; 4], groups: 1, size, ..plain() };
            compare(&geometry, 2, false, seed as u64);
        }
    }
}

#[test]
fn an_image_has_the_same_bits_in_every_batch() {
    let geometry = Geometry { channels: 40, filters: 20, groups: 1, size: [13, 13], ..plain() };
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (w, x) = (drawn(&mut rng, 20 * 40 * 9), drawn(&mut rng, 30 * 40 * 169));
    let packed = PackedConvolution::new(&geometry, &w, &OneThread).unwrap();
    let forward = |x: &[f32]| {
        let mut y = vec![f32::NAN; x.len() / 2];
        packed.forward(x, &Epilogue::default(), &mut y, &OneThread).unwrap();
        y
    };
    let alone: Vec<f32> = x.chunks(40 * 169).flat_map(forward).collect();
    assert!(alone.iter().zip(forward(&x)).all(|(a, b)| a.to_bits() == b.to_bits()));
}

#[test]
fn tiles_are_used_for_square_kernels_without_groups_and_dilations() {
    let tiled = Geometry { groups: 1, ..plain() };
    // One tile of five outputs down, two across: 7 x (7 + 4) products of 16 channels and 16 filters, and their transforms.
    let cost = tiled_cost(&tiled).unwrap();
    assert_eq!(cost.multiply_adds, 7 * 11 * (16 * 16 + 90 * 32));
    assert_eq!(cost.plain_multiply_adds, 6 * 5 * 7 * 4 * 9);
    assert_eq!(cost.bytes, 32 * 49 * 2 * 4);
    for other in [
        plain(),
        Geometry { dilations: [2, 2], ..tiled.clone() },
        Geometry { kernel: [3, 2], ..tiled.clone() },
        Geometry { kernel: [1, 1], ..tiled.clone() },
        Geometry { strides: [0, 1], ..tiled },
    ] {
        assert_eq!(tiled_cost(&other), None, "{other:?}");
    }
}
