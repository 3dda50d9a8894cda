//! A server that misbehaves receives what the limits allow, and each case has its own reason.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use web::{Addresses, Counted, Failure, Network, Phase, Reason, Recorder, Request, Web, WebSettings};

use crate::common;
use crate::common::{Reply, Server, answer, at, client, client_of, endlessly, head, image, quick, script};

const MS: Duration = Duration::from_millis(1);

/// The most bytes that are read of a header.
const HEADER_BUFFER: u64 = 8192 + 4096 * 100;

/// Requests one image of at most 10,000 bytes from a server that answers by `reply`. Returns the result and the counted bytes.
async fn outcome(
    settings: &WebSettings,
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> (Result<Vec<u8>, Failure>, u64) {
    let mut settings = settings.clone();
    settings.respect_robots = false;
    let server = Server::start(move |_, _| reply()).await;
    let (web, _) = client(&server, &settings);
    let got = web.get(&at("http://site.test/a.jpg").max_bytes(10_000)).await;
    (got.map(|response| response.body), web.spent().bytes)
}

async fn fails(settings: &WebSettings, expected: Failure, reply: impl Fn() -> Reply + Send + Sync + 'static) -> u64 {
    let (got, bytes) = outcome(settings, reply).await;
    assert_eq!(got.unwrap_err(), expected);
    bytes
}

#[tokio::test]
async fn more_than_allowed_is_refused_before_it_is_read() {
    let refused = Failure::Refused(Reason::TooLarge(Counted::Announced));
    let bytes = fails(&quick(), refused, || answer("200 OK", &[], &vec![7; 200_000])).await;
    assert!(bytes < 100_000, "the announced size suffices: {bytes} bytes were read");
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
async fn a_content_length_that_is_too_short_does_not_affect_the_next_answer() {
    let server = Server::start(|request, _| match request.path.as_str() {
        "/lie.jpg" => Reply::Send(
            [
                head("200 OK", &[("content-length", "5")]),
                b"abcdeHTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged".to_vec(),
            ]
            .concat(),
        ),
        _ => image(),
    })
    .await;
    let mut settings = quick();
    settings.respect_robots = false;
    let (web, _) = client(&server, &settings);
    assert_eq!(web.get(&at("http://site.test/lie.jpg")).await.unwrap().body, b"abcde");
    assert_eq!(web.get(&at("http://site.test/next.jpg")).await.unwrap().body, b"an image");
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
    // Many fields, and one long field.
    for (first, again) in [(start.clone(), b"a: b\r\n".to_vec()), ([start, b"a: ".to_vec()].concat(), vec![b'x'; 1000])]
    {
        let bytes = fails(&quick(), refused, move || {
            let (first, again) = (first.clone(), again.clone());
            script(move |stream| endlessly(stream, first, again, Duration::ZERO))
        })
        .await;
        assert!(bytes <= HEADER_BUFFER, "{bytes} bytes were counted for an endless header");
    }
    let mut settings = quick();
    settings.limits.header = 100 * MS;
    fails(&settings, Failure::Later(Reason::Timeout(Phase::Header)), || {
        script(|stream| endlessly(stream, Vec::new(), head("103 Early Hints", &[]), Duration::ZERO))
    })
    .await;
}

/// One limit is small in each case and the others are large, so the result does not depend on the speed of the machine.
#[tokio::test]
async fn slow_answers_time_out() {
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

/// Returns a listener whose queue is full, so that further connections to it wait without an answer.
async fn deaf() -> (tokio::net::TcpListener, Vec<tokio::net::TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut streams = Vec::new();
    while let Ok(stream) = tokio::time::timeout(50 * MS, tokio::net::TcpStream::connect(address)).await {
        streams.push(stream.unwrap());
    }
    (listener, streams)
}

#[tokio::test]
async fn hosts_that_cannot_be_reached() {
    let mut settings = quick();
    settings.limits.connect = 50 * MS;
    let (deaf, _streams) = deaf().await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (server, host, reason) in [
        (closed, "site.test", Reason::Connect),
        (deaf.local_addr().unwrap(), "site.test", Reason::Timeout(Phase::Connect)),
        (closed, "nowhere.test", Reason::Resolve),
        (closed, "empty.test", Reason::Resolve),
    ] {
        let recorder = Recorder::new(server).name("site.test", [common::public()]).name("empty.test", []);
        let (web, _) = client_of(recorder, &settings);
        let failure = web.get(&at(&format!("http://{host}/a.jpg"))).await.unwrap_err();
        assert_eq!(failure, Failure::Later(reason), "{host}");
    }
}

/// A name that nobody answers for.
struct Silent;

impl Network for Silent {
    fn resolve<'a>(&'a self, _: &'a str) -> Addresses<'a> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_name_server_that_does_not_answer() {
    let mut settings = quick();
    settings.limits.connect = 50 * MS;
    let web = Web::new(&settings, Arc::new(Silent)).unwrap();
    let failure = web.get(&at("http://site.test/a.jpg")).await.unwrap_err();
    assert_eq!(failure, Failure::Later(Reason::Timeout(Phase::Connect)));
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
    assert!(bomb.len() < 100_000, "the bomb is small as sent");
    let mut damaged = good.clone();
    damaged[12] ^= 0xff;
    let cut = good[..good.len() - 3].to_vec();
    let server = Server::start(move |request, _| match request.path.as_str() {
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
async fn unwanted_types_are_not_read() {
    let server = Server::start(|request, _| {
        let kind = request.path.trim_start_matches('/').replacen('-', "/", 1);
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
    assert_eq!(server.requests()[0].field("accept"), Some("image/jpeg, image/png"));
}
