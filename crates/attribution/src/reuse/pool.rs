//! Pooling of what changed, with what lies around it.

#![allow(clippy::inline_always, reason = "only what is part of the dispatched function is made for its processor")]

use graph::local::Slide;
use pulp::{Arch, Simd, WithSimd};

use super::regions::{Plane, Regions};
use super::room::Room;
use crate::Rect;

/// How a window's values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
    Greatest,
    Mean { count_pads: bool },
}

impl Pool {
    /// What the layer computes in `rects`, from what it reads, `input` and around it `plane`.
    pub(super) fn run(
        self,
        room: &mut Room,
        slides: &[Slide; 2],
        input: &Regions,
        plane: &Plane,
        rects: &[Rect],
    ) -> Regions {
        let mut output = Regions::new(input.channels, rects, room);
        Arch::new().dispatch(Pooled { pool: self, slides, input, plane, output: &mut output });
        output
    }
}

struct Pooled<'m> {
    pool: Pool,
    slides: &'m [Slide; 2],
    input: &'m Regions,
    plane: &'m Plane,
    output: &'m mut Regions,
}

impl WithSimd for Pooled<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { pool, slides: [down, across], input, plane, output } = self;
        let channels = input.channels;
        for window in 0..output.rects.len() {
            let rect = output.rects[window];
            for (place, values) in output.of_mut(window).chunks_exact_mut(channels).enumerate() {
                let (y, x) = (rect.top + place / rect.width, rect.left + place % rect.width);
                let mut read = 0;
                for from_y in (0..down.kernel).filter_map(|k| down.place(y, k)) {
                    for from_x in (0..across.kernel).filter_map(|k| across.place(x, k)) {
                        let from = input.at(plane, window, from_y, from_x);
                        read += 1;
                        if read == 1 {
                            values.copy_from_slice(from);
                        } else if pool == Pool::Greatest {
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
                    values.fill(if pool == Pool::Greatest { f32::NEG_INFINITY } else { 0.0 });
                }
                if let Pool::Mean { count_pads } = pool {
                    let count = if count_pads { down.kernel * across.kernel } else { read };
                    for value in values.iter_mut() {
                        *value /= count.max(1) as f32;
                    }
                }
            }
        }
    }
}
