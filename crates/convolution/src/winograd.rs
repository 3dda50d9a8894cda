//! Convolutions by tiles: transformed, multiplied point by point, and transformed back.

use crate::filters::{Gradient, Prepare};
use crate::pixels::places;
use crate::plan::{PRODUCTS, Plan};
use crate::product::{Correlate, Panel, Product, WIDE};
use crate::spectra::{LANES, Lanes, Scratch};
use crate::threads::{Shares, Threads};
use crate::tiles::{Back, Read, Write};
use pulp::Arch;

/// Filters, transformed: `[panels, groups, products]`.
pub(crate) fn prepare(plan: &Plan, weight: &[f32], threads: &dyn Threads) -> Scratch {
    let mut filters = Scratch::new(plan.panels() * plan.groups() * PRODUCTS * WIDE * LANES);
    let shares = Shares::new(panels_mut(filters.lanes_mut()).chunks_mut(PRODUCTS));
    let arch = Arch::new();
    threads.each(shares.len(), &|at| {
        let (panel, group) = (at / plan.groups(), at % plan.groups());
        shares.with(at, |into| arch.dispatch(Prepare { plan, weight, panel, group, into }));
    });
    drop(shares);
    filters
}

/// What the filters see in `x`, `[n, channels, height, width]`: `y`, `[n, filters, output height, output width]`.
pub(crate) fn forward(
    plan: &Plan,
    filters: &Scratch,
    x: &[f32],
    bias: Option<&[f32]>,
    relu: bool,
    y: &mut [f32],
    threads: &dyn Threads,
) {
    let (arch, geometry) = (Arch::new(), &plan.geometry);
    let batch = x.len() / geometry.read();
    let pictures = plan.pictures(batch);
    let pitch = plan.pitch(pictures);
    let (groups, filter_groups) = (plan.groups(), plan.filter_groups());
    let filters = panels(filters.lanes());
    let writes = places(geometry.output(), plan.writes()[1], [0, 0]);
    let plane = writes.len();
    let mut tiles = Scratch::new(groups * PRODUCTS * pitch);
    let mut sums = Scratch::new(filter_groups * PRODUCTS * pitch);
    for (x, y) in x.chunks(pictures * geometry.read()).zip(y.chunks_mut(pictures * geometry.written())) {
        read(plan, x, pitch, tiles.lanes_mut(), threads);
        let (tiles, count) = (tiles.lanes(), x.len() / geometry.read() * plan.tiles());
        let shares = Shares::new(sums.lanes_mut().chunks_mut(pitch));
        threads.each(PRODUCTS * plan.panels(), &|at| {
            let (product, panel) = (at / plan.panels(), at % plan.panels());
            let first = panel * WIDE;
            let wide = WIDE.min(filter_groups - first);
            let mut held: Vec<_> = (first..first + wide).map(|group| shares.hold(group * PRODUCTS + product)).collect();
            let mut into: Vec<&mut [Lanes]> = held.iter_mut().map(|into| &mut into[..count]).collect();
            let a = |group: usize| &tiles[(group * PRODUCTS + product) * pitch..][..count];
            let b = |group: usize| &filters[(panel * groups + group) * PRODUCTS + product];
            arch.dispatch(Product { into: &mut into, a: &a, b: &b, groups });
        });
        drop(shares);
        let sums = sums.lanes();
        let shares = Shares::new(y.chunks_mut(geometry.written()).flat_map(|y| y.chunks_mut(LANES * plane)));
        threads.each(shares.len(), &|at| {
            let (picture, group) = (at / filter_groups, at % filter_groups);
            let from = &sums[group * PRODUCTS * pitch..][..PRODUCTS * pitch];
            let mut lanes = [0.0; LANES];
            for (into, from) in lanes.iter_mut().zip(bias.unwrap_or_default().iter().skip(group * LANES)) {
                *into = *from;
            }
            let first = picture * plan.tiles();
            shares.with(at, |into| {
                arch.dispatch(Write { plan, from, pitch, first, bias: lanes, relu, places: &writes, into });
            });
        });
    }
}

/// The gradient by the filters, `[filters, channels, kernel height, kernel width]`, given `x` and the gradient by `y`.
pub(crate) fn filter_gradient(plan: &Plan, x: &[f32], dy: &[f32], dw: &mut [f32], threads: &dyn Threads) {
    let (arch, geometry) = (Arch::new(), &plan.geometry);
    let pictures = plan.pictures(x.len() / geometry.read());
    let pitch = plan.pitch(pictures);
    let (groups, filter_groups, panels) = (plan.groups(), plan.filter_groups(), plan.panels());
    let writes = places(geometry.output(), plan.writes()[1], [0, 0]);
    let mut tiles = Scratch::new(groups * PRODUCTS * pitch);
    let mut gradients = Scratch::new(filter_groups * PRODUCTS * pitch);
    let mut sums = Scratch::new(PRODUCTS * panels * groups * WIDE * LANES);
    if x.is_empty() {
        dw.fill(0.0);
        return;
    }
    for (block, (x, dy)) in
        x.chunks(pictures * geometry.read()).zip(dy.chunks(pictures * geometry.written())).enumerate()
    {
        read(plan, x, pitch, tiles.lanes_mut(), threads);
        let shares = Shares::new(gradients.lanes_mut().chunks_mut(PRODUCTS * pitch));
        threads.each(shares.len(), &|group| {
            shares.with(group, |into| arch.dispatch(Back { plan, gradients: dy, group, places: &writes, pitch, into }));
        });
        drop(shares);
        let (tiles, gradients, count) = (tiles.lanes(), gradients.lanes(), x.len() / geometry.read() * plan.tiles());
        let shares = Shares::new(panels_mut(sums.lanes_mut()).iter_mut());
        threads.each(PRODUCTS * panels, &|at| {
            let (product, panel) = (at / panels, at % panels);
            let wide = WIDE.min(filter_groups - panel * WIDE);
            let b: Vec<&[Lanes]> = (panel * WIDE..panel * WIDE + wide)
                .map(|group| &gradients[(group * PRODUCTS + product) * pitch..][..count])
                .collect();
            for group in 0..groups {
                shares.with((panel * groups + group) * PRODUCTS + product, |into| {
                    if block == 0 {
                        **into = [[[0.0; LANES]; WIDE]; LANES];
                    }
                    let a = &tiles[(group * PRODUCTS + product) * pitch..][..count];
                    arch.dispatch(Correlate { into, a, b: &b });
                });
            }
        });
    }
    let from = self::panels(sums.lanes());
    let shares = Shares::new(dw.chunks_mut(WIDE * LANES * geometry.taps()));
    threads.each(shares.len(), &|panel| {
        let from = &from[panel * groups * PRODUCTS..][..groups * PRODUCTS];
        shares.with(panel, |into| arch.dispatch(Gradient { plan, from, into }));
    });
}

/// Transforms the tiles of all channels: `into` is `[groups, products, pitch]`.
fn read(plan: &Plan, x: &[f32], pitch: usize, into: &mut [Lanes], threads: &dyn Threads) {
    let (arch, geometry) = (Arch::new(), &plan.geometry);
    let [_, columns] = plan.reads();
    let places = match plan.phases {
        [1, 1] => places(geometry.size, columns, [geometry.pads[0], geometry.pads[1]]),
        _ => Vec::new(),
    };
    let shares = Shares::new(into.chunks_mut(PRODUCTS * pitch));
    threads.each(shares.len(), &|group| {
        shares.with(group, |into| arch.dispatch(Read { plan, pictures: x, group, places: &places, pitch, into }));
    });
}

fn panels(lanes: &[Lanes]) -> &[Panel] {
    lanes.as_chunks().0.as_chunks().0
}

fn panels_mut(lanes: &mut [Lanes]) -> &mut [Panel] {
    lanes.as_chunks_mut().0.as_chunks_mut().0
}
