//! Tests of the report page: it runs no hostile text, loads nothing, and every image has a text alternative.

use std::collections::BTreeSet;

use image::RgbImage;
use report::{
    Color, DataUri, Page,
    chart::{Line, LineChart, Stroke},
    page::{
        Bar, Block, Body, Card, CardAndBlocks, Cell, Fact, Figure, FigureWidth, Gallery, Group, Image, Link, Map,
        Matrix, Panel, Section, Spot, Table, Tabs, Tile,
    },
};

const HOSTILE: &str = "\"><img onerror=alert(1) src=x><script>alert(1)</script>";

fn image(text: &str) -> Image {
    let source = DataUri::jpeg(&RgbImage::new(8, 8), 80).unwrap();
    Image { source, alt: text.into(), caption: text.into(), frame: Some(0), pixels: true }
}

fn links() -> Vec<Link> {
    vec![Link::to("../evaluate/a b#?.csv")]
}

fn card(text: &str) -> Card {
    Card {
        id: String::new(),
        images: vec![image(text)],
        title: text.into(),
        lines: vec![text.into()],
        bars: vec![Bar { name: text.into(), share: 0.25, color: 1 }],
        right: Some(false),
        links: links(),
    }
}

fn figure(text: &str, body: Body, width: FigureWidth) -> Figure {
    Figure { title: text.into(), note: text.into(), body, links: links(), width }
}

fn matrix(text: &str) -> Matrix {
    let cell = |label, predicted| Cell { label, predicted, cards: vec![card(text)], left_out: 2 };
    Matrix {
        title: text.into(),
        note: text.into(),
        classes: vec![text.into(), "b".into()],
        counts: vec![vec![1, 2], vec![0, 4]],
        cells: vec![cell(0, 1), cell(1, 1)],
        links: links(),
    }
}

fn map(text: &str) -> Map {
    let spot = |id: usize| Spot {
        id: id.to_string(),
        x: id as f64,
        y: 1.0,
        label: 0,
        predicted: id % 2,
        split: text.into(),
        source: text.into(),
        probabilities: vec![0.5, 0.5],
        thumbnail: Some(image(text).source),
    };
    Map {
        title: text.into(),
        note: text.into(),
        classes: vec![text.into(), "b".into()],
        spots: (0..3).map(spot).collect(),
        dots: vec![],
        links: links(),
    }
}

fn chart(text: &str) -> Body {
    let points = vec![(1.0, 0.5), (2.0, 0.25)];
    let line = Line { name: text.into(), points, color: Color::BLUE, stroke: Stroke::Solid };
    let lines = vec![line];
    let (x, y) = ("epoch".to_owned(), text.to_owned());
    Body::Chart(LineChart { label: text.into(), x, y, lines, rule: None, percent: false }.scene())
}

fn page(text: &str) -> Page {
    let table = Table {
        title: text.into(),
        note: text.into(),
        columns: vec![(text.into(), false), ("n".into(), true)],
        rows: vec![(vec![text.into(), "1".into()], true)],
        links: links(),
    };
    let gallery = Gallery {
        title: text.into(),
        note: text.into(),
        cards: vec![Card { id: "image-1".into(), ..card(text) }],
        links: links(),
        tile: Tile::Normal,
    };
    let panel = || Panel { title: text.into(), blocks: vec![Block::Text(text.into())] };
    let tabs = || Block::Tabs(Tabs { label: text.into(), family: text.into(), panels: vec![panel(), panel()] });
    let group = |blocks| Group { title: text.into(), lead: text.into(), blocks, links: links() };
    let blocks = vec![
        Block::Text(text.into()),
        Block::Note(text.into()),
        Block::Figures(vec![
            figure(text, chart(text), FigureWidth::Normal),
            figure(text, Body::Image(image(text)), FigureWidth::Wide),
        ]),
        Block::Table(table),
        Block::Gallery(gallery),
        Block::Matrix(matrix(text)),
        Block::Map(map(text)),
        Block::Group(group(vec![Block::Figures(vec![figure(text, chart(text), FigureWidth::Normal)]), tabs()])),
        Block::Halves(vec![vec![Block::Text(text.into())], vec![tabs()]]),
        Block::CardAndBlocks(CardAndBlocks { title: text.into(), card: card(text), blocks: vec![tabs()] }),
        Block::Folded(group(vec![Block::Text(text.into())])),
        Block::Code { title: text.into(), text: text.into() },
    ];
    Page {
        title: text.into(),
        above: text.into(),
        lead: text.into(),
        facts: vec![Fact { name: text.into(), value: text.into(), note: text.into() }],
        sections: vec![Section { id: "all".into(), title: text.into(), lead: text.into(), blocks }],
        colors: vec![Color::BLUE, Color::ORANGE],
        footer: text.into(),
    }
}

/// Returns the opening tags of `html`, without those inside styles and scripts.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').unwrap() + at;
        tags.push(rest[at..=end].to_owned());
        let skip = rest[at..].starts_with("<style") || rest[at..].starts_with("<script");
        rest = &rest[end + 1..];
        if skip {
            rest = &rest[rest.find("</").unwrap()..];
        }
    }
    tags
}

#[test]
fn hostile_text_is_shown_as_text() {
    // Both texts have the same length, so that they are shortened in the same places.
    let (plain, hostile) = (page(&"w".repeat(HOSTILE.len())).html().unwrap(), page(HOSTILE).html().unwrap());
    let names = |html: &str| -> Vec<String> {
        tags(html).iter().map(|t| t.split([' ', '>']).next().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&plain), names(&hostile), "the text does not change the elements");
    assert!(!hostile.contains("<script>alert"));
    assert!(hostile.contains("&#60;script&#62;alert(1)"));
}

#[test]
fn the_page_loads_nothing() {
    let html = page("plain").html().unwrap();
    assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("@import"));
    for tag in tags(&html) {
        for attribute in ["src=\"", "srcset=\""] {
            if let Some(at) = tag.find(attribute) {
                assert!(tag[at + attribute.len()..].starts_with("data:image/"), "{tag}");
            }
        }
        assert!(!tag.starts_with("<link") || tag.contains("href=\"data:,\""), "{tag}");
    }
    assert!(html.contains("default-src 'none'"), "the policy forbids loading");
    assert!(
        !html.contains("unsafe-inline") && html.matches("'sha256-").count() == 3,
        "the policy allows one style and two scripts"
    );
    assert!(
        !tags(&html).iter().any(|tag| tag.contains(" style=") || tag.contains(" on")),
        "the page has no inline attributes that the policy forbids"
    );
}

#[test]
fn every_image_has_a_text_alternative_and_headings_are_nested() {
    let html = page("plain").html().unwrap();
    let tags = tags(&html);
    assert!(tags.iter().filter(|t| t.starts_with("<img")).all(|t| t.contains("alt=\"plain\"")));
    let drawings: Vec<&String> = tags.iter().filter(|t| t.starts_with("<svg")).collect();
    assert!(drawings.iter().all(|t| t.contains("aria-label=\"plain") || t.contains("aria-hidden")), "{drawings:?}");
    let levels: Vec<u32> = tags.iter().filter_map(|t| t.strip_prefix("<h")?.chars().next()?.to_digit(10)).collect();
    assert_eq!(levels.first(), Some(&1));
    assert!(levels.windows(2).all(|w| w[1] <= w[0] + 1), "{levels:?}");
}

#[test]
fn links_are_percent_encoded() {
    let html = page("plain").html().unwrap();
    assert!(html.contains("href=\"../evaluate/a%20b%23%3F.csv\""));
}

#[test]
fn anchors_are_unique_and_every_link_has_a_target() {
    let html = page("plain").html().unwrap();
    let values = |attribute: &str| -> Vec<String> {
        let own = |tag: &String| Some(tag.split_once(attribute)?.1.split_once('"')?.0.to_owned());
        tags(&html).iter().filter_map(own).collect()
    };
    let ids = values(" id=\"");
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");
    let within = values("href=\"#");
    assert!(within.len() >= 4 && within.iter().all(|id| unique.contains(id)), "{within:?} among {ids:?}");
    assert_eq!(values("data-opens=\""), ["cell-0-1", "cell-1-1"], "cells with images have a link");
}

#[test]
fn landmarks_and_tables_have_names() {
    let html = page("plain").html().unwrap();
    for part in [
        "<header class=\"top\"",
        "<nav aria-label=\"Contents\"",
        "<main id=\"main\"",
        "<footer",
        "lang=\"en\"",
        "class=\"skip\" href=\"#main\"",
    ] {
        assert_eq!(html.matches(part).count(), 1, "{part}");
    }
    let cells: Vec<String> = tags(&html).into_iter().filter(|tag| tag.starts_with("<th ")).collect();
    assert!(cells.iter().all(|tag| tag.contains("scope=\"col\"") || tag.contains("scope=\"row\"")), "{cells:?}");
    assert!(html.contains("2 of 3 plain taken for b (66.7 %)"), "a cell has a description");
}

#[test]
fn the_data_of_the_map_cannot_end_a_script() {
    let html = page(HOSTILE).html().unwrap();
    let (_, rest) = html.split_once("<script type=\"application/json\" class=\"data\">").unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    assert!(json.contains("\\u003cscript\\u003e") && !json.contains('<'));
    let data: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(data["spots"][1]["source"], HOSTILE);
    assert_eq!((&data["spots"][1]["predicted"], data["spots"].as_array().unwrap().len()), (&1.into(), 3));
    for spot in 0..3 {
        assert_eq!(html.matches(&format!("data-spot=\"{spot}\"")).count(), 1, "image {spot} is in the static drawing");
    }
}
