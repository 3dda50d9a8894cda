//! What a caller decides: who asks, how fast, how much.

use std::time::Duration;

use http::HeaderValue;

/// Everything that [`crate::Web`] is told once.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Who asks: `product/version (contact)`, with an address or a page that reaches a person.
    pub user_agent: String,
    /// Hosts that the user's configuration names, as `host` or `host:port`: exempt from the checks of address and port.
    pub allowed_hosts: Vec<String>,
    /// Limits for each host; a host is scheme, name and port.
    pub per_host: PerHost,
    /// Other limits for hosts that the user's configuration names, each as `host` or `host:port`; the first match counts.
    pub named_hosts: Vec<(String, PerHost)>,
    /// Requests under way at once, all hosts together; at least 1.
    pub concurrency: usize,
    /// What the whole run may use.
    pub budget: Budget,
    /// What one answer may use.
    pub limits: Limits,
    /// How often a request that failed for now is tried again.
    pub retries: u32,
    /// How long to wait before that.
    pub backoff: Backoff,
    /// The longest wait that a host may ask for by `Retry-After`, a crawl delay or [`crate::Web::hold`]. A host that
    /// asks for more is left alone.
    pub longest_wait: Duration,
    /// Whether `robots.txt` and opt-outs in headers are asked for and honoured.
    pub respect_robots: bool,
    /// Certificate authorities to trust beside the well-known ones, each as DER.
    pub extra_certificates: Vec<Vec<u8>>,
}

/// Limits for each host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerHost {
    /// Requests under way at once; at least 1.
    pub concurrency: usize,
    /// Requests begun a second, evenly spaced; 0 sets no limit.
    pub requests_per_second: f64,
}

/// What the whole run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests sent, with retries, redirects and `robots.txt`.
    pub requests: u64,
    /// Bytes read from the network, with headers and TLS records. What is under way when it is used up may
    /// exceed it by one read each (at most [`Limits::header_bytes`]).
    pub bytes: u64,
}

/// What one answer may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the name's look-up to the end of the TLS handshake.
    pub connect: Duration,
    /// From the request to the end of the answer's header.
    pub header: Duration,
    /// Between two pieces of the body.
    pub idle: Duration,
    /// From the beginning of the connection to the end of the body; each redirect has its own.
    pub total: Duration,
    /// Bytes a second that a body must keep up on average, once [`Limits::grace`] is over; 0 sets no limit.
    pub bytes_per_second: u64,
    /// How long a body may be slower than that at its beginning.
    pub grace: Duration,
    /// Bytes of the answer's header, at least 8192.
    pub header_bytes: usize,
    /// Number of header fields.
    pub header_fields: usize,
    /// Redirects followed for one request.
    pub redirects: usize,
}

/// Waits between tries: drawn evenly from zero to `first * 2^n`, at most `longest` ("full jitter").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait before the first retry.
    pub first: Duration,
    /// The longest wait before any retry.
    pub longest: Duration,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsError {
    /// The User-Agent does not say who asks.
    #[error(
        "user agent {0:?} is not of the form `product/version (contact)`, the contact being a mail address or a page"
    )]
    UserAgent(String),
    /// A number that lets no request through, or that no clock can count to.
    #[error("`{name}` is {value}, which cannot be used")]
    Number {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// An entry of `allowed_hosts` or `named_hosts` that is no host.
    #[error("host {0:?} is not of the form `host` or `host:port`")]
    Host(String),
    /// A certificate that cannot be read.
    #[error("extra certificate {index} cannot be read: {why}")]
    Certificate {
        /// Which one, from 0.
        index: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl Settings {
    /// Careful defaults: two requests at once and two a second for each host.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            user_agent: user_agent.into(),
            allowed_hosts: Vec::new(),
            per_host: PerHost { concurrency: 2, requests_per_second: 2.0 },
            named_hosts: Vec::new(),
            concurrency: 16,
            budget: Budget { requests: 100_000, bytes: 50 << 30 },
            limits: Limits {
                connect: Duration::from_secs(10),
                header: Duration::from_secs(20),
                idle: Duration::from_secs(15),
                total: Duration::from_secs(120),
                bytes_per_second: 1024,
                grace: Duration::from_secs(10),
                header_bytes: 64 << 10,
                header_fields: 100,
                redirects: 5,
            },
            retries: 3,
            backoff: Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(30) },
            longest_wait: Duration::from_secs(120),
            respect_robots: true,
            extra_certificates: Vec::new(),
        }
    }

    /// Checks what the types do not say, and gives the User-Agent as a header and the product's name.
    pub(crate) fn check(&self) -> Result<(HeaderValue, String), SettingsError> {
        let mut numbers = vec![
            ("concurrency", self.concurrency == 0, self.concurrency.to_string()),
            ("limits.header_bytes", self.limits.header_bytes < 8192, self.limits.header_bytes.to_string()),
            ("limits.header_fields", self.limits.header_fields == 0, self.limits.header_fields.to_string()),
        ];
        for host in self.named_hosts.iter().map(|(_, limits)| limits).chain([&self.per_host]) {
            let rate = host.requests_per_second;
            let no_rate = !rate.is_finite() || rate < 0.0;
            numbers.push(("per_host.concurrency", host.concurrency == 0, host.concurrency.to_string()));
            numbers.push(("per_host.requests_per_second", no_rate, rate.to_string()));
        }
        let durations = [
            ("limits.connect", self.limits.connect),
            ("limits.header", self.limits.header),
            ("limits.idle", self.limits.idle),
            ("limits.total", self.limits.total),
        ];
        for (name, duration) in durations {
            numbers.push((name, duration.is_zero() || duration > LONGEST, format!("{duration:?}")));
        }
        numbers.push(("limits.grace", self.limits.grace > LONGEST, format!("{:?}", self.limits.grace)));
        if let Some((name, _, value)) = numbers.into_iter().find(|(_, wrong, _)| *wrong) {
            return Err(SettingsError::Number { name, value });
        }
        let wrong = || SettingsError::UserAgent(self.user_agent.clone());
        let product = product(&self.user_agent).ok_or_else(wrong)?;
        let header = HeaderValue::from_str(&self.user_agent).map_err(|_| wrong())?;
        Ok((header, product.to_owned()))
    }
}

/// The longest time that a limit may be: a week.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// The product's name in a User-Agent that says who asks.
fn product(user_agent: &str) -> Option<&str> {
    let (product, rest) = user_agent.split_once('/')?;
    let named = !product.is_empty() && product.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let (version, contact) = rest.split_once(" (")?;
    let versioned = !version.is_empty() && version.bytes().all(|b| b.is_ascii_graphic());
    let contact = contact.split_once(')')?.0;
    let reachable = contact.contains('@') || contact.contains("http://") || contact.contains("https://");
    (named && versioned && reachable).then_some(product)
}
