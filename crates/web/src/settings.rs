//! The settings of a run: who asks, how fast, and how much.

use std::time::Duration;

use http::HeaderValue;
use url::Url;

/// The settings of [`crate::Web`].
#[derive(Debug, Clone, PartialEq)]
pub struct WebSettings {
    /// The name under which requests are sent: `product/version (contact)`. The contact is a mail address or a page of a person.
    pub user_agent: String,
    /// Hosts that the user's configuration names, as `host` or `host:port`. Their addresses and ports are not checked, and requests to them
    /// do not go through a proxy.
    pub allowed_hosts: Vec<String>,
    /// The limits for each host. A host is a scheme, a name and a port.
    pub per_host: PerHost,
    /// Other limits for named hosts, each as `host` or `host:port`. The first match counts.
    pub named_hosts: Vec<(String, PerHost)>,
    /// The number of requests under way at a time to all hosts together; at least 1.
    pub concurrency: usize,
    /// The budget of the whole run.
    pub budget: Budget,
    /// The limits of one request and its answer.
    pub limits: Limits,
    /// The number of times that a request with a temporary failure is sent again.
    pub retries: u32,
    /// The waits between these tries.
    pub backoff: Backoff,
    /// The longest wait that a host may ask for by `Retry-After`, a crawl delay or [`crate::Web::hold`]. A host that
    /// asks for a longer wait receives no more requests.
    pub longest_wait: Duration,
    /// Whether to read and obey `robots.txt` and opt-outs in headers.
    pub respect_robots: bool,
    /// The proxy that requests go through.
    pub proxy: Proxy,
    /// Certificate authorities to trust beside those of Mozilla, each as DER.
    pub extra_certificates: Vec<Vec<u8>>,
}

/// The proxy that requests go through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Proxy {
    /// No proxy: connections go to the hosts themselves.
    #[default]
    Direct,
    /// The proxy at this URL, for every host that is not exempt.
    At(Url),
    /// The proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, which are read as `curl` reads them.
    Environment,
}

impl Proxy {
    /// Reads a proxy: an empty text, `env`, or a URL with the scheme `http`, `https`, `socks5` or `socks5h`.
    ///
    /// # Errors
    /// Returns an error for any other text, and for a URL with a user name or password: configurations are copied into
    /// artifacts. A proxy that needs a password is named in the environment.
    pub fn parse(text: &str) -> Result<Self, WebSettingsError> {
        match text {
            "" => return Ok(Self::Direct),
            "env" => return Ok(Self::Environment),
            _ => {}
        }
        let url = Url::parse(text).ok().filter(|url| {
            let known = matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
            let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
            known && bare && url.has_host() && url.username().is_empty() && url.password().is_none()
        });
        url.map(Self::At).ok_or(WebSettingsError::Proxy)
    }
}

/// Limits for each host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerHost {
    /// The number of requests under way at a time; at least 1.
    pub concurrency: usize,
    /// The number of requests begun per second, evenly spaced; 0 sets no limit.
    pub requests_per_second: f64,
}

/// The budget of a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests sent, with retries, redirects and `robots.txt`.
    pub requests: u64,
    /// Bytes of answers as sent: headers and bodies, and 8 bytes for the framing of each piece of a body. A header that is too large counts
    /// as the most that is read of one, 417,792 bytes. Interim answers and the records of TLS and HTTP/2 do not count: the time limits
    /// bound them. Each request under way when the budget is used up may exceed it by one piece of a body, at most 417,792 bytes.
    pub bytes: u64,
}

/// The limits of one request and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The time from the look-up of the name to the end of the TLS handshake.
    pub connect: Duration,
    /// The time from the request to the end of the answer's header.
    pub header: Duration,
    /// The time between two pieces of the body.
    pub idle: Duration,
    /// The time from the beginning of the connection to the end of the body. Each redirect has its own.
    pub total: Duration,
    /// The bytes per second that a body must reach on average after [`Limits::grace`]; 0 sets no limit.
    pub bytes_per_second: u64,
    /// The time at the beginning of a body in which it may be slower.
    pub grace: Duration,
    /// The most bytes of the answer's header, at least 8192. A longer header is read up to 417,792 bytes and refused.
    pub header_bytes: usize,
    /// The most header fields.
    pub header_fields: usize,
    /// The most redirects that are followed for one request.
    pub redirects: usize,
}

/// Waits between tries. The wait before retry `n`, counted from 0, is uniform between 0 and `first * 2^n`, at most `longest` ("full
/// jitter", Brooker 2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait before the first retry.
    pub first: Duration,
    /// The longest wait before any retry.
    pub longest: Duration,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WebSettingsError {
    /// The User-Agent does not state a contact.
    #[error(
        "user agent {0:?} is not of the form `product/version (contact)`, the contact being a mail address or a page"
    )]
    UserAgent(String),
    /// A number that lets no request through or exceeds the clock.
    #[error("`{name}` is {value}, which cannot be used")]
    Number {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// An entry of `allowed_hosts` or `named_hosts` that is not a host.
    #[error("host {0:?} is not of the form `host` or `host:port`")]
    Host(String),
    /// A certificate that cannot be read.
    #[error("extra certificate {index} cannot be read: {why}")]
    Certificate {
        /// The index of the certificate, from 0.
        index: usize,
        /// The reason.
        why: String,
    },
    /// A proxy that is not a URL, or one with a password.
    #[error("the proxy is neither empty, `env`, nor a URL such as `http://host:3128` without a user name")]
    Proxy,
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(String),
}

impl WebSettings {
    /// Creates careful settings: each host receives at most two requests at a time and two per second.
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
            proxy: Proxy::Direct,
            extra_certificates: Vec::new(),
        }
    }

    /// Checks the values and returns the User-Agent as a header, and the name of the product in it.
    pub(crate) fn check(&self) -> Result<(HeaderValue, String), WebSettingsError> {
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
            return Err(WebSettingsError::Number { name, value });
        }
        let wrong = || WebSettingsError::UserAgent(self.user_agent.clone());
        let product = product(&self.user_agent).ok_or_else(wrong)?;
        let header = HeaderValue::from_str(&self.user_agent).map_err(|_| wrong())?;
        Ok((header, product.to_owned()))
    }
}

/// The longest time that a limit may have: a week.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Returns the name of the product in a User-Agent that states a contact.
fn product(user_agent: &str) -> Option<&str> {
    let (product, rest) = user_agent.split_once('/')?;
    let named = !product.is_empty() && product.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let (version, contact) = rest.split_once(" (")?;
    let versioned = !version.is_empty() && version.bytes().all(|b| b.is_ascii_graphic());
    let contact = contact.split_once(')')?.0;
    let reachable = contact.contains('@') || contact.contains("http://") || contact.contains("https://");
    (named && versioned && reachable).then_some(product)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn proxies_are_read_from_text() {
        assert_eq!(Proxy::parse(""), Ok(Proxy::Direct));
        assert_eq!(Proxy::parse("env"), Ok(Proxy::Environment));
        for text in ["http://10.0.0.1:3128", "https://proxy.example/", "socks5h://localhost:1080"] {
            assert_eq!(Proxy::parse(text), Ok(Proxy::At(Url::parse(text).unwrap())), "{text}");
        }
        for text in [
            "ENV",
            "proxy",
            "proxy:3128",
            "ftp://a.b",
            "http://",
            "http://ann:secret@proxy",
            "http://ann@proxy",
            "http://proxy/path",
        ] {
            let refused = Proxy::parse(text);
            assert_eq!(refused, Err(WebSettingsError::Proxy), "{text}");
        }
    }
}
