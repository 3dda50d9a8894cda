//! The shapes of all subjects, in the coordinates of the canvas' frame (x to the right, y down).

use std::f32::consts::TAU;

use tiny_skia::{Path, PathBuilder, Rect, Transform};

use crate::dice::Dice;

/// A point in the frame of the canvas.
pub type Spot = (f32, f32);

/// An outline. An outline without extent draws nothing.
#[derive(Clone, Debug)]
pub struct Shape(Option<Path>);

impl Shape {
    /// Returns the path of the outline, if it has an extent.
    pub fn path(&self) -> Option<&Path> {
        self.0.as_ref()
    }

    /// Returns the outline transformed by `step`.
    pub fn moved(self, step: Transform) -> Self {
        Self(self.0.and_then(|path| path.transform(step)))
    }

    /// Returns left, top, right and bottom of the control points. Zeros if the outline has no extent.
    pub fn bounds(&self) -> [f32; 4] {
        self.0.as_ref().map_or([0.0; 4], |path| {
            let bounds = path.bounds();
            [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()]
        })
    }

    /// Creates a rectangle.
    pub fn rectangle(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        Self(Rect::from_ltrb(left, top, right, bottom).map(PathBuilder::from_rect))
    }

    /// Creates a circle around `at`.
    pub fn circle(at: Spot, radius: f32) -> Self {
        Self::ellipse(at, radius, radius)
    }

    /// Creates an upright ellipse with the semi-axes `wide` and `high`.
    pub fn ellipse((x, y): Spot, wide: f32, high: f32) -> Self {
        Self(Rect::from_ltrb(x - wide, y - high, x + wide, y + high).and_then(PathBuilder::from_oval))
    }

    /// Creates a polygon.
    pub fn polygon(corners: &[Spot]) -> Self {
        let mut path = PathBuilder::new();
        for (place, &(x, y)) in corners.iter().enumerate() {
            if place == 0 {
                path.move_to(x, y);
            } else {
                path.line_to(x, y);
            }
        }
        path.close();
        Self(path.finish())
    }

    /// Creates a smooth closed outline through `spots`.
    pub fn blob(spots: &[Spot]) -> Self {
        let Some(&first) = spots.first() else { return Self(None) };
        let count = spots.len();
        let mut path = PathBuilder::new();
        path.move_to(first.0, first.1);
        for place in 0..count {
            let around = [count - 1, 0, 1, 2].map(|step| spots[(place + step) % count]);
            bend(&mut path, around);
        }
        path.close();
        Self(path.finish())
    }

    /// Creates a smooth closed outline with the axis of symmetry x = 0. `half` is its right half, from top to bottom.
    pub fn mirrored(half: &[Spot]) -> Self {
        Self::blob(&mirror(half))
    }

    /// Creates a smooth open line through `spots`.
    pub fn curve(spots: &[Spot]) -> Self {
        let Some(&first) = spots.first() else { return Self(None) };
        let last = spots.len() - 1;
        let mut path = PathBuilder::new();
        path.move_to(first.0, first.1);
        for place in 0..last {
            let around = [place.saturating_sub(1), place, place + 1, (place + 2).min(last)].map(|index| spots[index]);
            bend(&mut path, around);
        }
        Self(path.finish())
    }

    /// Creates a strip with round ends along `spots`, each `(x, y, half width)`, for limbs, tails and stems.
    pub fn limb(spots: &[(f32, f32, f32)]) -> Self {
        let line = smooth(spots);
        let (left, right) = sides(&line);
        let mut round = right.clone();
        cap(&mut round, line.last(), right.last());
        round.extend(left.iter().rev());
        cap(&mut round, line.first(), left.first());
        Self::polygon(&round)
    }

    /// Creates the two long sides of [`Shape::limb`], without the first `share` of its length.
    pub fn sides(spots: &[(f32, f32, f32)], share: f32) -> [Self; 2] {
        let line = smooth(spots);
        let skip = (line.len() as f32 * share) as usize;
        let (left, right) = sides(&line);
        [left, right].map(|side| Self::curve(side.get(skip..).unwrap_or_default()))
    }

    /// Creates an outline with `count` tufts of the length `tuft` along the smooth outline through `spots`.
    pub fn furry(spots: &[Spot], count: usize, tuft: f32, dice: &mut Dice) -> Self {
        let round: Vec<Spot> = (0..count * 2).map(|step| along(spots, step as f32 / (count * 2) as f32)).collect();
        let (x, y) = middle(&round);
        let tufts: Vec<Spot> = round
            .iter()
            .enumerate()
            .map(|(place, &(px, py))| {
                let distance = (px - x).hypot(py - y).max(1e-6);
                let push = if place % 2 == 0 { tuft * dice.between(0.5, 1.2) } else { -tuft * 0.3 };
                (px + (px - x) / distance * push, py + (py - y) / distance * push)
            })
            .collect();
        let mut path = PathBuilder::new();
        path.move_to(tufts[0].0, tufts[0].1);
        for pair in 0..count {
            let (low, tip) = (tufts[(pair * 2 + 1) % tufts.len()], tufts[(pair * 2 + 2) % tufts.len()]);
            path.quad_to(low.0, low.1, tip.0, tip.1);
        }
        path.close();
        Self(path.finish())
    }

    /// Creates a petal or leaf from the origin upwards. It is widest at the share `belly` of its length. `point` is 0 for
    /// a round tip and 1 for a pointed tip.
    pub fn petal(length: f32, width: f32, belly: f32, point: f32) -> Self {
        let (half, high) = (width / 2.0, -length * belly);
        let shoulder = half * (1.0 - point) * 0.9;
        let mut path = PathBuilder::new();
        path.move_to(0.0, 0.0);
        path.cubic_to(half * 0.5, 0.0, half, high * 0.55, half, high);
        path.cubic_to(half, high - (length + high) * 0.55, shoulder, -length, 0.0, -length);
        path.cubic_to(-shoulder, -length, -half, high - (length + high) * 0.55, -half, high);
        path.cubic_to(-half, high * 0.55, -half * 0.5, 0.0, 0.0, 0.0);
        path.close();
        Self(path.finish())
    }

    /// Creates an irregular round outline through `count` points around `at`. Their distances from `at` differ from
    /// `radius` by up to the share `wobble`.
    pub fn pebble(at: Spot, radius: f32, wobble: f32, count: usize, dice: &mut Dice) -> Self {
        let spots: Vec<Spot> = (0..count)
            .map(|step| {
                let angle = step as f32 / count as f32 * TAU;
                let reach = radius * dice.about(1.0, wobble);
                (at.0 + reach * angle.cos(), at.1 + reach * angle.sin())
            })
            .collect();
        Self::blob(&spots)
    }
}

/// Returns the closed outline of a right half and its mirror image.
pub fn mirror(half: &[Spot]) -> Vec<Spot> {
    let inner = half.len().saturating_sub(1).max(1);
    let left = half.get(1..inner).unwrap_or_default().iter().rev().map(|&(x, y)| (-x, y));
    half.iter().copied().chain(left).collect()
}

/// Adds the cubic curve from the second to the third of four points of a Catmull-Rom spline.
fn bend(path: &mut PathBuilder, [before, from, to, after]: [Spot; 4]) {
    let lead = (from.0 + (to.0 - before.0) / 6.0, from.1 + (to.1 - before.1) / 6.0);
    let trail = (to.0 - (after.0 - from.0) / 6.0, to.1 - (after.1 - from.1) / 6.0);
    path.cubic_to(lead.0, lead.1, trail.0, trail.1, to.0, to.1);
}

/// Returns the value between `from` and `to` at `share` on a Catmull-Rom spline.
fn spline([before, from, to, after]: [f32; 4], share: f32) -> f32 {
    let slope = (to - before) / 2.0;
    let next = (after - from) / 2.0;
    let (square, cube) = (share * share, share * share * share);
    (2.0 * cube - 3.0 * square + 1.0) * from
        + (cube - 2.0 * square + share) * slope
        + (3.0 * square - 2.0 * cube) * to
        + (cube - square) * next
}

/// Returns the point at `share` (0 to 1) of the closed spline through `spots`.
fn along(spots: &[Spot], share: f32) -> Spot {
    let count = spots.len();
    let place = share * count as f32;
    let index = place as usize;
    let around = [count - 1, 0, 1, 2].map(|step| spots[(index + step) % count]);
    let rest = place - index as f32;
    (spline(around.map(|spot| spot.0), rest), spline(around.map(|spot| spot.1), rest))
}

/// Returns points of the open spline through `spots`, twelve for each of its pieces.
fn smooth(spots: &[(f32, f32, f32)]) -> Vec<(f32, f32, f32)> {
    const STEPS: usize = 12;
    let last = spots.len().saturating_sub(1);
    let mut line = Vec::new();
    for place in 0..last {
        let around = [place.saturating_sub(1), place, place + 1, (place + 2).min(last)].map(|index| spots[index]);
        for step in 0..STEPS {
            let share = step as f32 / STEPS as f32;
            line.push((
                spline(around.map(|spot| spot.0), share),
                spline(around.map(|spot| spot.1), share),
                spline(around.map(|spot| spot.2), share).max(0.0),
            ));
        }
    }
    line.extend(spots.last());
    line
}

/// Returns the left and right edges of a strip along `line`.
fn sides(line: &[(f32, f32, f32)]) -> (Vec<Spot>, Vec<Spot>) {
    let last = line.len().saturating_sub(1);
    line.iter()
        .enumerate()
        .map(|(place, &(x, y, radius))| {
            let (before, after) = (line[place.saturating_sub(1)], line[(place + 1).min(last)]);
            let (dx, dy) = (after.0 - before.0, after.1 - before.1);
            let length = dx.hypot(dy).max(1e-6);
            let (nx, ny) = (-dy / length * radius, dx / length * radius);
            ((x + nx, y + ny), (x - nx, y - ny))
        })
        .unzip()
}

/// Adds a half circle around `end`, clockwise from `edge`.
fn cap(round: &mut Vec<Spot>, end: Option<&(f32, f32, f32)>, edge: Option<&Spot>) {
    let (Some(&(x, y, _)), Some(&(ex, ey))) = (end, edge) else { return };
    for step in 1..8 {
        let (sine, cosine) = (step as f32 / 8.0 * TAU / 2.0).sin_cos();
        let (dx, dy) = (ex - x, ey - y);
        round.push((x + dx * cosine - dy * sine, y + dy * cosine + dx * sine));
    }
}

/// Returns the mean of `spots`.
fn middle(spots: &[Spot]) -> Spot {
    let count = spots.len().max(1) as f32;
    (spots.iter().map(|spot| spot.0).sum::<f32>() / count, spots.iter().map(|spot| spot.1).sum::<f32>() / count)
}
