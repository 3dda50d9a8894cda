//! Convolutions by tiles: transformed, multiplied point by point, and transformed back.

use crate::filters::{Gradient, Prepare};
use crate::finish::Finish;
use crate::pixels::places;
use crate::plan::Plan;
use crate::processor::dispatch;
use crate::product::{Correlate, Panel, Product, WIDE};
use crate::spectra::{LANES, Lanes, Scratch};
use crate::threads::{OneThread, Shares, Threads};
use crate::tiles::{Back, Read, Write};

/// Filters, transformed: `[panels, groups, products]`.
pub(crate) fn prepare(plan: &Plan, weight: &[f32], threads: &dyn Threads) -> Scratch {
    let mut filters = Scratch::new(plan.panels() * plan.groups() * plan.products() * WIDE * LANES);
    let shares = Shares::new(panels_mut(filters.lanes_mut()).chunks_mut(plan.products()));
    threads.each(shares.len(), &|at| {
        let (panel, group) = (at / plan.groups(), at % plan.groups());
        shares.with(at, |into| dispatch(Prepare { plan, weight, panel, group, into }));
    });
    drop(shares);
    filters
}

/// What the filters see in `x`, `[n, channels, height, width]`: `y`, `[n, filters, output height, output width]`, or as many
/// windows as there are in `finish`.
pub(crate) fn forward(
    plan: &Plan,
    filters: &Scratch,
    x: &[f32],
    finish: &Finish,
    y: &mut [f32],
    threads: &dyn Threads,
) {
    let geometry = &plan.geometry;
    let places = match finish.pool {
        Some(pool) => (0..pool.written()).collect(),
        None => places(geometry.output(), plan.writes()[1], [0, 0]),
    };
    let pictures = plan.pictures(x.len() / geometry.read());
    let pitch = plan.pitch(pictures);
    let layer = Forward { plan, filters: panels(filters.lanes()), finish, places: &places, pitch };
    let written = pictures * geometry.filters * places.len();
    let parts = Shares::new(x.chunks(pictures * geometry.read()).zip(y.chunks_mut(written)));
    let part = |at: usize, threads: &dyn Threads| parts.with(at, |(x, y)| layer.run(x, y, threads));
    if parts.len() < APART {
        (0..parts.len()).for_each(|at| part(at, threads));
    } else {
        // What a thread has transformed is in its own cache.
        threads.each(parts.len(), &|at| part(at, &OneThread));
    }
}

/// As many parts of a batch keep the threads busy, each thread with parts of its own.
const APART: usize = 8;

struct Forward<'m> {
    plan: &'m Plan,
    filters: &'m [Panel],
    finish: &'m Finish<'m>,
    /// Of what is written among what the tiles write, or among the windows.
    places: &'m [usize],
    pitch: usize,
}

impl Forward<'_> {
    /// Some pictures, as many as are worked on at once.
    fn run(&self, x: &[f32], y: &mut [f32], threads: &dyn Threads) {
        let Self { plan, filters, finish, places, pitch } = *self;
        let (geometry, filter_groups) = (&plan.geometry, plan.filter_groups());
        let (groups, products, pictures) = (plan.groups(), plan.products(), x.len() / geometry.read());
        let mut tiles = Scratch::new(groups * products * pitch);
        read(plan, x, pitch, tiles.lanes_mut(), threads);
        let tiles = tiles.lanes();
        let written = geometry.filters * places.len();
        let shares = Shares::new(y.chunks_mut(written).flat_map(|y| y.chunks_mut(LANES * places.len())));
        threads.each(plan.panels(), &|panel| {
            let first = panel * WIDE;
            let wide = WIDE.min(filter_groups - first);
            // Of one panel alone, so that the second-level cache still has them when they are read.
            let mut sums = Scratch::new(wide * products * pitch);
            for product in 0..products {
                let takers = plan.takers(product, pictures);
                let of_groups = sums.lanes_mut().chunks_mut(products * pitch);
                let mut into: Vec<_> = of_groups.map(|sums| &mut sums[product * pitch..][takers.clone()]).collect();
                let a = |group: usize| &tiles[(group * products + product) * pitch..][takers.clone()];
                let b = |group: usize| &filters[(panel * groups + group) * products + product];
                dispatch(Product { into: &mut into, a: &a, b: &b, groups });
            }
            for (group, from) in sums.lanes().chunks(products * pitch).enumerate() {
                let group = first + group;
                let mut bias = [0.0; LANES];
                for (into, from) in bias.iter_mut().zip(finish.bias.unwrap_or_default().iter().skip(group * LANES)) {
                    *into = *from;
                }
                for picture in 0..pictures {
                    shares.with(picture * filter_groups + group, |into| {
                        dispatch(Write { plan, from, pitch, pictures, picture, finish, bias, places, into });
                    });
                }
            }
        });
    }
}

/// The gradient by the filters, `[filters, channels, kernel height, kernel width]`, given `x` and the gradient by `y`.
pub(crate) fn filter_gradient(plan: &Plan, x: &[f32], dy: &[f32], dw: &mut [f32], threads: &dyn Threads) {
    let geometry = &plan.geometry;
    let pictures = plan.pictures(x.len() / geometry.read());
    let (pitch, products) = (plan.pitch(pictures), plan.products());
    let (groups, filter_groups, panels) = (plan.groups(), plan.filter_groups(), plan.panels());
    let writes = places(geometry.output(), plan.writes()[1], [0, 0]);
    let mut tiles = Scratch::new(groups * products * pitch);
    let mut gradients = Scratch::new(filter_groups * products * pitch);
    let mut sums = Scratch::new(products * panels * groups * WIDE * LANES);
    if x.is_empty() {
        dw.fill(0.0);
        return;
    }
    for (block, (x, dy)) in
        x.chunks(pictures * geometry.read()).zip(dy.chunks(pictures * geometry.written())).enumerate()
    {
        read(plan, x, pitch, tiles.lanes_mut(), threads);
        let shares = Shares::new(gradients.lanes_mut().chunks_mut(products * pitch));
        threads.each(shares.len(), &|group| {
            shares.with(group, |into| dispatch(Back { plan, gradients: dy, group, places: &writes, pitch, into }));
        });
        drop(shares);
        let (tiles, gradients, pictures) = (tiles.lanes(), gradients.lanes(), x.len() / geometry.read());
        let shares = Shares::new(panels_mut(sums.lanes_mut()).iter_mut());
        threads.each(products * panels, &|at| {
            let (product, panel) = (at / panels, at % panels);
            let wide = WIDE.min(filter_groups - panel * WIDE);
            let takers = plan.takers(product, pictures);
            let b: Vec<&[Lanes]> = (panel * WIDE..panel * WIDE + wide)
                .map(|group| &gradients[(group * products + product) * pitch..][takers.clone()])
                .collect();
            for group in 0..groups {
                shares.with((panel * groups + group) * products + product, |into| {
                    if block == 0 {
                        **into = [[[0.0; LANES]; WIDE]; LANES];
                    }
                    let a = &tiles[(group * products + product) * pitch..][takers.clone()];
                    dispatch(Correlate { into, a, b: &b });
                });
            }
        });
    }
    let from = self::panels(sums.lanes());
    let shares = Shares::new(dw.chunks_mut(WIDE * LANES * geometry.taps()));
    threads.each(shares.len(), &|panel| {
        let from = &from[panel * groups * products..][..groups * products];
        shares.with(panel, |into| dispatch(Gradient { plan, from, into }));
    });
}

/// Transforms the tiles of all channels: `into` is `[groups, products, pitch]`.
fn read(plan: &Plan, x: &[f32], pitch: usize, into: &mut [Lanes], threads: &dyn Threads) {
    let geometry = &plan.geometry;
    let [_, columns] = plan.reads();
    let places = match plan.phases {
        [1, 1] => places(geometry.size, columns, [geometry.pads[0], geometry.pads[1]]),
        _ => Vec::new(),
    };
    let shares = Shares::new(into.chunks_mut(plan.products() * pitch));
    threads.each(shares.len(), &|group| {
        shares.with(group, |into| dispatch(Read { plan, pictures: x, group, places: &places, pitch, into }));
    });
}

fn panels(lanes: &[Lanes]) -> &[Panel] {
    lanes.as_chunks().0.as_chunks().0
}

fn panels_mut(lanes: &mut [Lanes]) -> &mut [Panel] {
    lanes.as_chunks_mut().0.as_chunks_mut().0
}
