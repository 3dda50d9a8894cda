//! One request and its answer, on one connection.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::body;
use crate::budget::Purse;
use crate::connect::Connector;
use crate::failure::{Failure, Phase, Reason};
use crate::host::Key;
use crate::pool::{Connection, Pool};
use crate::request::{Kind, Request};
use crate::response::{Room, Rooms};
use crate::settings::Limits;

/// Sends requests: what is needed below the rules of politeness.
pub(crate) struct Wire {
    pub connector: Connector,
    pub pool: Pool,
    pub purse: Arc<Purse>,
    pub limits: Limits,
    pub user_agent: HeaderValue,
    pub rooms: Rooms,
}

/// An answer whose body has not been read. Dropping it closes the connection.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Incoming,
    connection: Connection,
    started: Instant,
}

/// An answer whose body has been read.
pub(crate) struct Whole {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub room: Option<Room>,
}

/// Bodies up to this size are read and thrown away when nobody wants them, to keep the connection.
const DRAINED: u64 = 16 << 10;

/// And for no longer than this.
const DRAINING: Duration = Duration::from_millis(500);

impl Wire {
    /// Asks for `url`, with the request's credentials if `with_secrets`.
    pub async fn ask(&self, url: &Url, key: &Key, request: &Request, with_secrets: bool) -> Result<Answer, Failure> {
        let headers = self.headers(key, request, with_secrets)?;
        let target = http::Uri::try_from(&url[url::Position::BeforePath..url::Position::AfterQuery]);
        let target = target.map_err(|_| Failure::Refused(Reason::Url))?;
        // The server may have closed a kept connection in this very moment: a second, new one decides.
        if let Some(connection) = self.pool.take(key) {
            match self.send(connection, Instant::now(), &target, &headers).await {
                Err(Failure::Later(Reason::Broken)) => {}
                decided => return decided,
            }
        }
        self.purse.check()?;
        let started = Instant::now();
        let connection = self.connector.open(key).await?;
        self.send(connection, started, &target, &headers).await
    }

    async fn send(
        &self,
        mut connection: Connection,
        started: Instant,
        target: &http::Uri,
        headers: &HeaderMap,
    ) -> Result<Answer, Failure> {
        self.purse.request()?;
        let mut message = hyper::Request::new(Empty::<Bytes>::new());
        *message.uri_mut() = target.clone();
        *message.headers_mut() = headers.clone();
        let sending = async {
            // A kept connection may still be busy with the end of its last answer.
            connection.sender.ready().await?;
            connection.sender.send_request(message).await
        };
        let sent = timeout(self.limits.header, sending).await;
        let answer = sent.map_err(|_| Failure::Later(Reason::Timeout(Phase::Header)))?;
        let answer = answer.map_err(|error| self.purse.check().err().unwrap_or_else(|| broken(&error)))?;
        let (parts, body) = answer.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers, body, connection, started })
    }

    /// Reads the body and keeps the connection.
    pub async fn read(&self, answer: Answer, key: &Key, request: &Request) -> Result<Whole, Failure> {
        let Answer { headers, body, connection, started, .. } = answer;
        let reader = body::Reader { limits: &self.limits, purse: &self.purse, rooms: &self.rooms };
        let (body, room) = reader.read(body, &headers, request, started).await?;
        self.pool.put(key.clone(), connection);
        Ok(Whole { headers, body, room })
    }

    /// Reads a body that nobody wants if that is cheaper than a new connection.
    pub async fn discard(&self, answer: Answer, key: &Key, request: &Request) {
        let length =
            answer.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|bytes| bytes <= DRAINED) {
            let request = Request::api(request.url().clone()).max_bytes(DRAINED);
            // Failing here, or being too slow, only costs the connection.
            drop(timeout(DRAINING, self.read(answer, key, &request)).await);
        }
    }

    fn headers(&self, key: &Key, request: &Request, with_secrets: bool) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            headers.insert(name.clone(), value.clone());
        }
        let host = HeaderValue::from_str(&key.origin.authority()).map_err(|_| Failure::Refused(Reason::Url))?;
        headers.insert(header::HOST, host);
        let accept = if request.accept.is_empty() { "*/*".to_owned() } else { request.accept.join(", ") };
        headers.insert(header::ACCEPT, HeaderValue::from_str(&accept).map_err(|_| Failure::Refused(Reason::Type))?);
        // Pictures are compressed already.
        let encoding = if request.kind == Kind::Api { "gzip" } else { "identity" };
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        if with_secrets {
            for (name, secret) in &request.secret_headers {
                let mut value =
                    HeaderValue::from_str(secret.reveal()).map_err(|_| Failure::Refused(Reason::Credential))?;
                value.set_sensitive(true);
                headers.insert(name.clone(), value);
            }
        }
        // Last, so that no request can pretend to be somebody else.
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        Ok(headers)
    }
}

fn broken(error: &hyper::Error) -> Failure {
    if error.is_parse_too_large() {
        Failure::Refused(Reason::HeaderTooLarge)
    } else if error.is_parse() {
        Failure::Refused(Reason::Protocol)
    } else {
        Failure::Later(Reason::Broken)
    }
}
