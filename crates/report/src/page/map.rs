//! The map of the data set: a static drawing, and data from which the script shows details of each image.

use askama::Template;
use serde::Serialize;

use super::Link;
use crate::chart::{Dot, Point, ScatterChart};
use crate::{DataUri, ReportError, Scene};

/// A map of images that the reader explores.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// The title.
    pub title: String,
    /// How to read the map.
    pub note: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The images that are shown.
    pub spots: Vec<Spot>,
    /// The images that are only shown as dots.
    pub dots: Vec<Dot>,
    /// Links to the files with the data.
    pub links: Vec<Link>,
}

/// One image of a [`Map`].
#[derive(Clone, Debug)]
pub struct Spot {
    /// The id in the data set.
    pub id: String,
    /// The horizontal position, in any unit.
    pub x: f64,
    /// The vertical position, upwards, in the same unit.
    pub y: f64,
    /// The label, an index into [`Map::classes`].
    pub label: usize,
    /// The predicted class, an index into [`Map::classes`]. [`usize::MAX`] is an unknown class.
    pub predicted: usize,
    /// The split of the image.
    pub split: String,
    /// The name under which the user knows the image.
    pub source: String,
    /// The probability of each class. Empty if it is unknown.
    pub probabilities: Vec<f64>,
    /// The thumbnail. Without one, the image is a dot.
    pub thumbnail: Option<DataUri>,
}

/// The data that the script reads.
#[derive(Serialize)]
struct Data<'a> {
    classes: &'a [String],
    spots: Vec<SpotData<'a>>,
}

/// The data of one image.
#[derive(Serialize)]
struct SpotData<'a> {
    id: &'a str,
    label: usize,
    predicted: usize,
    split: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "<[f64]>::is_empty")]
    probabilities: &'a [f64],
}

impl Spot {
    fn data(&self) -> SpotData<'_> {
        let Self { id, label, predicted, split, source, probabilities, .. } = self;
        SpotData { id, label: *label, predicted: *predicted, split, source, probabilities }
    }
}

impl Map {
    /// Returns the drawing. Images with wrong predictions are on top.
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

    /// Returns the splits of the images, in the order of their first image.
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

    /// Returns the data as JSON that is safe inside a `script` element.
    fn json(&self) -> askama::Result<String> {
        let data = Data { classes: &self.classes, spots: self.spots.iter().map(Spot::data).collect() };
        let json = serde_json::to_string(&data).map_err(|error| askama::Error::Custom(Box::new(error)))?;
        Ok(escape_for_script(&json))
    }
}

/// Escapes JSON so that it cannot end a `script` element or start a comment.
///
/// `<`, `>` and `&` occur only in strings of JSON, and an escape in a string has the same meaning as the character.
fn escape_for_script(json: &str) -> String {
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

/// Returns the HTML of the map. Its heading has `level`.
pub(super) fn html(map: &Map, level: u8) -> askama::Result<String> {
    let drawing = map.scene().inline().map_err(ReportError::into_template)?;
    MapTemplate { map, drawing, level }.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_json_has_the_same_value_and_cannot_end_a_script() {
        let text = "</script><!--&\u{2028}";
        let json = escape_for_script(&serde_json::to_string(text).unwrap_or_default());
        assert!(!json.contains(['<', '>', '&', '\u{2028}']));
        assert_eq!(serde_json::from_str::<String>(&json).ok().as_deref(), Some(text));
    }
}
