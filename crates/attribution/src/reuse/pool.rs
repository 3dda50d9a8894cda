//! Pooling of what changed, with what lies around it.

use graph::local::Slide;
use pulp::Arch;

use super::regions::{Plane, Regions};
use crate::Rect;

/// How a window's values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
    Greatest,
    Mean { count_pads: bool },
}

impl Pool {
    /// What the layer computes in `rects`, from what it reads, `input` and around it `plane`.
    pub(super) fn run(self, slides: &[Slide; 2], input: &Regions, plane: &Plane, rects: &[Rect]) -> Regions {
        let channels = input.channels;
        let mut output = Regions::zeros(channels, rects);
        let [down, across] = slides;
        let every = down.kernel * across.kernel;
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (window, rect) in rects.iter().enumerate() {
                    let places = (rect.top..rect.bottom()).flat_map(|y| (rect.left..rect.right()).map(move |x| (y, x)));
                    for ((y, x), values) in places.zip(output.of_mut(window).chunks_exact_mut(channels)) {
                        let mut read = 0;
                        if self == Self::Greatest {
                            values.fill(f32::NEG_INFINITY);
                        }
                        for from_y in (0..down.kernel).filter_map(|k| down.place(y, k)) {
                            for from_x in (0..across.kernel).filter_map(|k| across.place(x, k)) {
                                read += 1;
                                let from = input.at(plane, window, from_y, from_x);
                                for (value, from) in values.iter_mut().zip(from) {
                                    *value = match self {
                                        Self::Greatest => {
                                            if *from > *value {
                                                *from
                                            } else {
                                                *value
                                            }
                                        }
                                        Self::Mean { .. } => *value + *from,
                                    };
                                }
                            }
                        }
                        if let Self::Mean { count_pads } = self {
                            let count = if count_pads { every } else { read };
                            for value in values.iter_mut() {
                                *value /= count.max(1) as f32;
                            }
                        }
                    }
                }
            },
        );
        output
    }
}
