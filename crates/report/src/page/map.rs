//! The map of the data set: a static drawing, and beside it as data what the script tells of each image.

use askama::Template;
use serde::Serialize;

use super::Link;
use crate::chart::{Dot, Point, ScatterChart};
use crate::{DataUri, ReportError, Scene};

/// A map of images to look around in.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// What it is.
    pub title: String,
    /// How to read it.
    pub note: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The images.
    pub spots: Vec<Spot>,
    /// More images, of which only the place is shown.
    pub dots: Vec<Dot>,
    /// The files behind it.
    pub links: Vec<Link>,
}

/// One image of a [`Map`].
#[derive(Clone, Debug)]
pub struct Spot {
    /// Its name in the data set.
    pub id: String,
    /// Its place; any units.
    pub x: f64,
    /// Its place, upwards.
    pub y: f64,
    /// Its class, an index into [`Map::classes`].
    pub label: usize,
    /// What the network says it is.
    pub predicted: usize,
    /// The part of the data set that it is in.
    pub split: String,
    /// Where it comes from.
    pub source: String,
    /// Each class's probability, where it is known.
    pub probabilities: Vec<f64>,
    /// The image, small; a dot where there is none.
    pub thumbnail: Option<DataUri>,
}

/// What the script reads.
#[derive(Serialize)]
struct Data<'a> {
    classes: &'a [String],
    spots: Vec<Told<'a>>,
}

/// What the script reads of one image.
#[derive(Serialize)]
struct Told<'a> {
    id: &'a str,
    label: usize,
    predicted: usize,
    split: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "<[f64]>::is_empty")]
    probabilities: &'a [f64],
}

impl Spot {
    fn told(&self) -> Told<'_> {
        let Self { id, label, predicted, split, source, probabilities, .. } = self;
        Told { id, label: *label, predicted: *predicted, split, source, probabilities }
    }
}

impl Map {
    /// The drawing. Images that were predicted wrongly lie on top.
    pub fn scene(&self) -> Scene {
        let mut points: Vec<Point> = self.spots.iter().enumerate().map(|(at, spot)| self.point(at, spot)).collect();
        points.sort_by_key(|point| point.wrong);
        let label =
            format!("{}: {} images of {} classes", self.title, self.spots.len() + self.dots.len(), self.classes.len());
        ScatterChart { label, classes: self.classes.clone(), points, dots: self.dots.clone() }.scene()
    }

    fn point(&self, number: usize, spot: &Spot) -> Point {
        let words = format!(
            "{} ({}), predicted {}; {}",
            self.name(spot.label),
            spot.split,
            self.name(spot.predicted),
            spot.source
        );
        Point {
            x: spot.x,
            y: spot.y,
            class: spot.label,
            words,
            number: Some(number),
            thumbnail: spot.thumbnail.clone(),
            wrong: spot.label != spot.predicted,
        }
    }

    fn name(&self, class: usize) -> &str {
        self.classes.get(class).map_or("?", String::as_str)
    }

    fn count(&self, class: usize) -> usize {
        let dots = self.dots.iter().filter(|dot| dot.class == class);
        self.spots.iter().filter(|spot| spot.label == class).count() + dots.count()
    }

    /// The parts of the data set that occur, in the order in which they come.
    fn splits(&self) -> Vec<&str> {
        let mut seen: Vec<&str> = Vec::new();
        for spot in &self.spots {
            if !seen.contains(&spot.split.as_str()) {
                seen.push(&spot.split);
            }
        }
        seen
    }

    fn wrong(&self) -> usize {
        let dots = self.dots.iter().filter(|dot| dot.wrong);
        self.spots.iter().filter(|spot| spot.label != spot.predicted).count() + dots.count()
    }

    /// The data as JSON that is safe inside a `script` element.
    fn json(&self) -> askama::Result<String> {
        let data = Data { classes: &self.classes, spots: self.spots.iter().map(Spot::told).collect() };
        let json = serde_json::to_string(&data).map_err(|error| askama::Error::Custom(Box::new(error)))?;
        Ok(inert(&json))
    }
}

/// JSON in which nothing ends a `script` element or begins a comment: `<`, `>` and `&` only occur inside strings there,
/// where an escape means the same.
fn inert(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

#[derive(Template)]
#[template(path = "map.html")]
struct MapTemplate<'a> {
    map: &'a Map,
    drawing: String,
    level: u8,
}

/// The map, its heading of `level`.
pub(super) fn html(map: &Map, level: u8) -> askama::Result<String> {
    let drawing = map.scene().inline().map_err(ReportError::into_template)?;
    MapTemplate { map, drawing, level }.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_and_ends_no_script() {
        let text = "</script><!--&\u{2028}";
        let json = inert(&serde_json::to_string(text).unwrap_or_default());
        assert!(!json.contains(['<', '>', '&', '\u{2028}']));
        assert_eq!(serde_json::from_str::<String>(&json).ok().as_deref(), Some(text));
    }
}
