//! Convolutions of patches: by blocks or by rows, whichever takes less work for the rectangles at hand.

use super::axis::WindowAxis;
use super::blocks::Blocks;
use super::im2col::Im2col;
use super::patches::{Baseline, Patches};
use super::rect::Rect;
use super::workspace::Workspace;
use crate::convolution::Geometry;
use crate::error::Error;

/// The greatest number of groups. The products of more groups are too small.
const MOST_GROUPS: usize = 16;

/// A convolution that is applied to patches.
#[derive(Debug)]
pub struct PatchConvolution {
    method: Method,
}

#[derive(Debug)]
enum Method {
    Blocks(Blocks),
    Im2col(Im2col),
}

impl PatchConvolution {
    /// Returns whether convolutions of this many groups are supported.
    pub fn supports(groups: usize) -> bool {
        (1..=MOST_GROUPS).contains(&groups)
    }

    /// Packs `weight`, `[filters, channels / groups, kernel height, kernel width]`, for patches with these rectangles of the input
    /// (`read`) and of the output (`computed`).
    ///
    /// # Errors
    /// Returns an error if the convolution does not exist ([`Geometry::check`]) or if the weight has another length.
    pub fn new(geometry: &Geometry, weight: &[f32], [read, computed]: [&[Rect]; 2]) -> Result<Self, Error> {
        geometry.check()?;
        geometry.expect_weight(weight.len())?;
        let axes = WindowAxis::of(geometry);
        let places: usize = computed.iter().map(|rect| rect.area()).sum();
        let by_rows = places * geometry.filter_len() * geometry.filters;
        let method = match Blocks::cheapest(&axes, [geometry.channels / geometry.groups, geometry.filters], read) {
            Some((side, cost)) if geometry.groups == 1 && cost < by_rows => {
                Method::Blocks(Blocks::new(side, geometry, weight))
            }
            _ => Method::Im2col(Im2col::new(geometry, weight)),
        };
        Ok(Self { method })
    }

    /// Returns the patches `rects` of the output. `input` are the patches of the input. `baselines` are the input and the output for the
    /// unchanged image.
    pub fn run(
        &self,
        input: &Patches,
        baselines: [&Baseline; 2],
        rects: &[Rect],
        workspace: &mut Workspace,
    ) -> Patches {
        let mut output = Patches::of_baseline(baselines[1], rects, workspace);
        match &self.method {
            Method::Blocks(blocks) => blocks.run(workspace, input, baselines[0], &mut output),
            Method::Im2col(im2col) => im2col.run(workspace, input, baselines[0], &mut output),
        }
        output
    }
}
