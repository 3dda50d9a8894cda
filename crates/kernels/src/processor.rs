//! The widest registers of the processor that this runs on.

use std::sync::LazyLock;

use pulp::{Arch, WithSimd};

/// Found out once: asking for each of its features takes as long as a small piece of work.
static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// Does `work` with them.
#[inline]
pub(crate) fn dispatch<W: WithSimd>(work: W) -> W::Output {
    #[cfg(test)]
    if let Some(kind) = tests::KIND.get() {
        return kind.dispatch(work);
    }
    ARCH.dispatch(work)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::geometry::Geometry;
    use crate::{Finish, OneThread, Pool, Prepared, dense, direct, filter_gradient, input_gradient};
    use pulp::{Scalar, Simd};

    thread_local! {
        /// Whose registers this thread uses in place of the widest.
        pub(super) static KIND: Cell<Option<Kind>> = const { Cell::new(None) };
    }

    /// Registers of 1, 8 and 16 values.
    #[derive(Clone, Copy, Debug)]
    pub(super) enum Kind {
        Scalar,
        #[cfg(target_arch = "x86_64")]
        Avx2(pulp::x86::V3),
        #[cfg(target_arch = "x86_64")]
        Avx512(pulp::x86::V4),
    }

    impl Kind {
        pub(super) fn dispatch<W: WithSimd>(self, work: W) -> W::Output {
            match self {
                Self::Scalar => work.with_simd(Scalar),
                #[cfg(target_arch = "x86_64")]
                Self::Avx2(simd) => Simd::vectorize(simd, work),
                #[cfg(target_arch = "x86_64")]
                Self::Avx512(simd) => Simd::vectorize(simd, work),
            }
        }
    }

    /// Runs `test`, on this thread alone, once with each kind of registers that the processor has.
    pub(crate) fn on_every_kind(test: impl Fn()) {
        let mut kinds = vec![Kind::Scalar];
        #[cfg(target_arch = "x86_64")]
        {
            kinds.extend(pulp::x86::V3::try_new().map(Kind::Avx2));
            kinds.extend(pulp::x86::V4::try_new().map(Kind::Avx512));
        }
        for kind in kinds {
            println!("{kind:?}");
            KIND.set(Some(kind));
            test();
        }
        KIND.set(None);
    }

    fn drawn(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|at| ((at * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
    }

    fn assert_near(found: &[f32], exact: &[f32], what: &str) {
        for (at, (found, exact)) in found.iter().zip(exact).enumerate() {
            assert!((found - exact).abs() < 1e-3, "{what} {at}: {found}, not {exact}");
        }
    }

    /// Whole tiles, and last ones of every height and width.
    #[test]
    fn tiles_are_the_same_convolution_on_every_kind() {
        for taps in 2..=5 {
            for (seed, [down, right]) in [[1, 9], [3, 5], [7, 6], [4, 8], [6, 2]].into_iter().enumerate() {
                let size = [down + taps - 1, right + taps - 1];
                let geometry = Geometry { channels: 18, filters: 17, kernel: [taps; 2], ..plain(size) };
                let (x, w) = (drawn(18 * size[0] * size[1], seed), drawn(17 * geometry.taps(), seed + 9));
                let dy = drawn(geometry.written(), seed + 5);
                let plane = down * right;
                let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
                for (filter, (y, dw)) in y.chunks_mut(plane).zip(dw.chunks_mut(geometry.taps())).enumerate() {
                    direct::forward(&geometry, &w, filter, &x, y);
                    direct::filter_gradient(&geometry, filter, &x, &dy, dw);
                }
                for (channel, dx) in dx.chunks_mut(size[0] * size[1]).enumerate() {
                    direct::input_gradient(&geometry, &w, channel, &dy, dx);
                }
                let pool = Pool { kernel: [1, 1], strides: [1, 1], before: [0, 0], windows: [down, right] };
                on_every_kind(|| {
                    let [mut found, mut of_x, mut of_w] = [&y, &x, &w].map(|like| vec![f32::NAN; like.len()]);
                    let prepared = Prepared::new(&geometry, &w, &OneThread).unwrap();
                    for pool in [None, Some(pool)] {
                        let finish = Finish { pool, ..Finish::default() };
                        prepared.forward(&x, &finish, &mut found, &OneThread).unwrap();
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

    #[test]
    fn dense_layers_are_the_same_on_every_kind() {
        let (outputs, inputs, rows) = (140, 150, 9);
        let weight = drawn(outputs * inputs, 1);
        let x: Vec<f32> = drawn(rows * inputs, 2).into_iter().map(|value| value.max(0.0)).collect();
        let laid_out = dense::panels([outputs, inputs], |output, input| weight[output * inputs + input]);
        let mut exact = vec![0.0; rows * outputs];
        for (at, sum) in exact.iter_mut().enumerate() {
            let (row, weight) = (&x[at / outputs * inputs..], &weight[at % outputs * inputs..][..inputs]);
            *sum = row.iter().zip(weight).map(|(a, b)| a * b).sum();
        }
        on_every_kind(|| {
            let mut y = vec![f32::NAN; rows * outputs];
            dense::forward(&laid_out, [outputs, inputs], &x, None, false, &mut y, &OneThread).unwrap();
            assert_near(&y, &exact, "dense");
        });
    }

    fn plain(size: [usize; 2]) -> Geometry {
        Geometry {
            channels: 1,
            filters: 1,
            kernel: [1; 2],
            strides: [1; 2],
            pads: [0; 4],
            dilations: [1; 2],
            groups: 1,
            size,
        }
    }
}
