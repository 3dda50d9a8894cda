//! Pooling of patches and of the baseline around them.

#![allow(clippy::inline_always, reason = "a function is compiled for an instruction set only as part of its caller")]

use pulp::{Simd, WithSimd};

use super::axis::WindowAxis;
use super::patches::{Baseline, Patches};
use super::rect::Rect;
use super::workspace::Workspace;
use crate::simd::dispatch;

/// A pooling: how the values of a window become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The greatest value.
    Max,
    /// The mean.
    Mean {
        /// Whether pixels outside of the input count as zeros. If not, they are left out.
        count_pads: bool,
    },
}

impl Pooling {
    /// Returns the patches `rects` of the output. `input` and `baseline` are the input of the layer, `axes` its windows down and right.
    pub fn run(
        self,
        axes: &[WindowAxis; 2],
        input: &Patches,
        baseline: &Baseline,
        rects: &[Rect],
        workspace: &mut Workspace,
    ) -> Patches {
        let mut output = Patches::new(input.channels(), rects, workspace);
        dispatch(Pool { pooling: self, axes, input, baseline, output: &mut output });
        output
    }
}

struct Pool<'m> {
    pooling: Pooling,
    axes: &'m [WindowAxis; 2],
    input: &'m Patches,
    baseline: &'m Baseline,
    output: &'m mut Patches,
}

impl WithSimd for Pool<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { pooling, axes: [down, across], input, baseline, output } = self;
        let channels = input.channels();
        for variant in 0..output.rects().len() {
            let rect = output.rects()[variant];
            for (place, values) in output.of_mut(variant).chunks_exact_mut(channels).enumerate() {
                let (y, x) = (rect.top + place / rect.width, rect.left + place % rect.width);
                let mut read = 0;
                for from_y in (0..down.kernel).filter_map(|k| down.place(y, k)) {
                    for from_x in (0..across.kernel).filter_map(|k| across.place(x, k)) {
                        let from = input.at(baseline, variant, from_y, from_x);
                        read += 1;
                        if read == 1 {
                            values.copy_from_slice(from);
                        } else if pooling == Pooling::Max {
                            for (value, from) in values.iter_mut().zip(from) {
                                *value = if *from > *value { *from } else { *value };
                            }
                        } else {
                            for (value, from) in values.iter_mut().zip(from) {
                                *value += *from;
                            }
                        }
                    }
                }
                if read == 0 {
                    values.fill(if pooling == Pooling::Max { f32::NEG_INFINITY } else { 0.0 });
                }
                if let Pooling::Mean { count_pads } = pooling {
                    let count = if count_pads { down.kernel * across.kernel } else { read };
                    for value in values.iter_mut() {
                        *value /= count.max(1) as f32;
                    }
                }
            }
        }
    }
}
