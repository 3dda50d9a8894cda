//! A server on loopback that misbehaves as a test wants, and a client that can reach nothing else.
#![allow(dead_code, clippy::unwrap_used)]

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use web::{Recorder, Request, Web, WebSettings};

/// A request as the server received it.
#[derive(Debug, Clone)]
pub struct Received {
    /// The target: path and query.
    pub path: String,
    /// The header in lower case, one line per field.
    pub header: String,
}

impl Received {
    /// Returns the value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.header.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }
}

type Script = Box<dyn FnOnce(TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// The reaction of a server to a request.
pub enum Reply {
    /// Sends these bytes and waits for the next request.
    Send(Vec<u8>),
    /// Sends these bytes and closes.
    Close(Vec<u8>),
    /// Closes with a reset.
    Reset,
    /// Hands the connection to a function.
    Script(Script),
}

/// Returns a complete answer.
pub fn answer(status: &str, fields: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut text = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in fields {
        text += &format!("{name}: {value}\r\n");
    }
    Reply::Send([text.as_bytes(), b"\r\n", body].concat())
}

/// Returns the answer with an image.
pub fn image() -> Reply {
    answer("200 OK", &[("content-type", "image/jpeg")], b"an image")
}

/// Returns a redirect.
pub fn moved(location: &str) -> Reply {
    answer("302 Found", &[("location", location)], b"")
}

/// Returns a reply that hands the connection to `act`.
pub fn script<F: Future<Output = ()> + Send + 'static>(act: impl FnOnce(TcpStream) -> F + Send + 'static) -> Reply {
    Reply::Script(Box::new(move |stream| Box::pin(act(stream))))
}

/// A server on a port of its own.
pub struct Server {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Starts a server that answers by `reply`. `reply` receives the request and the number of earlier requests for the same path.
    pub async fn start(reply: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, reply) = (Arc::clone(&requests), Arc::new(reply));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&log), Arc::clone(&reply)));
            }
        });
        Self { address, requests }
    }

    /// Returns the requests in order.
    pub fn requests(&self) -> Vec<Received> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns the requested paths in order, without `robots.txt`.
    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).filter(|path| path != "/robots.txt").collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<Received>>>,
    reply: Arc<impl Fn(&Received, usize) -> Reply + Send + Sync>,
) {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            let mut piece = [0; 4096];
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => return,
                Ok(count) => buffer.extend_from_slice(&piece[..count]),
            }
        };
        let head = String::from_utf8(buffer.drain(..end + 4).collect()).unwrap();
        let (first, rest) = head.split_once("\r\n").unwrap();
        let path = first.split(' ').nth(1).unwrap().to_owned();
        let fields = rest.lines().map(|line| match line.split_once(": ") {
            Some((name, value)) => format!("{}: {value}\n", name.to_lowercase()),
            None => String::new(),
        });
        let request = Received { path, header: fields.collect() };
        let before = {
            let mut log = log.lock().unwrap();
            log.push(request.clone());
            log.iter().filter(|other| other.path == request.path).count() - 1
        };
        match reply(&request, before) {
            Reply::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Reply::Close(bytes) => {
                drop(stream.write_all(&bytes).await);
                return;
            }
            Reply::Reset => {
                // A linger of zero makes closing a reset.
                drop(stream.set_zero_linger());
                return;
            }
            Reply::Script(act) => return act(stream).await,
        }
    }
}

/// Returns a public address. No test reaches it.
pub fn public() -> IpAddr {
    [93, 184, 216, 34].into()
}

/// Returns settings for quick tests: short waits, no retries, no rate limit.
pub fn quick() -> WebSettings {
    let mut settings = WebSettings::new("tunescope/0.1 (tests@example.org)");
    settings.per_host.requests_per_second = 0.0;
    settings.per_host.concurrency = 8;
    settings.retries = 0;
    settings.backoff.first = Duration::from_millis(2);
    settings.backoff.longest = Duration::from_millis(10);
    settings
}

/// Returns a client whose connections all lead to `server`. `site.test` and `other.test` are public names.
pub fn client(server: &Server, settings: &WebSettings) -> (Web, Arc<Recorder>) {
    client_of(
        Recorder::new(server.address).name("site.test", [public()]).name("other.test", [[93, 184, 216, 35].into()]),
        settings,
    )
}

/// Returns a client that takes addresses from `recorder`.
pub fn client_of(recorder: Recorder, settings: &WebSettings) -> (Web, Arc<Recorder>) {
    let recorder = Arc::new(recorder);
    let network: Arc<dyn web::Network> = recorder.clone();
    (Web::new(settings, network).unwrap(), recorder)
}

/// Returns a request for an image.
pub fn at(url: &str) -> Request {
    Request::image(web::parse_url(url).unwrap())
}

/// Returns the header of an answer. The caller adds the body.
pub fn head(status: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\n");
    for (name, value) in fields {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    text.into_bytes()
}

/// Writes `first`, then `again` repeatedly with pauses, until the other side closes.
pub async fn endlessly(mut stream: TcpStream, first: Vec<u8>, again: Vec<u8>, pause: Duration) {
    if stream.write_all(&first).await.is_err() {
        return;
    }
    while stream.write_all(&again).await.is_ok() {
        if pause.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(pause).await;
        }
    }
}
