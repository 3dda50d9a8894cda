//! The misbehaving hosts and the expected outcome of each.

use std::time::Duration;

use testkit::files;

use crate::answers::{
    bare, body, bomb, commented, drips, first, jpeg, jpeg_answer, largest, profile_bomb, stalls, zip,
};
use crate::badly::{Received, Reply, answer, head, moved};

type Answers = Box<dyn Fn(&Received, usize) -> Reply + Send + Sync>;

/// A host and the expected outcome of its image.
pub struct Case {
    /// The name of the host. The stage requests `http://<host>.test/<host>.jpg`.
    pub host: &'static str,
    /// Returns the answer to a request. The second argument is the number of earlier equal requests.
    pub reply: Answers,
    /// The reason in `rejects.csv`. Empty if the image is kept.
    pub reason: &'static str,
}

fn case(
    host: &'static str,
    reason: &'static str,
    reply: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static,
) -> Case {
    Case { host, reply: Box::new(reply), reason }
}

/// Returns all cases.
pub fn all() -> impl Iterator<Item = Case> {
    [busy_and_broken(), sizes(), redirects(), contents(), opinions()].into_iter().flatten()
}

fn busy_and_broken() -> Vec<Case> {
    vec![
        case("busy-once", "", first("429 Too Many Requests", 10)),
        case("down-once", "", first("503 Service Unavailable", 11)),
        case("busy", "for now: status 429", bare("429 Too Many Requests", &[("retry-after", "1")])),
        case("down", "for now: status 503", bare("503 Service Unavailable", &[])),
        case(
            "patience",
            "for now: host asks for a longer wait than allowed",
            bare("429 Too Many Requests", &[("retry-after", "3600")]),
        ),
        case("gone", "status 404", bare("404 Not Found", &[])),
        case("resets", "for now: connection broke off", |_, _| Reply::Reset),
        case("silent", "for now: no answer in time", drips(Vec::new(), Vec::new(), Duration::from_secs(60))),
        case("stalls", "for now: body stalled", stalls("200000", 2000)),
        // The body is slow, but it is never idle for long.
        case(
            "trickles",
            "for now: body is too slow",
            drips(head("200 OK", &[("content-length", "9999")]), b"x".to_vec(), Duration::from_millis(300)),
        ),
        case("ends-early", "for now: body ended early", |_, _| {
            Reply::Close([head("200 OK", &[("content-length", "9999")]), jpeg(2)].concat())
        }),
        case("no-http", "answer is not HTTP", |_, _| Reply::Close(b"220 mail.example ESMTP\r\n\r\n".to_vec())),
        case(
            "long-header",
            "header is too large",
            drips(b"HTTP/1.1 200 OK\r\na: ".to_vec(), vec![b'x'; 65536], Duration::ZERO),
        ),
    ]
}

fn sizes() -> Vec<Case> {
    let bomb = bomb();
    vec![
        case(
            "claims-much",
            "larger than allowed, as its header says",
            drips(head("200 OK", &[("content-length", "99999999999")]), vec![7; 65536], Duration::ZERO),
        ),
        case("claims-little", "truncated: the JPEG data ends before the picture does", |_, _| {
            Reply::Close([head("200 OK", &[("content-length", "1500")]), jpeg(3)].concat())
        }),
        case("endless", "larger than allowed, as sent", drips(head("200 OK", &[]), vec![7; 65536], Duration::ZERO)),
        case("bomb", "larger than allowed, as decompressed", move |_, _| {
            answer("200 OK", &[("content-encoding", "gzip")], &bomb)
        }),
        case("profile-bomb", "its colour profile has more than 10 MiB", body("image/png", profile_bomb())),
        case("large-1", "", body("image/png", largest(10))),
        case("large-2", "", body("image/png", largest(200))),
    ]
}

/// Redirects, some of them to hosts that are not public. `recorder` in `main.rs` defines the addresses of the names.
fn redirects() -> Vec<Case> {
    let to = |host: &'static str, reason: &'static str, location: &'static str| {
        case(host, reason, move |_, _| moved(location))
    };
    vec![
        case("loop", "redirect loop", |request, _| match request.path.as_str() {
            "/loop.jpg" => moved("/other.jpg"),
            _ => moved("/loop.jpg"),
        }),
        case("hops", "too many redirects", |request, _| moved(&format!("{}x", request.path))),
        to("to-metadata", "address is not public: metadata", "http://169.254.169.254/latest/meta-data/"),
        to("to-loopback", "address is not public: loopback", "http://127.0.0.1/a.jpg"),
        to("to-loopback6", "address is not public: loopback", "http://[::1]/a.jpg"),
        to("to-nowhere", "address is not public: unspecified", "http://0.0.0.0/a.jpg"),
        to("to-mapped", "address is not public: embedded IPv4", "http://[::ffff:127.0.0.1]/a.jpg"),
        to("to-name", "address is not public: loopback", "http://inside.test/a.jpg"),
        to("to-metadata-name", "address is not public: metadata", "http://cloud.test/a.jpg"),
        to("to-mapped-name", "address is not public: embedded IPv4", "http://mapped.test/a.jpg"),
        to("to-file", "neither http nor https", "file:///etc/passwd"),
        to("to-port", "port is neither 80 nor 443", "http://gone.test:6379/"),
        case("rebinds", "address is not public: loopback", |_, _| unreachable!("it was resolved anew")),
    ]
}

fn contents() -> Vec<Case> {
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    let unsupported = "(supported: JPEG, PNG, GIF, WebP, BMP, TIFF)";
    let svg_reason = format!("an SVG drawing, a format that is not supported {unsupported}").leak();
    vec![
        case("page", "type is not one asked for", body("text/html", b"<html>no image</html>".to_vec())),
        case(
            "page-as-image",
            "not a picture: it looks like an HTML page",
            jpeg_answer(b"<!doctype html><html>no image</html>".to_vec()),
        ),
        case("svg", "type is not one asked for", body("image/svg+xml", svg.clone())),
        case("svg-as-image", svg_reason, jpeg_answer(svg)),
        case("empty", "the file is empty", jpeg_answer(Vec::new())),
        case(
            "truncated",
            "truncated: the JPEG data ends before the picture does",
            jpeg_answer(jpeg(4)[..2500].to_vec()),
        ),
        case(
            "huge",
            "it claims 100000x100000 = 10000 MP, over the limit of 40 MP",
            body("image/png", files::png_claiming(100_000, 100_000)),
        ),
        case("archive-behind", "the file is an image and also a ZIP archive", jpeg_answer([jpeg(5), zip()].concat())),
        case(
            "archive-before",
            "not a picture: it is a ZIP archive or an office document",
            jpeg_answer([zip(), jpeg(5)].concat()),
        ),
        case(
            "page-inside",
            "the file is an image and also an HTML page",
            jpeg_answer(commented(6, b"<HTML><script src=//evil.test></script>")),
        ),
        case(
            "program-inside",
            "the file is an image and also a PHP program",
            jpeg_answer(commented(7, b"<?php system($_GET['c']); ?>")),
        ),
        case(
            "script-as-gif",
            "the GIF data is damaged: unknown block type encountered",
            body("image/gif", b"GIF89a/*\x01\x01\0\0\0*/=1;alert(1)//".to_vec()),
        ),
    ]
}

fn opinions() -> Vec<Case> {
    vec![
        case("forbids", "robots.txt forbids it", jpeg_answer(jpeg(20))),
        case("rules-fail", "for now: robots.txt cannot be read", jpeg_answer(jpeg(21))),
        case("rules-long", "", jpeg_answer(jpeg(22))),
        case("rules-long-no", "robots.txt forbids it", jpeg_answer(jpeg(23))),
        case("no-ai", "opt-out: noimageai", |_, _| {
            answer("200 OK", &[("content-type", "image/jpeg"), ("x-robots-tag", "noimageai")], &jpeg(24))
        }),
        case("fine", "", jpeg_answer(jpeg(25))),
    ]
}
