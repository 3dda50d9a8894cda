//! The stage let loose on hosts that misbehave, each in its own way: every case ends in its own row with its own reason,
//! nothing forbidden is dialled, and memory stays small. One test, in a process of its own: the peak is the process's.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

#[path = "../../web/tests/common/mod.rs"]
mod badly;
mod common;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use badly::{Asked, Reply, Server, answer, endlessly, head, moved, public, script};
use common::table;
use flate2::Compression;
use flate2::write::GzEncoder;
use image::{Rgb, RgbImage};
use testkit::{Workspace, files, pictures};
use tokio::io::AsyncWriteExt;
use web::Recorder;

type Answers = Box<dyn Fn(&Asked, usize) -> Reply + Send + Sync>;

/// A host and what must become of the picture on it.
struct Case {
    /// `http://<host>.test/<host>.jpg` is what is asked for.
    host: &'static str,
    /// What the host answers; told how often it was asked the same before.
    reply: Answers,
    /// The reason in `rejects.csv`; empty for a picture that is kept.
    reason: &'static str,
}

fn case(
    host: &'static str,
    reason: &'static str,
    reply: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static,
) -> Case {
    Case { host, reply: Box::new(reply), reason }
}

/// A whole answer with a body of that type.
fn body(kind: &'static str, bytes: Vec<u8>) -> impl Fn(&Asked, usize) -> Reply + Send + Sync {
    move |_, _| answer("200 OK", &[("content-type", kind)], &bytes)
}

fn jpeg_answer(bytes: Vec<u8>) -> impl Fn(&Asked, usize) -> Reply + Send + Sync {
    body("image/jpeg", bytes)
}

/// Always the same header without a body.
fn bare(status: &'static str, fields: &'static [(&'static str, &'static str)]) -> impl Fn(&Asked, usize) -> Reply {
    move |_, _| answer(status, fields, b"")
}

/// That header at first, and a picture afterwards.
fn first(status: &'static str, index: u32) -> impl Fn(&Asked, usize) -> Reply {
    move |_, before| match before {
        0 => answer(status, &[("retry-after", "1")], b""),
        _ => answer("200 OK", &[("content-type", "image/jpeg")], &jpeg(index)),
    }
}

/// `announced` bytes are promised, some bytes of a picture come, and then nothing for long.
fn stalls(announced: &'static str, sent: usize) -> impl Fn(&Asked, usize) -> Reply {
    move |_, _| {
        let start = [head("200 OK", &[("content-length", announced)]), jpeg(1)[..sent].to_vec()].concat();
        script(move |mut stream| async move {
            drop(stream.write_all(&start).await);
            tokio::time::sleep(Duration::from_secs(60)).await;
        })
    }
}

fn drips(first: Vec<u8>, again: Vec<u8>, pause: Duration) -> impl Fn(&Asked, usize) -> Reply {
    move |_, _| {
        let (first, again) = (first.clone(), again.clone());
        script(move |stream| endlessly(stream, first, again, pause))
    }
}

/// Different pictures for different numbers.
fn jpeg(index: u32) -> Vec<u8> {
    files::jpeg(&pictures::draw("disc", index, 96))
}

/// As many pixels as the default configuration allows.
fn largest(blue: u8) -> Vec<u8> {
    files::png(&RgbImage::from_fn(6000, 6000, |x, y| {
        let disc = (x.abs_diff(1500 + 10 * u32::from(blue)).pow(2) + y.abs_diff(2500).pow(2)) < 1_000_000;
        Rgb([if disc { 250 } else { 40 }, (y / 40) as u8, blue])
    }))
}

fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    (0..200).for_each(|_| encoder.write_all(&vec![0; 1 << 20]).unwrap());
    encoder.finish().unwrap()
}

/// A ZIP archive of one stored file, as it stands behind a picture.
fn zip() -> Vec<u8> {
    let mut bytes = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a".to_vec();
    let directory = bytes.len() as u8;
    bytes.extend(
        b"PK\x01\x02\x0a\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a",
    );
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0");
    bytes.extend([directory, 0, 0, 0, 0, 0]);
    bytes
}

/// A JPEG with a comment, which no decoder reads.
fn commented(index: u32, comment: &[u8]) -> Vec<u8> {
    let whole = jpeg(index);
    let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    [&whole[..2], b"\xff\xfe", &length, comment, &whole[2..]].concat()
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
        // Slower than anything, and never idle for long.
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
        case("large-1", "", body("image/png", largest(10))),
        case("large-2", "", body("image/png", largest(200))),
    ]
}

/// Redirects, some of them to hosts that are not public; what lies behind names is in [`recorder`].
fn redirects() -> Vec<Case> {
    let to = |host: &'static str, reason: &'static str, location: &'static str| {
        case(host, reason, move |_, _| moved(location))
    };
    vec![
        case("loop", "redirect loop", |asked, _| match asked.path.as_str() {
            "/loop.jpg" => moved("/other.jpg"),
            _ => moved("/loop.jpg"),
        }),
        case("hops", "too many redirects", |asked, _| moved(&format!("{}x", asked.path))),
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
        case("page", "type is not one asked for", body("text/html", b"<html>no picture</html>".to_vec())),
        case(
            "page-as-picture",
            "not a picture: it looks like an HTML page",
            jpeg_answer(b"<!doctype html><html>no picture</html>".to_vec()),
        ),
        case("svg", "type is not one asked for", body("image/svg+xml", svg.clone())),
        case("svg-as-picture", svg_reason, jpeg_answer(svg)),
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
        case("archive-behind", "it is a picture and a ZIP archive at once", jpeg_answer([jpeg(5), zip()].concat())),
        case(
            "archive-before",
            "not a picture: it is a ZIP archive or an office document",
            jpeg_answer([zip(), jpeg(5)].concat()),
        ),
        case(
            "page-inside",
            "it is a picture and an HTML page at once",
            jpeg_answer(commented(6, b"<HTML><script src=//evil.test></script>")),
        ),
        case(
            "program-inside",
            "it is a picture and a PHP program at once",
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

/// What a host says about robots.
fn robots(host: &str) -> Reply {
    let long = |rule: &str| format!("User-agent: *\n{rule}\n{}", "# nothing\n".repeat(1_000_000));
    match host {
        "forbids" => answer("200 OK", &[], b"User-agent: *\nDisallow: /\n"),
        "rules-fail" => answer("500 Internal Server Error", &[], b""),
        "rules-long" => answer("200 OK", &[], long("Disallow: /private").as_bytes()),
        "rules-long-no" => answer("200 OK", &[], long("Disallow: /rules").as_bytes()),
        // Closing makes the next request look the name up again.
        "rebinds" => Reply::Close(head("404 Not Found", &[("content-length", "0"), ("connection", "close")])),
        _ => answer("404 Not Found", &[], b""),
    }
}

/// Every host of a case is at a public address; some other names are not.
fn recorder(server: SocketAddr, cases: &BTreeMap<&'static str, Case>) -> Recorder {
    let address = |text: &str| -> IpAddr { text.parse().unwrap() };
    let start = Recorder::new(server)
        .name("inside.test", [address("127.0.0.1")])
        .name("cloud.test", [public(), address("169.254.169.254")])
        .name("mapped.test", [address("::ffff:10.0.0.1")]);
    let all = cases.keys().fold(start, |recorder, host| recorder.name(&format!("{host}.test"), [public()]));
    all.then("rebinds.test", [address("127.0.0.1")])
}

/// The most memory that this process has had at once, in MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024 / 1_000_000
}

#[test]
fn each_case_ends_in_its_own_row_and_nothing_forbidden_is_dialled() {
    let groups = [busy_and_broken(), sizes(), redirects(), contents(), opinions()];
    let cases: BTreeMap<&str, Case> = groups.into_iter().flatten().map(|case| (case.host, case)).collect();
    let cases = Arc::new(cases);
    let answers = Arc::clone(&cases);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(move |asked, before| {
        let host = asked.field("host").unwrap().trim_end_matches(".test").to_owned();
        if asked.path == "/robots.txt" {
            return robots(&host);
        }
        (answers[host.as_str()].reply)(asked, before)
    }));
    let workspace = Workspace::new(
        "[scrape.web]\ncontact = \"tests@example.org\"\nrequests_per_second = 0.0\nretries = 1\nparallel = 64\ntimeout_s = 12.0\n[[scrape.sources]]\nkind = \"urls\"\npath = \"list.txt\"\nclass = \"disc\"\n",
    );
    let list: Vec<String> = cases.keys().map(|host| format!("http://{host}.test/{host}.jpg")).collect();
    let list = workspace.write("list.txt", list.join("\n"));
    let recorder = Arc::new(recorder(server.address, &cases));
    let path = |name: &str, path: &std::path::Path| format!("{name}={:?}", path.to_str().unwrap());
    let [list, artifacts] = [path("scrape.sources.0.path", &list), path("artifacts", &workspace.join("artifacts"))];
    let config = workspace.join("pipeline.toml");
    let args = ["scrape", "--quiet", "--config", config.to_str().unwrap(), "--set", &list, "--set", &artifacts];
    scrape::run_by(args, recorder.clone());

    let rejects = table(&workspace, "rejects.csv");
    let found: BTreeMap<&str, &str> =
        rejects.iter().map(|row| (row["source"].rsplit('/').next().unwrap(), row["reason"].as_str())).collect();
    let wanted: BTreeMap<String, &str> = cases
        .values()
        .filter(|case| !case.reason.is_empty())
        .map(|case| (format!("{}.jpg", case.host), case.reason))
        .collect();
    let found: BTreeMap<String, &str> = found.into_iter().map(|(name, reason)| (name.to_owned(), reason)).collect();
    assert_eq!(found, wanted);
    assert_eq!(rejects.len(), wanted.len(), "a row for each");
    let kept = common::kept(&workspace, "disc");
    assert_eq!(kept.len(), cases.len() - wanted.len(), "{kept:?}");

    let dialled = recorder.dialled();
    assert!(dialled.len() >= cases.len());
    for address in dialled {
        assert_eq!(address, SocketAddr::new(public(), 80), "a forbidden address was dialled");
    }
    let peak = peak();
    writeln!(std::io::stderr(), "{} cases, {peak} MB at most, with the server", cases.len()).unwrap();
    assert!(peak < 300, "{peak} MB");
    runtime.shutdown_background();
}
