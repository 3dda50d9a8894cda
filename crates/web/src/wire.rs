//! One request and its answer, within the limits.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use tokio::time::{Instant, sleep_until, timeout};
use url::{Host, Url};

use crate::body;
use crate::body_permit::{BodyPermit, BodyPermits};
use crate::budget::BudgetCounter;
use crate::failure::{Failure, Phase, Reason};
use crate::hop::{Connection, Hop};
use crate::host::Key;
use crate::request::{Request, RequestKind};
use crate::settings::Limits;
use crate::transport::{HEADER_BUFFER, Transport, not_sent};

/// A sender of single requests. It applies the limits and the budget, but no rule of politeness.
pub(crate) struct Wire {
    pub transport: Box<dyn Transport>,
    pub budget: Arc<BudgetCounter>,
    pub limits: Limits,
    pub user_agent: HeaderValue,
    pub permits: BodyPermits,
}

/// An answer whose body has not been read. Dropping it ends the transfer.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    response: reqwest::Response,
    started: Instant,
}

/// An answer whose body has been read.
pub(crate) struct CompleteAnswer {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub permit: Option<BodyPermit>,
}

/// Unwanted bodies up to this size are read, because that keeps the connection and costs less than a new one.
const DRAINED: u64 = 16 << 10;

/// The time that reading an unwanted body may take.
const DRAINING: Duration = Duration::from_millis(500);

impl Wire {
    /// Sends a request for `url` through `proxy`, with the credentials if `with_secrets`.
    pub async fn ask(
        &self,
        url: &Url,
        key: &Key,
        proxy: Option<String>,
        request: &Request,
        with_secrets: bool,
    ) -> Result<Answer, Failure> {
        let headers = self.headers(request, with_secrets)?;
        let url = target(url, key)?;
        let message = || {
            let mut message = reqwest::Request::new(Method::GET, url.clone());
            *message.headers_mut() = headers.clone();
            message
        };
        let hop = Hop::new(key.clone(), proxy.clone());
        match self.send(hop.clone(), message()).await {
            // The server can close a kept connection at the moment of the request. The request is sent once more, and the second result
            // counts.
            Err(Failure::Later(Reason::Broken)) if !hop.is_new() => {
                self.send(Hop::new(key.clone(), proxy), message()).await
            }
            decided => decided,
        }
    }

    async fn send(&self, hop: Hop, message: reqwest::Request) -> Result<Answer, Failure> {
        self.budget.take_request()?;
        let started = Instant::now();
        let mut response = self.header(hop, message).await.inspect_err(|failure| {
            if *failure == Failure::Refused(Reason::HeaderTooLarge) {
                // The exact number is unknown.
                self.budget.take_bytes(HEADER_BUFFER.into());
            }
        })?;
        let headers = std::mem::take(response.headers_mut());
        let bytes = header_bytes(&headers);
        if !self.budget.take_bytes(bytes) {
            return Err(Failure::Exhausted(Reason::BudgetBytes));
        }
        if bytes > self.limits.header_bytes as u64 || headers.len() > self.limits.header_fields {
            return Err(Failure::Refused(Reason::HeaderTooLarge));
        }
        Ok(Answer { status: response.status(), headers, response, started })
    }

    /// Sends `message` and receives the header of the answer. The time for the header begins when there is a connection.
    async fn header(&self, hop: Hop, message: reqwest::Request) -> Result<reqwest::Response, Failure> {
        let mut connection = hop.watch();
        let mut sending = self.transport.send(hop, message);
        let mut deadline = Instant::now() + self.limits.header;
        loop {
            tokio::select! {
                biased;
                answer = &mut sending => return answer.map_err(|error| not_sent(&error)),
                Ok(()) = connection.changed() => deadline = match *connection.borrow_and_update() {
                    Connection::Kept => deadline,
                    // The client ends an attempt that takes longer than `limits.connect`.
                    Connection::Opening => Instant::now() + self.limits.connect + self.limits.header,
                    Connection::Opened(at) => at + self.limits.header,
                },
                () = sleep_until(deadline) => return Err(Failure::Later(Reason::Timeout(Phase::Header))),
            }
        }
    }

    /// Reads the body of `answer`.
    pub async fn read(&self, answer: Answer, request: &Request) -> Result<CompleteAnswer, Failure> {
        let Answer { headers, response, started, .. } = answer;
        let reader = body::Reader { limits: &self.limits, budget: &self.budget, permits: &self.permits };
        let (body, permit) = reader.read(response, &headers, request, started).await?;
        Ok(CompleteAnswer { headers, body, permit })
    }

    /// Reads a short unwanted body, so that the connection can be kept.
    pub async fn discard(&self, answer: Answer, request: &Request) {
        let length =
            answer.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|bytes| bytes <= DRAINED) {
            let request = Request::api(request.url().clone()).max_bytes(DRAINED);
            // A failure costs only the connection.
            drop(timeout(DRAINING, self.read(answer, &request)).await);
        }
    }

    fn headers(&self, request: &Request, with_secrets: bool) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            headers.insert(name.clone(), value.clone());
        }
        // `reqwest` writes a `Host` header that matches the URL.
        headers.remove(header::HOST);
        let accept = if request.accept.is_empty() { "*/*".to_owned() } else { request.accept.join(", ") };
        headers.insert(header::ACCEPT, HeaderValue::from_str(&accept).map_err(|_| Failure::Refused(Reason::Type))?);
        // Images are compressed already.
        let encoding = if request.kind == RequestKind::Api { "gzip" } else { "identity" };
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        if with_secrets {
            for (name, secret) in &request.secret_headers {
                let mut value =
                    HeaderValue::from_str(secret.reveal()).map_err(|_| Failure::Refused(Reason::Credential))?;
                value.set_sensitive(true);
                headers.insert(name.clone(), value);
            }
        }
        // This header is set last, so that no request can state another sender.
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        Ok(headers)
    }
}

/// Returns `url` as it is sent: without a fragment, and with the host of `key`, which has no dot at its end.
fn target(url: &Url, key: &Key) -> Result<Url, Failure> {
    let mut url = url.clone();
    url.set_fragment(None);
    if let Host::Domain(name) = &key.origin.host
        && url.host_str() != Some(name)
    {
        url.set_host(Some(name)).map_err(|_| Failure::Refused(Reason::Url))?;
    }
    match Uri::try_from(url.as_str()) {
        Ok(_) => Ok(url),
        Err(_) => Err(Failure::Refused(Reason::Url)),
    }
}

/// Returns the size of a header as HTTP/1.1 writes it.
fn header_bytes(headers: &HeaderMap) -> u64 {
    let fields = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    ("HTTP/1.1 200 OK\r\n\r\n".len() + fields.sum::<usize>()) as u64
}
