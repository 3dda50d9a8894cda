//! The gradient of the t-SNE cost: attraction by neighbours, repulsion by a grid.

use ndarray::Array2;
use rayon::prelude::*;

use super::affinity::Affinities;
use super::convolution::Convolution;
use super::neighbours;
use super::spline::{self, NODES};

/// Two coordinates of a point on the plane: its position, velocity or slope.
pub(super) type Point = [f64; 2];

/// The largest distance of the grid's nodes, on a plane where the kernel has width 1.
const SPACING: f64 = 1.0 / 3.0;
/// The fewest and the most intervals along the longer side. The lower limit resolves a small layout. The upper limit bounds
/// the memory when one point is far away.
const INTERVALS: [f64; 2] = [48.0, 2048.0];

/// Computes gradients for one set of points.
pub(super) struct Gradient {
    affinities: Affinities,
    /// The convolution of the last grid, which is used again while the grid keeps its size and spacing.
    convolution: Option<Convolution>,
}

impl Gradient {
    /// Prepares gradients for `points` `[n, d]`, whose coordinates are at most about 1. Three times `perplexity` is below n.
    pub fn new(points: &Array2<f64>, perplexity: f64) -> Self {
        let each = ((3.0 * perplexity) as usize).clamp(1, points.nrows() - 1);
        let nearest = neighbours::nearest(points, each);
        Self { affinities: Affinities::new(&nearest, perplexity), convolution: None }
    }

    /// Returns a quarter of the cost's gradient at each of `positions`, with attraction multiplied by `exaggeration`.
    ///
    /// The factor of 4 is part of the learning rate, as in van der Maaten's code.
    pub fn at(&mut self, positions: &[Point], exaggeration: f64) -> Vec<Point> {
        let (stencils, size, spacing) = stencils(positions);
        if !self.convolution.as_ref().is_some_and(|convolution| convolution.fits(size, spacing)) {
            self.convolution = None;
        }
        let convolution = self.convolution.get_or_insert_with(|| Convolution::new(size, spacing));
        let potential = convolution.potential(&density(&stencils, size), size[0]);
        let affinities = &self.affinities;
        let found: Vec<(Point, Point, f64)> = (0..positions.len())
            .into_par_iter()
            .with_min_len(128)
            .map(|i| {
                let (value, slope) = stencils[i].read(&potential, size[0]);
                let (own, own_slope) = stencils[i].read_own(convolution.of_one_node());
                // The derivative of 1 / (1 + d²) is -2 d / (1 + d²)².
                let repulsion = [0, 1].map(|axis| (own_slope[axis] - slope[axis]) / (2.0 * spacing));
                (attraction(affinities, positions, i), repulsion, value - own)
            })
            .collect();
        let total = found.iter().map(|(_, _, value)| value).sum::<f64>().max(1e-9);
        let sum = |attraction: &Point, repulsion: &Point| {
            [0, 1].map(|axis| exaggeration * attraction[axis] - repulsion[axis] / total)
        };
        found.iter().map(|(attraction, repulsion, _)| sum(attraction, repulsion)).collect()
    }
}

/// Returns the attraction of point `i` by its neighbours.
fn attraction(affinities: &Affinities, positions: &[Point], i: usize) -> Point {
    let own = positions[i];
    let mut sum = [0.0; 2];
    for (j, affinity) in affinities.of(i) {
        let other = positions[*j as usize];
        let apart = [own[0] - other[0], own[1] - other[1]];
        let strength = f64::from(*affinity) / (1.0 + apart[0] * apart[0] + apart[1] * apart[1]);
        sum[0] += strength * apart[0];
        sum[1] += strength * apart[1];
    }
    sum
}

/// The 4 x 4 nodes of the grid around a point, with the point's weight at each.
struct Stencil {
    /// The first of the four nodes along x and y.
    node: [usize; 2],
    /// The weights of the nodes along x and y.
    weights: [[f64; NODES]; 2],
    /// The derivatives of the weights, for nodes at distance 1.
    slopes: [[f64; NODES]; 2],
}

impl Stencil {
    /// Returns the potential at the point and its slope, for nodes at distance 1.
    fn read(&self, potential: &[f64], width: usize) -> (f64, Point) {
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

    /// Returns the part of [`Stencil::read`] that comes from the point's own density.
    ///
    /// `of_one_node` is the potential of one node at the nodes around it.
    fn read_own(&self, of_one_node: &[[f64; NODES]; NODES]) -> (f64, Point) {
        // The products of all weights, summed by how many nodes lie between them. The potential is symmetric.
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
                value += of_one_node[row][column] * vy[row] * vx[column];
                slope[0] += of_one_node[row][column] * vy[row] * sx[column];
                slope[1] += of_one_node[row][column] * sy[row] * vx[column];
            }
        }
        (value, slope)
    }
}

/// Lays a grid around the points. Returns their stencils, the number of nodes along x and y, and the spacing of the nodes.
fn stencils(positions: &[Point]) -> (Vec<Stencil>, [usize; 2], f64) {
    let ends = [0, 1].map(|axis| {
        positions.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |ends, position| {
            [ends[0].min(position[axis]), ends[1].max(position[axis])]
        })
    });
    let sides = ends.map(|[low, high]| high - low);
    let spacing = spacing(sides[0].max(sides[1]));
    let size = sides.map(|side| (side / spacing) as usize + NODES);
    let stencil = |position: &Point| {
        let along = [0, 1].map(|axis| (position[axis] - ends[axis][0]) / spacing);
        let parts = along.map(f64::fract);
        Stencil {
            node: along.map(|along| along as usize),
            weights: parts.map(spline::weights),
            slopes: parts.map(spline::slopes),
        }
    };
    (positions.par_iter().with_min_len(256).map(stencil).collect(), size, spacing)
}

/// Returns the spacing of the nodes for a layout whose longer side is `side`.
///
/// [`SPACING`] is halved or doubled until the number of intervals is within [`INTERVALS`], so that it seldom changes.
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

/// Spreads a density of 1 for each point over the nodes of its stencil. The result is `[size[1], size[0]]`.
fn density(stencils: &[Stencil], size: [usize; 2]) -> Vec<f64> {
    // One thread sums each row of nodes, over the points in their order, so that threads do not change the sums.
    let mut starts = vec![0usize; size[1] + 1];
    for stencil in stencils {
        starts[stencil.node[1] + 1] += 1;
    }
    for row in 0..size[1] {
        starts[row + 1] += starts[row];
    }
    let mut free = starts.clone();
    let mut order = vec![0u32; stencils.len()];
    for (i, stencil) in stencils.iter().enumerate() {
        let slot = &mut free[stencil.node[1]];
        order[*slot] = i as u32;
        *slot += 1;
    }
    let mut density = vec![0.0; size[0] * size[1]];
    density.par_chunks_mut(size[0]).with_min_len(8).enumerate().for_each(|(row, density)| {
        for first in row.saturating_sub(NODES - 1)..=row {
            for i in &order[starts[first]..starts[first + 1]] {
                let Stencil { node, weights: [wx, wy], .. } = &stencils[*i as usize];
                let to = &mut density[node[0]..node[0] + NODES];
                for (to, wx) in to.iter_mut().zip(wx) {
                    *to += wy[row - first] * wx;
                }
            }
        }
    });
    density
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the positions of `n` points in clusters, on a square whose side is `side`.
    fn plane(n: usize, side: f64) -> Vec<Point> {
        let wave = |i: usize, frequency: f64| (i as f64 * frequency).sin();
        (0..n)
            .map(|i| {
                [0.37, 1.93].map(|frequency| side * (0.4 * wave(i % 9, 5.0 * frequency) + 0.1 * wave(i, frequency)))
            })
            .collect()
    }

    fn points(n: usize) -> Array2<f64> {
        Array2::from_shape_fn((n, 3), |(i, j)| ((i * 5 + j * 11) as f64).sin())
    }

    fn squared(point: Point) -> f64 {
        point[0].powi(2) + point[1].powi(2)
    }

    fn apart(positions: &[Point], i: usize, j: usize) -> Point {
        [0, 1].map(|axis| positions[i][axis] - positions[j][axis])
    }

    /// Returns the gradient without attraction, computed from every pair.
    fn repulsion_of_all_pairs(positions: &[Point]) -> Vec<Point> {
        let n = positions.len();
        let kernel = |i: usize, j: usize| 1.0 / (1.0 + squared(apart(positions, i, j)));
        let total: f64 =
            (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| kernel(i, j)).sum::<f64>() - n as f64;
        let one = |i: usize| {
            (0..n).fold([0.0; 2], |sum, j| {
                let strength = kernel(i, j).powi(2) / total;
                let apart = apart(positions, i, j);
                [0, 1].map(|axis| sum[axis] - strength * apart[axis])
            })
        };
        (0..n).map(one).collect()
    }

    #[test]
    fn the_repulsion_of_the_grid_is_that_of_all_pairs() {
        let mut gradient = Gradient::new(&points(400), 5.0);
        // The sides grow and shrink again, so that the grid is replaced in both directions.
        for side in [1e-4, 0.01, 1.0, 10.0, 40.0, 150.0, 1.0] {
            let positions = plane(400, side);
            let (expected, found) = (repulsion_of_all_pairs(&positions), gradient.at(&positions, 0.0));
            let scale = expected.iter().map(|force| squared(*force)).sum::<f64>();
            let error = expected.iter().zip(&found).map(|(a, b)| squared([a[0] - b[0], a[1] - b[1]])).sum::<f64>();
            let error = (error / scale).sqrt();
            assert!(error < 0.015, "side {side}: the error is {error} of the force");
        }
    }

    #[test]
    fn the_attraction_is_that_of_the_formula() {
        let mut gradient = Gradient::new(&points(120), 5.0);
        let positions = plane(120, 20.0);
        let (without, with) = (gradient.at(&positions, 0.0), gradient.at(&positions, 2.0));
        for i in 0..120 {
            let mut expected = [0.0; 2];
            for (j, affinity) in gradient.affinities.of(i) {
                let apart = apart(&positions, i, *j as usize);
                for axis in 0..2 {
                    expected[axis] += 2.0 * f64::from(*affinity) * apart[axis] / (1.0 + squared(apart));
                }
            }
            for axis in 0..2 {
                assert!((with[i][axis] - without[i][axis] - expected[axis]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_gradient_is_a_quarter_of_the_slope_of_the_cost() {
        // With 12 points and perplexity 3.7 each point has all others as neighbours.
        let mut gradient = Gradient::new(&points(12), 3.7);
        let mut positions: Vec<Point> =
            (0..12).map(|i| [0.7, 1.3].map(|frequency| (f64::from(i) * frequency).sin())).collect();
        let affinities: Vec<Vec<(u32, f32)>> = (0..12).map(|i| gradient.affinities.of(i).to_vec()).collect();
        assert!(affinities.iter().all(|row| row.len() == 11));
        // The Kullback-Leibler divergence of the plane's affinities from those of the points.
        let cost = |positions: &[Point]| -> f64 {
            let kernel = |i: usize, j: usize| 1.0 / (1.0 + squared(apart(positions, i, j)));
            let pairs = || (0..12).flat_map(|i| (0..12).map(move |j| (i, j))).filter(|(i, j)| i != j);
            let total: f64 = pairs().map(|(i, j)| kernel(i, j)).sum();
            let term =
                |i: usize, (j, p): &(u32, f32)| f64::from(*p) * (f64::from(*p) / (kernel(i, *j as usize) / total)).ln();
            (0..12).map(|i| affinities[i].iter().map(|pair| term(i, pair)).sum::<f64>()).sum()
        };
        let found = gradient.at(&positions, 1.0);
        let scale = (found.iter().map(|slope| squared(*slope)).sum::<f64>() / 12.0).sqrt();
        for i in 0..12 {
            for axis in 0..2 {
                let here = positions[i][axis];
                let mut at = |shift: f64| {
                    positions[i][axis] = here + shift;
                    cost(&positions)
                };
                let expected = (at(1e-5) - at(-1e-5)) / 2e-5 / 4.0;
                positions[i][axis] = here;
                assert!((found[i][axis] - expected).abs() < 0.015 * scale, "{} {expected}", found[i][axis]);
            }
        }
    }

    #[test]
    fn the_spacing_changes_by_factors_of_two() {
        let times = |side: f64| (spacing(side) / SPACING).log2().round() as i32;
        assert_eq!([9.0, 17.0, 100.0, 680.0, 690.0].map(times), [-1, 0, 0, 0, 1]);
        assert!(spacing(1e-4) * INTERVALS[0] <= 1e-4 && spacing(1e-4) * 2.0 * INTERVALS[0] > 1e-4);
        assert!(spacing(0.0) > 0.0, "all points at one position");
    }
}
