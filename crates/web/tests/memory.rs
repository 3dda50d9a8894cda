//! A server without bounds does not fill memory. This file has one test, because the peak is that of the process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;
use std::time::Duration;

use common::{Server, answer, at, client, endlessly, head, image, quick, script};
use flate2::Compression;
use flate2::write::GzEncoder;
use web::{Counted, Failure, Reason, Request};

/// Returns the peak memory of this process in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

#[tokio::test]
async fn memory_stays_within_the_limits() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..200 {
        encoder.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let server = Server::start(move |request, _| match (request.field("host").unwrap(), request.path.as_str()) {
        ("other.test", "/robots.txt") => {
            script(|stream| endlessly(stream, head("200 OK", &[]), b"Disallow: /a\n".repeat(300), Duration::ZERO))
        }
        (_, "/robots.txt") => answer("404 Not Found", &[], b""),
        (_, "/body") => script(|stream| endlessly(stream, head("200 OK", &[]), vec![7; 65536], Duration::ZERO)),
        (_, "/header") => {
            script(|stream| endlessly(stream, b"HTTP/1.1 200 OK\r\na: ".to_vec(), vec![b'x'; 65536], Duration::ZERO))
        }
        (_, "/announced") => script(|stream| {
            endlessly(stream, head("200 OK", &[("content-length", "99999999999")]), vec![7; 65536], Duration::ZERO)
        }),
        (_, "/bomb") => answer("200 OK", &[("content-encoding", "gzip")], &bomb),
        _ => image(),
    })
    .await;
    let (web, _) = client(&server, &quick());
    let before = peak();
    for (path, reason) in [
        ("body", Reason::TooLarge(Counted::Sent)),
        ("announced", Reason::TooLarge(Counted::Announced)),
        ("header", Reason::HeaderTooLarge),
        ("bomb", Reason::TooLarge(Counted::Decompressed)),
    ] {
        // Eight requests at a time, each of at most 1 MiB.
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let web = web.clone();
                let request =
                    Request::image(web::parse_url(&format!("http://site.test/{path}")).unwrap()).max_bytes(1 << 20);
                tokio::spawn(async move { web.get(&request).await })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap_err(), Failure::Refused(reason), "{path}");
        }
    }
    assert_eq!(web.get(&at("http://other.test/b.jpg")).await.unwrap().status, 200);
    let more = peak() - before;
    assert!(more < 50, "{more} MiB more than before");
}
