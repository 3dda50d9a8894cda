//! Slopes of the cost at a price that grows about as the number of points.
//!
//! A point is drawn by its nearest neighbours alone, and what all points push each other is read off a [`Grid`].

use ndarray::Array2;
use rayon::prelude::*;

use crate::affinity::{self, Sparse};
use crate::descent::{Pair, Slopes};
use crate::grid::Grid;
use crate::neighbours;
use crate::spline::{self, NODES};

/// Distance of the grid's nodes at most, in units of the map, where the kernel is 1 wide.
const SPACING: f64 = 1.0 / 3.0;
/// Intervals along the longer side: at least, so that a small map is resolved, and at most, so that a point far off
/// does not take all memory.
const INTERVALS: [f64; 2] = [48.0, 2048.0];

/// Neighbours and a grid.
pub(crate) struct Interpolated {
    near: Sparse,
    grid: Option<Grid>,
}

impl Interpolated {
    /// For `points` `[n, d]`, whose values are at most about 1. Three times `perplexity` is below n.
    pub fn new(points: &Array2<f64>, perplexity: f64) -> Self {
        let each = ((3.0 * perplexity) as usize).clamp(1, points.nrows() - 1);
        Self { near: affinity::sparse(&neighbours::nearest(points, each), perplexity), grid: None }
    }
}

impl Slopes for Interpolated {
    fn at(&mut self, places: &[Pair], exaggeration: f64) -> Vec<Pair> {
        let (spots, size, spacing) = spots(places);
        if !self.grid.as_ref().is_some_and(|grid| grid.suits(size, spacing)) {
            self.grid = None;
        }
        let grid = self.grid.get_or_insert_with(|| Grid::new(size, spacing));
        let potential = grid.potential(&spread(&spots, size), size[0]);
        let near = &self.near;
        let found: Vec<(Pair, Pair, f64)> = (0..places.len())
            .into_par_iter()
            .with_min_len(128)
            .map(|i| {
                let ((value, slope), (own, own_slope)) =
                    (spots[i].read(&potential, size[0]), spots[i].own(grid.near()));
                // The slope of 1 / (1 + d²) is -2 d / (1 + d²)².
                let push = [0, 1].map(|axis| (own_slope[axis] - slope[axis]) / (2.0 * spacing));
                (pull(near, places, i), push, value - own)
            })
            .collect();
        let total = found.iter().map(|(_, _, value)| value).sum::<f64>().max(1e-9);
        found.iter().map(|(pull, push, _)| [0, 1].map(|axis| exaggeration * pull[axis] - push[axis] / total)).collect()
    }
}

/// What draws point `i` to its neighbours.
fn pull(near: &Sparse, places: &[Pair], i: usize) -> Pair {
    let own = places[i];
    let mut pull = [0.0; 2];
    for (j, near) in &near.pairs[near.starts[i]..near.starts[i + 1]] {
        let other = places[*j as usize];
        let apart = [own[0] - other[0], own[1] - other[1]];
        let strength = f64::from(*near) / (1.0 + apart[0] * apart[0] + apart[1] * apart[1]);
        pull[0] += strength * apart[0];
        pull[1] += strength * apart[1];
    }
    pull
}

/// Where a point lies on the grid.
struct Spot {
    /// The first of its four nodes along x and y.
    node: [usize; 2],
    /// The nodes' weights along x and y, and how these change from node to node.
    weights: [[f64; NODES]; 2],
    slopes: [[f64; NODES]; 2],
}

impl Spot {
    /// The potential here and its slope by nodes.
    fn read(&self, potential: &[f64], width: usize) -> (f64, Pair) {
        let [[wx, wy], [sx, sy]] = [&self.weights, &self.slopes];
        let (mut value, mut slope) = (0.0, [0.0; 2]);
        for row in 0..NODES {
            let first = (self.node[1] + row) * width + self.node[0];
            let line = &potential[first..first + NODES];
            let dot = |with: &[f64; NODES]| line.iter().zip(with).map(|(v, w)| v * w).sum::<f64>();
            let along = dot(wx);
            value += wy[row] * along;
            slope[0] += wy[row] * dot(sx);
            slope[1] += sy[row] * along;
        }
        (value, slope)
    }

    /// What of that is from the point's own charge, by the potential of a node at the nodes around it.
    fn own(&self, near: &[[f64; NODES]; NODES]) -> (f64, Pair) {
        // Weights of both ends, by how many nodes these are apart; the potential is the same both ways.
        let both = [0, 1].map(|axis| {
            let (w, s) = (&self.weights[axis], &self.slopes[axis]);
            let (mut values, mut slopes) = ([0.0; NODES], [0.0; NODES]);
            for first in 0..NODES {
                for second in 0..NODES {
                    values[first.abs_diff(second)] += w[first] * w[second];
                    slopes[first.abs_diff(second)] += s[first] * w[second];
                }
            }
            (values, slopes)
        });
        let [(vx, sx), (vy, sy)] = &both;
        let (mut value, mut slope) = (0.0, [0.0; 2]);
        for row in 0..NODES {
            for column in 0..NODES {
                value += near[row][column] * vy[row] * vx[column];
                slope[0] += near[row][column] * vy[row] * sx[column];
                slope[1] += near[row][column] * sy[row] * vx[column];
            }
        }
        (value, slope)
    }
}

/// The points on a grid around them, its nodes along x and y, and their distance.
fn spots(places: &[Pair]) -> (Vec<Spot>, [usize; 2], f64) {
    let ends = [0, 1].map(|axis| {
        places.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |ends, place| {
            [ends[0].min(place[axis]), ends[1].max(place[axis])]
        })
    });
    let sides = ends.map(|[low, high]| high - low);
    let spacing = spacing(sides[0].max(sides[1]));
    let size = sides.map(|side| (side / spacing) as usize + NODES);
    let spot = |place: &Pair| {
        let along = [0, 1].map(|axis| (place[axis] - ends[axis][0]) / spacing);
        let parts = along.map(f64::fract);
        Spot {
            node: along.map(|along| along as usize),
            weights: parts.map(spline::weights),
            slopes: parts.map(spline::slopes),
        }
    };
    (places.par_iter().with_min_len(256).map(spot).collect(), size, spacing)
}

/// Distance of the nodes for a map `side` long: [`SPACING`] halved or doubled until it suits, so that it seldom changes.
fn spacing(side: f64) -> f64 {
    let mut spacing = SPACING;
    while side / spacing < INTERVALS[0] && spacing > 1e-12 {
        spacing /= 2.0;
    }
    while side / spacing > INTERVALS[1] {
        spacing *= 2.0;
    }
    spacing
}

/// A charge of 1 at each spot, spread over its nodes: `[size[1], size[0]]` by rows.
fn spread(spots: &[Spot], size: [usize; 2]) -> Vec<f64> {
    // Each row of nodes is summed up by one thread, its points in their order, whatever the threads.
    let mut starts = vec![0usize; size[1] + 1];
    for spot in spots {
        starts[spot.node[1] + 1] += 1;
    }
    for row in 0..size[1] {
        starts[row + 1] += starts[row];
    }
    let mut free = starts.clone();
    let mut order = vec![0u32; spots.len()];
    for (i, spot) in spots.iter().enumerate() {
        let slot = &mut free[spot.node[1]];
        order[*slot] = i as u32;
        *slot += 1;
    }
    let mut charges = vec![0.0; size[0] * size[1]];
    charges.par_chunks_mut(size[0]).with_min_len(8).enumerate().for_each(|(row, charges)| {
        for first in row.saturating_sub(NODES - 1)..=row {
            for i in &order[starts[first]..starts[first + 1]] {
                let Spot { node, weights: [wx, wy], .. } = &spots[*i as usize];
                let to = &mut charges[node[0]..node[0] + NODES];
                for (to, wx) in to.iter_mut().zip(wx) {
                    *to += wy[row - first] * wx;
                }
            }
        }
    });
    charges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Exact;

    /// A map of `n` points, `side` across, lying in clumps.
    fn plane(n: usize, side: f64) -> Vec<Pair> {
        let wave = |i: usize, pitch: f64| (i as f64 * pitch).sin();
        (0..n)
            .map(|i| [0.37, 1.93].map(|pitch| side * (0.4 * wave(i % 9, 5.0 * pitch) + 0.1 * wave(i, pitch))))
            .collect()
    }

    fn size(pair: Pair) -> f64 {
        pair[0].hypot(pair[1])
    }

    #[test]
    fn the_grid_pushes_as_all_pairs_do() {
        let points = Array2::from_shape_fn((400, 3), |(i, j)| ((i * 5 + j * 11) as f64).sin());
        let (mut exact, mut interpolated) = (Exact::new(&points, 5.0), Interpolated::new(&points, 5.0));
        // Up and down again: the grid is made anew where it has to be.
        for side in [1e-4, 0.01, 1.0, 10.0, 40.0, 150.0, 1.0] {
            let places = plane(400, side);
            let (right, found) = (exact.at(&places, 0.0), interpolated.at(&places, 0.0));
            let scale = (right.iter().map(|push| size(*push).powi(2)).sum::<f64>() / 400.0).sqrt();
            let wrong = right.iter().zip(&found).map(|(a, b)| size([a[0] - b[0], a[1] - b[1]]).powi(2)).sum::<f64>();
            let wrong = (wrong / 400.0).sqrt() / scale;
            assert!(wrong < 0.015, "{side} across: {wrong} of the force");
        }
    }

    #[test]
    fn neighbours_pull_as_the_formula_says() {
        let points = Array2::from_shape_fn((120, 3), |(i, j)| ((i * 5 + j * 11) as f64).sin());
        let mut interpolated = Interpolated::new(&points, 5.0);
        let places = plane(120, 20.0);
        let (without, with) = (interpolated.at(&places, 0.0), interpolated.at(&places, 2.0));
        for i in 0..120 {
            let mut expected = [0.0; 2];
            for (j, near) in &interpolated.near.pairs[interpolated.near.starts[i]..interpolated.near.starts[i + 1]] {
                let apart = [0, 1].map(|axis| places[i][axis] - places[*j as usize][axis]);
                for axis in 0..2 {
                    expected[axis] += 2.0 * f64::from(*near) * apart[axis] / (1.0 + size(apart).powi(2));
                }
            }
            for axis in 0..2 {
                assert!((with[i][axis] - without[i][axis] - expected[axis]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_spacing_follows_the_map_in_steps_of_two() {
        let times = |side: f64| (spacing(side) / SPACING).log2().round() as i32;
        assert_eq!([9.0, 17.0, 100.0, 680.0, 690.0].map(times), [-1, 0, 0, 0, 1]);
        assert!(spacing(1e-4) * INTERVALS[0] <= 1e-4 && spacing(1e-4) * 2.0 * INTERVALS[0] > 1e-4);
        assert!(spacing(0.0) > 0.0, "points at one place");
    }
}
