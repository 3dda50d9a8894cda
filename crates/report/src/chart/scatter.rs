//! Images on a plane, framed in their class's colour: the t-SNE map.

use std::collections::BTreeSet;

use super::{Entry, Swatch, legend, nothing};
use crate::{
    Color, DataUri,
    scene::{Anchor, Mark, Scene},
};

/// One image on the plane.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its place; any units.
    pub x: f64,
    /// Its place, upwards.
    pub y: f64,
    /// Its class, an index into [`ScatterChart::classes`].
    pub class: usize,
    /// What shows on hover.
    pub words: String,
    /// Its number in what the page tells of it.
    pub number: Option<usize>,
    /// The image; a dot where there is none.
    pub thumbnail: Option<DataUri>,
    /// The network was wrong about it: it carries a cross.
    pub wrong: bool,
}

/// One image of too many, of which only the place is shown.
#[derive(Clone, Copy, Debug)]
pub struct Dot {
    /// Its place, in the units of [`Point::x`].
    pub x: f64,
    /// Its place, upwards.
    pub y: f64,
    /// Its class, an index into [`ScatterChart::classes`].
    pub class: usize,
    /// The network was wrong about it: it has a rim in the colour of the crosses.
    pub wrong: bool,
}

/// Thumbnails on a plane with a legend of classes.
#[derive(Clone, Debug)]
pub struct ScatterChart {
    /// What the chart shows, in words.
    pub label: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The images; later ones lie on top.
    pub points: Vec<Point>,
    /// More images, below those.
    pub dots: Vec<Dot>,
}

const WIDTH: f64 = 1040.0;
const HEIGHT: f64 = 760.0;
/// Rounds of pushing images off each other.
const ROUNDS: usize = 120;

impl ScatterChart {
    /// Side of a thumbnail in pixels for `count` points: smaller the more there are.
    pub fn thumbnail_side(count: usize) -> u32 {
        (WIDTH * HEIGHT / count.max(1) as f64 * 0.27).sqrt().clamp(12.0, 44.0) as u32
    }

    /// Lays the chart out: the two axes share one scale, since only distances mean something.
    pub fn scene(&self) -> Scene {
        let sound = |p: &&Point| p.x.is_finite() && p.y.is_finite();
        let points: Vec<&Point> = self.points.iter().filter(sound).collect();
        if points.is_empty() {
            return nothing(&self.label);
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
        let entries: Vec<Entry> = (0..count)
            .map(|i| Entry { name: &self.classes[i], color: Color::of_class(i, count), swatch: Swatch::Frame })
            .collect();
        let top = 8.0 + legend(&mut scene, &entries, 4.0, WIDTH - 150.0, 12.0);
        if points.iter().any(|p| p.wrong) || self.dots.iter().any(|dot| dot.wrong) {
            cross(&mut scene, (WIDTH - 132.0, 12.0), 6.0);
            scene.add(Mark::text("soft", (WIDTH - 118.0, 16.0), Anchor::Start, "predicted wrongly"));
        }
        // The script hides the legend, which its own controls repeat, and moves the images alone.
        scene.gather("legend");
        let (room_x, room_y) = (WIDTH - side - 12.0, HEIGHT - top - side - 12.0);
        let scale = (room_x / (x1 - x0).max(1e-12)).min(room_y / (y1 - y0).max(1e-12)).min(1e9);
        let left = (WIDTH - (x1 - x0) * scale) / 2.0;
        let up = top + (HEIGHT - top - (y1 - y0) * scale) / 2.0;
        let on_paper = |x: f64, y: f64| [left + (x - x0) * scale, up + (y1 - y) * scale];
        let mut places: Vec<[f64; 2]> = points.iter().map(|p| on_paper(p.x, p.y)).collect();
        let inset = side / 2.0 + 6.0;
        push_apart(&mut places, side + 1.0, [[inset, WIDTH - inset], [top + inset, HEIGHT - inset]]);
        let mut marks = self.clouds(on_paper);
        marks.extend(points.iter().zip(places).map(|(point, place)| thumb(point, place.into(), side, count)));
        scene.add(Mark::group("plane", marks));
        scene
    }

    /// The dots, a mark for each class and below it one for the rims of its wrong ones: few bytes each, whole half pixels,
    /// and none on top of another.
    fn clouds(&self, on_paper: impl Fn(f64, f64) -> [f64; 2]) -> Vec<Mark> {
        let places = |class: usize, wrong: bool| {
            let own = self.dots.iter().filter(|dot| dot.class == class && (dot.wrong || !wrong));
            let found: BTreeSet<[i64; 2]> = own
                .map(|dot| on_paper(dot.x, dot.y))
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

/// Moves squares of `side` off each other, each as little as it takes, inside `bounds`: an image below another one
/// is of no use, and the order of neighbours says all that such a map can say.
fn push_apart(places: &mut [[f64; 2]], side: f64, bounds: [[f64; 2]; 2]) {
    let mut order: Vec<usize> = (0..places.len()).collect();
    for _ in 0..ROUNDS {
        // Sorted by x, only near ones have to be compared.
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

/// A point's image with its frame.
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

/// The sign of a wrong prediction, for the legend.
fn cross(scene: &mut Scene, (x, y): (f64, f64), radius: f64) {
    scene.add(Mark::circle("badge", (x, y), radius).fill(Color::VERMILION));
    scene.add(Mark::text("badge-sign", (x, y + 3.5), Anchor::Middle, "×"));
}
