//! HTTP/2: it is used where a server offers it, and a server that misbehaves receives no more than over HTTP/1.
//!
//! The server writes frames itself (RFC 9113), so it can break every rule.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use web::{Counted, Failure, Phase, Reason, Recorder, Web, WebSettings};

use crate::common::{at, client_of, public, quick};
use crate::tls;
use crate::tls::TlsServer;

const MS: Duration = Duration::from_millis(1);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Returns a frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Returns a length with a prefix of seven bits (RFC 7541, 5.1).
fn length(mut value: usize) -> Vec<u8> {
    if value < 127 {
        return vec![value as u8];
    }
    let mut bytes = vec![127];
    value -= 127;
    while value >= 128 {
        bytes.push((value % 128) as u8 | 128);
        value /= 128;
    }
    bytes.push(value as u8);
    bytes
}

/// Returns a header field as a literal with a new name (RFC 7541, 6.2.2).
fn field(name: &str, value: &[u8]) -> Vec<u8> {
    [vec![0], length(name.len()), name.as_bytes().to_vec(), length(value.len()), value.to_vec()].concat()
}

/// Returns the field `:status`, whose name has the index 8.
fn status(value: &str) -> Vec<u8> {
    [vec![8], length(value.len()), value.as_bytes().to_vec()].concat()
}

/// One answer: writes frames for a stream until it is done or the client closes.
type Answer =
    fn(TlsStream<TcpStream>, u32) -> std::pin::Pin<Box<dyn Future<Output = Option<TlsStream<TcpStream>>> + Send>>;

macro_rules! answer {
    (|$stream:ident, $id:ident| $body:block) => {
        |mut $stream, $id| {
            Box::pin(async move {
                let written: std::io::Result<()> = async { $body }.await;
                written.ok().map(|()| $stream)
            })
        }
    };
}

/// Serves one connection. Returns when the client closes it.
async fn serve(mut stream: TlsStream<TcpStream>, answer: Answer, requests: Arc<Mutex<usize>>) {
    let mut preface = [0; 24];
    if stream.read_exact(&mut preface).await.is_err() {
        return;
    }
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let mut open = stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.is_ok();
    while open {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).await.is_err() {
            return;
        }
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        if stream.read_exact(&mut payload).await.is_err() {
            return;
        }
        match head[3] {
            SETTINGS if head[4] == 0 => open = stream.write_all(&frame(SETTINGS, 1, 0, &[])).await.is_ok(),
            HEADERS => {
                *requests.lock().unwrap() += 1;
                let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
                match answer(stream, id).await {
                    Some(next) => stream = next,
                    None => return,
                }
            }
            _ => {}
        }
        open &= stream.flush().await.is_ok();
    }
}

/// Starts a server and a client for it.
async fn start(settings: &WebSettings, answer: Answer) -> (Web, Arc<Recorder>, Arc<Mutex<usize>>) {
    let requests = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&requests);
    let server = tls::start("site.test", &["h2"], move |stream| serve(stream, answer, Arc::clone(&counter)));
    let TlsServer { address, certificate } = server.await;
    let mut settings = settings.clone();
    settings.respect_robots = false;
    settings.extra_certificates = vec![certificate];
    let (web, recorder) = client_of(Recorder::new(address).name("site.test", [public()]), &settings);
    (web, recorder, requests)
}

/// Requests one image of at most 10,000 bytes. Returns the failure and the counted bytes.
async fn failure(settings: &WebSettings, answer: Answer) -> (Failure, u64) {
    let (web, _, _) = start(settings, answer).await;
    let failure = web.get(&at("https://site.test/a.jpg").max_bytes(10_000)).await.unwrap_err();
    (failure, web.spent().bytes)
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let (web, recorder, requests) = start(
        &quick(),
        answer!(|stream, id| {
            let header = [status("200"), field("content-type", b"image/jpeg")].concat();
            stream.write_all(&frame(HEADERS, END_HEADERS, id, &header)).await?;
            stream.write_all(&frame(DATA, END_STREAM, id, b"an image")).await
        }),
    )
    .await;
    for n in 0..10 {
        let response = web.get(&at(&format!("https://site.test/{n}.jpg")).accept(["image/jpeg"])).await.unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, b"an image".as_slice()));
    }
    assert_eq!((recorder.dialled().len(), *requests.lock().unwrap()), (1, 10));
    assert_eq!(recorder.dialled()[0].port(), 443);
}

#[tokio::test]
async fn a_body_without_end_is_left_at_the_limit() {
    let (failure, bytes) = failure(
        &quick(),
        answer!(|stream, id| {
            stream.write_all(&frame(HEADERS, END_HEADERS, id, &status("200"))).await?;
            loop {
                stream.write_all(&frame(DATA, 0, id, &[7; 4096])).await?;
            }
        }),
    )
    .await;
    assert_eq!(failure, Failure::Refused(Reason::TooLarge(Counted::Sent)));
    assert!(bytes < 10_000 + 2 * 64 * 1024, "{bytes} bytes were read of an endless body");
}

#[tokio::test]
async fn headers_that_are_too_large() {
    let (refused, _) = failure(
        &quick(),
        answer!(|stream, id| {
            let header = [status("200"), field("a", &vec![b'x'; 70_000])].concat();
            let mut pieces = header.chunks(16_000).peekable();
            let mut kind = HEADERS;
            while let Some(piece) = pieces.next() {
                let flags = if pieces.peek().is_none() { END_HEADERS } else { 0 };
                stream.write_all(&frame(kind, flags, id, piece)).await?;
                kind = CONTINUATION;
            }
            Ok(())
        }),
    )
    .await;
    assert_eq!(refused, Failure::Refused(Reason::HeaderTooLarge));
    let (refused, _) = failure(
        &quick(),
        answer!(|stream, id| {
            let header = [status("200"), field("a", b"b").repeat(200)].concat();
            stream.write_all(&frame(HEADERS, END_HEADERS, id, &header)).await
        }),
    )
    .await;
    assert_eq!(refused, Failure::Refused(Reason::HeaderTooLarge));
    // A header without end.
    let (refused, _) = failure(
        &quick(),
        answer!(|stream, id| {
            stream.write_all(&frame(HEADERS, 0, id, &status("200"))).await?;
            loop {
                stream.write_all(&frame(CONTINUATION, 0, id, &field("a", &[b'x'; 1000]))).await?;
            }
        }),
    )
    .await;
    assert!(
        matches!(refused, Failure::Later(Reason::Broken) | Failure::Refused(Reason::HeaderTooLarge)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn slow_answers_time_out() {
    let mut settings = quick();
    settings.limits.header = 100 * MS;
    let (late, _) = failure(
        &settings,
        answer!(|stream, id| {
            loop {
                stream.write_all(&frame(HEADERS, END_HEADERS, id, &status("103"))).await?;
            }
        }),
    )
    .await;
    assert_eq!(late, Failure::Later(Reason::Timeout(Phase::Header)));
    let mut settings = quick();
    settings.limits.idle = 60 * MS;
    let (late, _) = failure(
        &settings,
        answer!(|stream, id| {
            stream.write_all(&frame(HEADERS, END_HEADERS, id, &status("200"))).await?;
            stream.write_all(&frame(DATA, 0, id, b"x")).await?;
            stream.flush().await?;
            tokio::time::sleep(Duration::from_secs(10)).await;
            Ok(())
        }),
    )
    .await;
    assert_eq!(late, Failure::Later(Reason::Timeout(Phase::Idle)));
}

#[tokio::test]
async fn streams_and_connections_that_break() {
    let broken = Failure::Later(Reason::Broken);
    let (reset, _) =
        failure(&quick(), answer!(|stream, id| { stream.write_all(&frame(RST_STREAM, 0, id, &[0, 0, 0, 2])).await }))
            .await;
    assert_eq!(reset, broken);
    let (away, _) = failure(
        &quick(),
        answer!(|stream, _id| { stream.write_all(&frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 2])).await }),
    )
    .await;
    assert_eq!(away, broken);
    let (garbage, _) =
        failure(&quick(), answer!(|stream, _id| { stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await })).await;
    assert_eq!(garbage, broken);
    let (short, _) = failure(
        &quick(),
        answer!(|stream, id| {
            let header = [status("200"), field("content-length", b"100")].concat();
            stream.write_all(&frame(HEADERS, END_HEADERS, id, &header)).await?;
            stream.write_all(&frame(DATA, END_STREAM, id, b"short")).await
        }),
    )
    .await;
    assert_eq!(short, broken);
}

/// Frames that carry nothing and cost the client work.
#[tokio::test]
async fn floods_of_empty_frames_end() {
    let (flood, _) = failure(
        &quick(),
        answer!(|stream, id| {
            stream.write_all(&frame(HEADERS, END_HEADERS, id, &status("200"))).await?;
            loop {
                stream.write_all(&frame(DATA, 0, id, &[])).await?;
            }
        }),
    )
    .await;
    assert_eq!(flood, Failure::Later(Reason::Broken));
}
