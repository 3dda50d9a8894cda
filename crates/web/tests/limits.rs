//! A server that misbehaves gets what the limits allow and no more, and each case has its own reason.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use common::{Reply, Server, answer, at, client, endlessly, head, picture, quick, script};
use flate2::Compression;
use flate2::write::GzEncoder;
use web::{Answer, Counted, Dial, Failure, Phase, Reason, Request, Settings, Stream, Web};

const MS: Duration = Duration::from_millis(1);

/// Asks a server that answers everything but `robots.txt` by `reply` for one picture of at most 10,000 bytes.
async fn outcome(
    settings: &Settings,
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> (Result<Vec<u8>, Failure>, u64) {
    let mut settings = settings.clone();
    settings.respect_robots = false;
    let server = Server::start(move |_, _| reply()).await;
    let (web, _) = client(&server, &settings);
    let got = web.get(&at("http://site.test/a.jpg").max_bytes(10_000)).await;
    (got.map(|response| response.body), web.spent().bytes)
}

async fn fails(settings: &Settings, expected: Failure, reply: impl Fn() -> Reply + Send + Sync + 'static) -> u64 {
    let (got, bytes) = outcome(settings, reply).await;
    assert_eq!(got.unwrap_err(), expected);
    bytes
}

#[tokio::test]
async fn more_than_allowed_is_refused_before_it_is_read() {
    let refused = Failure::Refused(Reason::TooLarge(Counted::Announced));
    let bytes = fails(&quick(), refused, || answer("200 OK", &[], &vec![7; 200_000])).await;
    assert!(bytes < 100_000, "the announced size is enough to know: {bytes} bytes were read");
}

#[tokio::test]
async fn a_body_without_end_is_left_at_the_limit() {
    for first in [head("200 OK", &[]), head("200 OK", &[("content-length", "100"), ("transfer-encoding", "chunked")])] {
        let chunked = first.windows(7).any(|bytes| bytes == b"chunked");
        let piece =
            if chunked { [b"1000\r\n".to_vec(), vec![7; 0x1000], b"\r\n".to_vec()].concat() } else { vec![7; 4096] };
        let bytes = fails(&quick(), Failure::Refused(Reason::TooLarge(Counted::Sent)), move || {
            let (first, piece) = (first.clone(), piece.clone());
            script(move |stream| endlessly(stream, first, piece, Duration::ZERO))
        })
        .await;
        assert!(bytes < 10_000 + 2 * 64 * 1024, "{bytes} bytes were read of an endless body");
    }
}

#[tokio::test]
async fn a_content_length_that_is_too_long() {
    let lie = || [head("200 OK", &[("content-length", "1000")]), b"short".to_vec()].concat();
    fails(&quick(), Failure::Later(Reason::Short), move || Reply::Close(lie())).await;
    let mut settings = quick();
    settings.limits.idle = 50 * MS;
    fails(&settings, Failure::Later(Reason::Timeout(Phase::Idle)), move || Reply::Send(lie())).await;
}

#[tokio::test]
async fn a_content_length_that_is_too_short_spoils_nothing_else() {
    let server = Server::start(|asked, _| match asked.path.as_str() {
        "/lie.jpg" => Reply::Send(
            [
                head("200 OK", &[("content-length", "5")]),
                b"abcdeHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged".to_vec(),
            ]
            .concat(),
        ),
        _ => picture(),
    })
    .await;
    let mut settings = quick();
    settings.respect_robots = false;
    let (web, _) = client(&server, &settings);
    assert_eq!(web.get(&at("http://site.test/lie.jpg")).await.unwrap().body, b"abcde");
    assert_eq!(web.get(&at("http://site.test/next.jpg")).await.unwrap().body, b"a picture");
}

#[tokio::test]
async fn answers_that_are_not_http() {
    for text in [
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ] {
        fails(&quick(), Failure::Refused(Reason::Protocol), move || Reply::Close(text.into())).await;
    }
}

#[tokio::test]
async fn headers_without_end() {
    let refused = Failure::Refused(Reason::HeaderTooLarge);
    let start = b"HTTP/1.1 200 OK\r\n".to_vec();
    // Many fields, and one long one.
    for (first, again) in [(start.clone(), b"a: b\r\n".to_vec()), ([start, b"a: ".to_vec()].concat(), vec![b'x'; 1000])]
    {
        let bytes = fails(&quick(), refused, move || {
            let (first, again) = (first.clone(), again.clone());
            script(move |stream| endlessly(stream, first, again, Duration::ZERO))
        })
        .await;
        assert!(bytes <= 2 * 64 * 1024, "{bytes} bytes were read of an endless header");
    }
    let mut settings = quick();
    settings.limits.header = 100 * MS;
    fails(&settings, Failure::Later(Reason::Timeout(Phase::Header)), || {
        script(|stream| endlessly(stream, Vec::new(), head("103 Early Hints", &[]), Duration::ZERO))
    })
    .await;
}

/// One limit is small in each case and the others are large, so that a slow machine changes nothing.
#[tokio::test]
async fn slowness_ends() {
    let late = |phase| Failure::Later(Reason::Timeout(phase));
    let mut settings = quick();
    settings.limits.header = 60 * MS;
    let silent = || script(|stream| async move { drop((tokio::time::sleep(10_000 * MS).await, stream)) });
    fails(&settings, late(Phase::Header), silent).await;
    fails(&settings, late(Phase::Header), || script(|stream| endlessly(stream, Vec::new(), b"H".to_vec(), 5 * MS)))
        .await;

    let trickle = |pause: Duration| {
        let first = head("200 OK", &[("content-length", "9999")]);
        move || {
            let first = first.clone();
            script(move |stream| endlessly(stream, first, b"x".to_vec(), pause))
        }
    };
    let mut settings = quick();
    settings.limits.idle = 60 * MS;
    fails(&settings, late(Phase::Idle), trickle(3000 * MS)).await;
    let mut settings = quick();
    (settings.limits.grace, settings.limits.bytes_per_second) = (100 * MS, 1000);
    fails(&settings, late(Phase::Rate), trickle(20 * MS)).await;
    let mut settings = quick();
    (settings.limits.total, settings.limits.bytes_per_second) = (300 * MS, 0);
    fails(&settings, late(Phase::Total), trickle(20 * MS)).await;
}

#[tokio::test]
async fn connections_that_break() {
    fails(&quick(), Failure::Later(Reason::Broken), || Reply::Reset).await;
    fails(&quick(), Failure::Later(Reason::Broken), || Reply::Close(Vec::new())).await;
    fails(&quick(), Failure::Later(Reason::Broken), || Reply::Close(b"HTTP/1.1 200 OK\r\ncontent-".to_vec())).await;
}

/// A network where nothing works: names resolve, dials hang or fail.
struct Dead {
    hangs: bool,
}

impl Dial for Dead {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>> {
        let known = host == "site.test";
        Box::pin(async move {
            if known { Ok(vec![SocketAddr::new(common::public(), port)]) } else { Err(io::ErrorKind::NotFound.into()) }
        })
    }

    fn dial(&self, _: SocketAddr) -> Answer<'_, Box<dyn Stream>> {
        let hangs = self.hangs;
        Box::pin(async move {
            if hangs { std::future::pending().await } else { Err(io::ErrorKind::ConnectionRefused.into()) }
        })
    }
}

#[tokio::test]
async fn hosts_that_cannot_be_reached() {
    let mut settings = quick();
    settings.limits.connect = 50 * MS;
    for (hangs, host, reason) in [
        (false, "site.test", Reason::Connect),
        (true, "site.test", Reason::Connect),
        (false, "nowhere.test", Reason::Resolve),
    ] {
        let web = Web::new(&settings, Arc::new(Dead { hangs })).unwrap();
        let failure = web.get(&at(&format!("http://{host}/a.jpg"))).await.unwrap_err();
        assert_eq!(failure, Failure::Later(reason), "{host}");
    }
}

fn gzip(data: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    data.for_each(|piece| encoder.write_all(&piece).unwrap());
    encoder.finish().unwrap()
}

#[tokio::test]
async fn compressed_answers() {
    let good = gzip([b"{\"a\": 1}".to_vec()].into_iter());
    let bomb = gzip((0..50).map(|_| vec![0; 1 << 20]));
    assert!(bomb.len() < 100_000, "the bomb is small as it travels");
    let mut damaged = good.clone();
    damaged[12] ^= 0xff;
    let cut = good[..good.len() - 3].to_vec();
    let server = Server::start(move |asked, _| match asked.path.as_str() {
        "/good" => answer("200 OK", &[("content-encoding", "gzip")], &good),
        "/bomb" => answer("200 OK", &[("content-encoding", "gzip")], &bomb),
        "/damaged" => answer("200 OK", &[("content-encoding", "GZIP")], &damaged),
        "/cut" => answer("200 OK", &[("content-encoding", "gzip")], &cut),
        "/twice" => answer("200 OK", &[("content-encoding", "gzip"), ("content-encoding", "gzip")], &good),
        "/both" => answer("200 OK", &[("content-encoding", "gzip, gzip")], &good),
        "/brotli" => answer("200 OK", &[("content-encoding", "br")], &good),
        _ => answer("200 OK", &[("content-encoding", "identity")], b"plain"),
    })
    .await;
    let (web, _) = client(&server, &quick());
    let get = async |path: &str| {
        let request = Request::api(web::parse_url(&format!("http://site.test/{path}")).unwrap()).max_bytes(1 << 20);
        web.get(&request).await.map(|response| response.body)
    };
    assert_eq!(get("good").await.unwrap(), b"{\"a\": 1}");
    assert_eq!(get("plain").await.unwrap(), b"plain");
    assert_eq!(get("bomb").await.unwrap_err(), Failure::Refused(Reason::TooLarge(Counted::Decompressed)));
    assert_eq!(get("damaged").await.unwrap_err(), Failure::Refused(Reason::Compressed));
    assert_eq!(get("cut").await.unwrap_err(), Failure::Refused(Reason::Compressed));
    for path in ["twice", "both", "brotli"] {
        assert_eq!(get(path).await.unwrap_err(), Failure::Refused(Reason::Encoding), "{path}");
    }
}

#[tokio::test]
async fn types_that_nobody_asked_for_are_not_read() {
    let server = Server::start(|asked, _| {
        let kind = asked.path.trim_start_matches('/').replacen('-', "/", 1);
        if kind == "none" { answer("200 OK", &[], b"x") } else { answer("200 OK", &[("content-type", &kind)], b"x") }
    })
    .await;
    let mut settings = quick();
    settings.respect_robots = false;
    let (web, _) = client(&server, &settings);
    let get = async |path: &str| {
        let request = at(&format!("http://site.test/{path}")).accept(["image/jpeg", "image/png"]);
        web.get(&request).await.map(|response| response.status)
    };
    for path in
        ["image-jpeg", "IMAGE-PNG", "image-png;charset=x", "none", "application-octet-stream", "binary-octet-stream"]
    {
        assert_eq!(get(path).await, Ok(200), "{path}");
    }
    for path in ["text-html", "image-svg+xml", "image-jpegx"] {
        assert_eq!(get(path).await, Err(Failure::Refused(Reason::Type)), "{path}");
    }
    assert_eq!(server.asked()[0].field("accept"), Some("image/jpeg, image/png"));
}
