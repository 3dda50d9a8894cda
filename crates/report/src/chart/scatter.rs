//! A chart of images on a plane, for example the t-SNE embedding. The frames have the colours of the classes.

use std::collections::BTreeSet;

use super::{LegendEntry, Swatch, empty_chart, legend};
use crate::{
    Color, DataUri,
    scene::{Anchor, Mark, Scene},
};

/// An image on the plane.
#[derive(Clone, Debug)]
pub struct Point {
    /// The horizontal position, in any unit.
    pub x: f64,
    /// The vertical position, upwards, in the same unit.
    pub y: f64,
    /// The class, an index into [`ScatterChart::classes`].
    pub class: usize,
    /// The text that appears on hover.
    pub words: String,
    /// The index of the image in the data of the page.
    pub number: Option<usize>,
    /// The thumbnail. Without one, the image is a dot.
    pub thumbnail: Option<DataUri>,
    /// Whether the prediction is wrong. The image then has a cross.
    pub wrong: bool,
}

/// An image that is shown as a dot, because there are too many images for thumbnails.
#[derive(Clone, Copy, Debug)]
pub struct Dot {
    /// The horizontal position, in the unit of [`Point::x`].
    pub x: f64,
    /// The vertical position, upwards, in the same unit.
    pub y: f64,
    /// The class, an index into [`ScatterChart::classes`].
    pub class: usize,
    /// Whether the prediction is wrong. The dot then has a rim in the colour of the crosses.
    pub wrong: bool,
}

/// A chart of thumbnails on a plane, with a legend of the classes.
#[derive(Clone, Debug)]
pub struct ScatterChart {
    /// The text alternative of the chart.
    pub label: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The images. Later ones are drawn over earlier ones.
    pub points: Vec<Point>,
    /// The images that are dots. They are below `points`.
    pub dots: Vec<Dot>,
}

const WIDTH: f64 = 1040.0;
const HEIGHT: f64 = 760.0;
/// Maximum number of rounds in which overlapping images are moved apart.
const ROUNDS: usize = 120;

impl ScatterChart {
    /// Returns the side of a thumbnail in pixels. It is smaller for a larger `count` of points.
    pub fn thumbnail_side(count: usize) -> u32 {
        (WIDTH * HEIGHT / count.max(1) as f64 * 0.27).sqrt().clamp(12.0, 44.0) as u32
    }

    /// Draws the chart. Both axes have the same scale, because only distances have a meaning.
    pub fn scene(&self) -> Scene {
        let valid = |p: &&Point| p.x.is_finite() && p.y.is_finite();
        let points: Vec<&Point> = self.points.iter().filter(valid).collect();
        if points.is_empty() {
            return empty_chart(&self.label);
        }
        let places = || {
            let dots = self.dots.iter().map(|dot| (dot.x, dot.y)).filter(|(x, y)| x.is_finite() && y.is_finite());
            points.iter().map(|p| (p.x, p.y)).chain(dots)
        };
        let ends = |pick: fn((f64, f64)) -> f64| {
            places().map(pick).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)))
        };
        let ((x0, x1), (y0, y1)) = (ends(|(x, _)| x), ends(|(_, y)| y));
        let side = f64::from(Self::thumbnail_side(points.len()));

        let mut scene = Scene::new(WIDTH, HEIGHT, &self.label);
        let count = self.classes.len();
        let entries: Vec<LegendEntry> = (0..count)
            .map(|i| LegendEntry { name: &self.classes[i], color: Color::of_class(i, count), swatch: Swatch::Frame })
            .collect();
        let top = 8.0 + legend(&mut scene, &entries, 4.0, WIDTH - 150.0, 12.0);
        if points.iter().any(|p| p.wrong) || self.dots.iter().any(|dot| dot.wrong) {
            cross(&mut scene, (WIDTH - 132.0, 12.0), 6.0);
            scene.add(Mark::text("soft", (WIDTH - 118.0, 16.0), Anchor::Start, "predicted wrongly"));
        }
        // The legend is a group of its own: the script hides it, because the filters show the same, and moves only the images.
        scene.gather("legend");
        let (width, height) = (WIDTH - side - 12.0, HEIGHT - top - side - 12.0);
        let scale = (width / (x1 - x0).max(1e-12)).min(height / (y1 - y0).max(1e-12)).min(1e9);
        let left = (WIDTH - (x1 - x0) * scale) / 2.0;
        let up = top + (HEIGHT - top - (y1 - y0) * scale) / 2.0;
        let to_pixels = |x: f64, y: f64| [left + (x - x0) * scale, up + (y1 - y) * scale];
        let mut places: Vec<[f64; 2]> = points.iter().map(|p| to_pixels(p.x, p.y)).collect();
        let inset = side / 2.0 + 6.0;
        push_apart(&mut places, side + 1.0, [[inset, WIDTH - inset], [top + inset, HEIGHT - inset]]);
        let mut marks = self.clouds(to_pixels);
        marks.extend(points.iter().zip(places).map(|(point, place)| thumb(point, place.into(), side, count)));
        scene.add(Mark::group("plane", marks));
        scene
    }

    /// Returns the dots: a mark for each class, below it a mark for the rims of its wrong predictions.
    ///
    /// Positions are rounded to half pixels, and dots at the same position are drawn once. This keeps the drawing small.
    fn clouds(&self, to_pixels: impl Fn(f64, f64) -> [f64; 2]) -> Vec<Mark> {
        let places = |class: usize, wrong: bool| {
            let own = self.dots.iter().filter(|dot| dot.class == class && (dot.wrong || !wrong));
            let found: BTreeSet<[i64; 2]> = own
                .map(|dot| to_pixels(dot.x, dot.y))
                .filter(|place| place.iter().all(|at| at.is_finite()))
                .map(|place| place.map(|at| (2.0 * at).round() as i64))
                .collect();
            found.into_iter().map(|[x, y]| (x as f64 / 2.0, y as f64 / 2.0)).collect::<Vec<_>>()
        };
        let count = self.classes.len();
        let kinds = [("dots missed", true), ("dots", false)];
        let marks = (0..count).flat_map(|class| kinds.map(|(name, wrong)| (class, name, places(class, wrong), wrong)));
        marks
            .filter(|(_, _, places, _)| !places.is_empty())
            .map(|(class, name, places, wrong)| {
                let color = if wrong { Color::VERMILION } else { Color::of_class(class, count) };
                Mark::dots(name, &places).stroke(color).number(Some(class))
            })
            .collect()
    }
}

/// Moves overlapping squares of `side` apart, each as little as possible, and keeps them inside `bounds`.
///
/// Every image should be visible. Exact positions matter less, because the embedding only shows which images are neighbours.
fn push_apart(places: &mut [[f64; 2]], side: f64, bounds: [[f64; 2]; 2]) {
    let mut order: Vec<usize> = (0..places.len()).collect();
    for _ in 0..ROUNDS {
        // The squares are sorted by x, so that only near squares have to be compared.
        order.sort_by(|a, b| places[*a][0].total_cmp(&places[*b][0]).then(a.cmp(b)));
        let mut moved = false;
        for (at, first) in order.iter().enumerate() {
            for second in &order[at + 1..] {
                let apart: [f64; 2] = std::array::from_fn(|axis| places[*second][axis] - places[*first][axis]);
                if apart[0] > 2.0 * side {
                    break;
                }
                let overlap = apart.map(|d| side - d.abs());
                if overlap.iter().any(|o| *o <= 0.0) {
                    continue;
                }
                let axis = usize::from(overlap[1] < overlap[0]);
                let step = (overlap[axis] / 2.0).min(side / 4.0) * if apart[axis] < 0.0 { -1.0 } else { 1.0 };
                places[*first][axis] -= step;
                places[*second][axis] += step;
                moved = true;
            }
        }
        for place in &mut *places {
            *place = std::array::from_fn(|axis| place[axis].clamp(bounds[axis][0], bounds[axis][1]));
        }
        if !moved {
            break;
        }
    }
}

/// Returns the thumbnail of a point with its frame.
fn thumb(point: &Point, (x, y): (f64, f64), side: f64, classes: usize) -> Mark {
    let color = Color::of_class(point.class, classes);
    let (corner, square) = ((x - side / 2.0, y - side / 2.0), (side, side));
    let mut marks = match &point.thumbnail {
        Some(uri) => vec![
            Mark::image("image", corner, square, uri.to_string()),
            Mark::rect("frame", corner, square, 2.0).stroke(color),
        ],
        None => vec![Mark::circle("dot", (x, y), (side / 5.0).max(3.0)).fill(color)],
    };
    if point.wrong {
        let corner = (x + side / 2.0 - 1.0, y - side / 2.0 + 1.0);
        marks.push(Mark::circle("badge", corner, 5.0).fill(Color::VERMILION));
        marks.push(Mark::text("badge-sign", (corner.0, corner.1 + 3.5), Anchor::Middle, "×"));
    }
    Mark::group("thumb", marks).title(&point.words).number(point.number)
}

/// Draws the cross of wrong predictions into the legend.
fn cross(scene: &mut Scene, (x, y): (f64, f64), radius: f64) {
    scene.add(Mark::circle("badge", (x, y), radius).fill(Color::VERMILION));
    scene.add(Mark::text("badge-sign", (x, y + 3.5), Anchor::Middle, "×"));
}
