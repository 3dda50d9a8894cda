//! The reasons of failures. Their texts are fixed and contain nothing from outside.

use crate::address::AddressClass;
use crate::opt_out::OptOut;

/// A failed request, by what the caller does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Another run would fail too: remember the failure.
    #[error("{0}")]
    Refused(Reason),
    /// Another run may succeed: try again later.
    #[error("{0}")]
    Later(Reason),
    /// A budget of the run is used up: stop.
    #[error("{0}")]
    Exhausted(Reason),
}

impl Failure {
    /// Returns the reason.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Refused(reason) | Self::Later(reason) | Self::Exhausted(reason) => reason,
        }
    }
}

/// The reason of a failure. Its text fits into a cell of a table and contains no URL and no credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// The text is not a URL, or it is longer than 8192 bytes.
    #[error("not an address")]
    Url,
    /// The scheme is neither http nor https.
    #[error("neither http nor https")]
    Scheme,
    /// The URL contains a user name or a password.
    #[error("address carries a user name")]
    UserInfo,
    /// The port is neither 80 nor 443, and the configuration does not name the host.
    #[error("port is neither 80 nor 443")]
    Port,
    /// The host has an address that is not public.
    #[error("address is not public: {0}")]
    Address(AddressClass),
    /// The name is local, and the request would go through a proxy that resolves it.
    #[error("name is local, which a proxy is not asked for")]
    LocalName,
    /// `robots.txt` forbids the URL.
    #[error("robots.txt forbids it")]
    Robots,
    /// `robots.txt` cannot be read, which forbids everything for now (RFC 9309, 2.3.1.4).
    #[error("robots.txt cannot be read")]
    RobotsUnreachable,
    /// `robots.txt` asks for longer waits than [`crate::WebSettings::longest_wait`].
    #[error("robots.txt asks for a longer wait than allowed")]
    CrawlDelay,
    /// The server reserves its content.
    #[error("opt-out: {0}")]
    OptOut(OptOut),
    /// The status of the answer is an error.
    #[error("status {0}")]
    Status(u16),
    /// The media type is not among the accepted ones.
    #[error("type is not one asked for")]
    Type,
    /// The body is larger than [`crate::Request::max_bytes`].
    #[error("larger than allowed, {0}")]
    TooLarge(Counted),
    /// The content encoding is not gzip.
    #[error("content encoding is not known")]
    Encoding,
    /// The compressed body is damaged.
    #[error("compressed body is damaged")]
    Compressed,
    /// There are more redirects than [`crate::Limits::redirects`].
    #[error("too many redirects")]
    Redirects,
    /// A redirect leads to a URL of the same chain.
    #[error("redirect loop")]
    RedirectLoop,
    /// A redirect names no URL.
    #[error("redirect without an address")]
    Location,
    /// A redirect would take credentials to another host, or from https to http.
    #[error("redirect would carry credentials away")]
    Credential,
    /// The header has more bytes or fields than [`crate::Limits`] allow.
    #[error("header is too large")]
    HeaderTooLarge,
    /// The answer is not HTTP.
    #[error("answer is not HTTP")]
    Protocol,
    /// The name does not resolve.
    #[error("name does not resolve")]
    Resolve,
    /// There is no connection.
    #[error("no connection")]
    Connect,
    /// The TLS handshake failed, or the certificate is not valid.
    #[error("no trusted TLS connection")]
    Tls,
    /// The connection broke.
    #[error("connection broke off")]
    Broken,
    /// The body ended before it was complete.
    #[error("body ended early")]
    Short,
    /// A time limit ended the request.
    #[error("{0}")]
    Timeout(Phase),
    /// The host asks for a longer wait than [`crate::WebSettings::longest_wait`].
    #[error("host asks for a longer wait than allowed")]
    RetryAfter,
    /// [`crate::Budget::requests`] is used up.
    #[error("budget of requests is used up")]
    BudgetRequests,
    /// [`crate::Budget::bytes`] is used up.
    #[error("budget of bytes is used up")]
    BudgetBytes,
}

/// The source of the size of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Counted {
    /// `Content-Length` states the size. Nothing was read.
    #[error("as its header says")]
    Announced,
    /// The server sent that many bytes.
    #[error("as sent")]
    Sent,
    /// The sent bytes decompress to that many.
    #[error("as decompressed")]
    Decompressed,
}

/// The part of a request that took too long. Each variant names its limit in [`crate::Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Phase {
    /// [`crate::Limits::connect`].
    #[error("no connection in time")]
    Connect,
    /// [`crate::Limits::header`].
    #[error("no answer in time")]
    Header,
    /// [`crate::Limits::idle`].
    #[error("body stalled")]
    Idle,
    /// [`crate::Limits::bytes_per_second`].
    #[error("body is too slow")]
    Rate,
    /// [`crate::Limits::total`].
    #[error("not finished in time")]
    Total,
}
