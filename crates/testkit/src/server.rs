//! An HTTP server on loopback, for tests of clients.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// A request that the server has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The path with the query.
    pub path: String,
    /// The header fields, with their names in lower case.
    pub headers: BTreeMap<String, String>,
}

/// An answer to a request.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The status, such as 200.
    pub status: u16,
    /// The header fields. `Content-Length` is added.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The number of bytes of the body after which the connection is closed.
    pub cut: Option<usize>,
}

impl Response {
    /// Returns an answer with the status 200.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, body: body.into(), ..Self::default() }
    }

    /// Returns an answer without a body.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Returns the answer of a server that supports ranges: the file, or the rest of it.
    pub fn file(body: &[u8], request: &Request) -> Self {
        let from = request
            .headers
            .get("range")
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        match from {
            Some(from) if from < body.len() => Self { status: 206, ..Self::ok(&body[from..]) }
                .with("Content-Range", &format!("bytes {from}-{}/{}", body.len() - 1, body.len())),
            Some(_) => Self::status(416),
            None => Self::ok(body),
        }
    }

    /// Returns the answer with one more header field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A server on loopback. It runs until the process ends, and answers one request on each connection.
#[derive(Debug, Clone)]
pub struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server that answers with `answer`.
    pub fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), requests: Arc::default() };
        let (requests, answer) = (Arc::clone(&server.requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (requests, answer) = (Arc::clone(&requests), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    requests.lock().unwrap().push(request.clone());
                    write(&stream, &answer(&request));
                });
            }
        });
        server
    }

    /// Returns the address of `path`, which begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns the requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns the paths of the requests so far.
    pub fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }
}

/// Reads a request without a body from any stream. Returns `None` when the client closes the connection.
pub fn read(stream: impl Read) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines.take_while(|line| !line.is_empty());
    let headers = headers.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Request { path, headers: headers.collect() })
}

/// Writes an answer to any stream. A client that has gone away is no error.
pub fn write(mut stream: impl Write, response: &Response) {
    let mut head = format!(
        "HTTP/1.1 {} Status\r\nContent-Length: {}\r\nConnection: close\r\n",
        response.status,
        response.body.len()
    );
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let body = &response.body[..response.cut.unwrap_or(response.body.len()).min(response.body.len())];
    let bytes = [head.as_bytes(), b"\r\n", body].concat();
    stream.write_all(&bytes).and_then(|()| stream.flush()).ok();
}
