//! Tiled convolutions with every instruction set, against plain sums.

use super::{Epilogue, Geometry, MaxPool, PackedConvolution, direct, filter_gradient, input_gradient};
use crate::simd::on_every_kind;
use crate::threads::OneThread;

fn drawn(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|at| ((at * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
}

fn assert_near(found: &[f32], exact: &[f32], what: &str) {
    for (at, (found, exact)) in found.iter().zip(exact).enumerate() {
        assert!((found - exact).abs() < 1e-3, "{what} {at}: {found}, not {exact}");
    }
}

/// Tests whole tiles, and last tiles of every height and width.
#[test]
fn tiles_give_the_plain_sums_with_every_instruction_set() {
    for taps in 2..=5 {
        for (seed, [down, right]) in [[1, 9], [3, 5], [7, 6], [4, 8], [6, 2]].into_iter().enumerate() {
            let size = [down + taps - 1, right + taps - 1];
            let geometry = Geometry {
                channels: 18,
                filters: 17,
                kernel: [taps; 2],
                strides: [1; 2],
                pads: [0; 4],
                dilations: [1; 2],
                groups: 1,
                size,
            };
            let (x, w) = (drawn(18 * size[0] * size[1], seed), drawn(17 * geometry.filter_len(), seed + 9));
            let dy = drawn(geometry.output_len(), seed + 5);
            let plane = down * right;
            let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
            for (filter, (y, dw)) in y.chunks_mut(plane).zip(dw.chunks_mut(geometry.filter_len())).enumerate() {
                direct::forward(&geometry, &w, filter, &x, y);
                direct::filter_gradient(&geometry, filter, &x, &dy, dw);
            }
            for (channel, dx) in dx.chunks_mut(size[0] * size[1]).enumerate() {
                direct::input_gradient(&geometry, &w, channel, &dy, dx);
            }
            let pool = MaxPool { kernel: [1, 1], strides: [1, 1], before: [0, 0], windows: [down, right] };
            on_every_kind(|| {
                let [mut found, mut of_x, mut of_w] = [&y, &x, &w].map(|like| vec![f32::NAN; like.len()]);
                let packed = PackedConvolution::new(&geometry, &w, &OneThread).unwrap();
                for pool in [None, Some(pool)] {
                    let epilogue = Epilogue { pool, ..Epilogue::default() };
                    packed.forward(&x, &epilogue, &mut found, &OneThread).unwrap();
                    assert_near(&found, &y, "forward");
                }
                input_gradient(&geometry, &w, &dy, &mut of_x, &OneThread).unwrap();
                assert_near(&of_x, &dx, "by input");
                filter_gradient(&geometry, &x, &dy, &mut of_w, None, &OneThread).unwrap();
                assert_near(&of_w, &dw, "by filters");
            });
        }
    }
}
