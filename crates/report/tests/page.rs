//! The report page: nothing from outside runs, nothing is asked for, every picture has words.
#![allow(clippy::unwrap_used)]

use image::RgbImage;
use report::{
    Color, DataUri, Page,
    chart::MatrixChart,
    page::{Block, Body, Card, Fact, Figure, Gallery, Link, Picture, Room, Section, Table},
};

const HOSTILE: &str = "\"><img onerror=alert(1) src=x><script>alert(1)</script>";

fn page(text: &str) -> Page {
    let picture = Picture {
        source: DataUri::jpeg(&RgbImage::new(8, 8), 80).unwrap(),
        alt: text.into(),
        caption: text.into(),
        frame: Some(Color::BLUE),
        pixels: true,
    };
    let matrix = MatrixChart {
        label: text.into(),
        classes: vec![text.into(), "b".into()],
        counts: vec![vec![1, 2], vec![3, 4]],
        links: vec![vec![None, Some("#wrong-0-1".into())]],
    };
    let links = || vec![Link::to("../evaluate/a b#?.csv")];
    let figure = |body, room| Figure { title: text.into(), note: text.into(), body, links: links(), room };
    let card = Card {
        id: "wrong-0-1".into(),
        pictures: vec![picture.clone()],
        title: text.into(),
        lines: vec![text.into()],
        right: Some(false),
        links: links(),
    };
    let table = Table {
        title: text.into(),
        columns: vec![(text.into(), false), ("n".into(), true)],
        rows: vec![(vec![text.into(), "1".into()], true)],
        links: links(),
    };
    let blocks = vec![
        Block::Text(text.into()),
        Block::Note(text.into()),
        Block::Figures(vec![
            figure(Body::Chart(matrix.scene()), Room::Tall),
            figure(Body::Picture(picture), Room::Wide),
        ]),
        Block::Table(table),
        Block::Gallery(Gallery { title: text.into(), cards: vec![card], links: links(), width: 160 }),
        Block::Code { title: text.into(), text: text.into() },
    ];
    Page {
        title: text.into(),
        lead: text.into(),
        facts: vec![Fact { name: text.into(), value: text.into(), note: text.into() }],
        sections: vec![Section { id: "all".into(), title: text.into(), lead: text.into(), blocks }],
        footer: text.into(),
    }
}

/// The opening tags of `html`, without the style and script that the page brings.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').unwrap() + at;
        tags.push(rest[at..=end].to_owned());
        let skip = ["<style>", "<script>"].contains(&&rest[at..=end]);
        rest = &rest[end + 1..];
        if skip {
            rest = &rest[rest.find("</").unwrap()..];
        }
    }
    tags
}

#[test]
fn text_from_outside_is_only_text() {
    let (plain, hostile) = (page("plain").html().unwrap(), page(HOSTILE).html().unwrap());
    let names = |html: &str| -> Vec<String> {
        tags(html).iter().map(|t| t.split([' ', '>']).next().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&plain), names(&hostile), "the same elements, whatever the text");
    assert!(!hostile.contains("<script>alert"));
    assert!(hostile.contains("&#60;script&#62;alert(1)"));
}

#[test]
fn the_page_asks_for_nothing() {
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
    assert!(html.contains("default-src 'none'"), "and a policy holds it to that");
}

#[test]
fn every_picture_has_words_and_headings_are_in_order() {
    let html = page("plain").html().unwrap();
    let tags = tags(&html);
    assert!(tags.iter().filter(|t| t.starts_with("<img")).all(|t| t.contains("alt=\"plain\"")));
    assert!(tags.iter().filter(|t| t.starts_with("<svg")).all(|t| t.contains("aria-label=\"plain\"")));
    let levels: Vec<u32> = tags.iter().filter_map(|t| t.strip_prefix("<h")?.chars().next()?.to_digit(10)).collect();
    assert_eq!(levels.first(), Some(&1));
    assert!(levels.windows(2).all(|w| w[1] <= w[0] + 1), "{levels:?}");
}

#[test]
fn links_are_percent_encoded() {
    let html = page("plain").html().unwrap();
    assert!(html.contains("href=\"../evaluate/a%20b%23%3F.csv\""));
}
