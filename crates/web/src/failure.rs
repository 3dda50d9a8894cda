//! Why a fetch failed, in words that stay the same and hold nothing that came from outside.

use crate::address::AddressClass;
use crate::opt_out::OptOut;

/// A fetch that failed, by what a caller does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It will not do better another time: remember it.
    #[error("{0}")]
    Refused(Reason),
    /// It may do better another time: try again in a later run.
    #[error("{0}")]
    Later(Reason),
    /// The run's budget is used up: stop.
    #[error("{0}")]
    Exhausted(Reason),
}

impl Failure {
    /// Why.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Refused(reason) | Self::Later(reason) | Self::Exhausted(reason) => reason,
        }
    }
}

/// Why a fetch failed. Its text is short, fit for a cell of a table, and shows no address and no credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// The text is no address, or one longer than 8192 bytes.
    #[error("not an address")]
    Url,
    /// Neither http nor https.
    #[error("neither http nor https")]
    Scheme,
    /// The address carries a user name or a password.
    #[error("address carries a user name")]
    UserInfo,
    /// Neither 80 nor 443, on a host that the configuration does not name.
    #[error("port is neither 80 nor 443")]
    Port,
    /// The host is at an address that is not public.
    #[error("address is not public: {0}")]
    Address(AddressClass),
    /// `robots.txt` forbids it.
    #[error("robots.txt forbids it")]
    Robots,
    /// `robots.txt` could not be read, which forbids everything for now (RFC 9309, 2.3.1.4).
    #[error("robots.txt cannot be read")]
    RobotsUnreachable,
    /// `robots.txt` asks for longer waits than [`crate::Settings::longest_wait`].
    #[error("robots.txt asks for a longer wait than allowed")]
    CrawlDelay,
    /// The server keeps its content from being used like this.
    #[error("opt-out: {0}")]
    OptOut(OptOut),
    /// An answer that is not 200.
    #[error("status {0}")]
    Status(u16),
    /// The media type is not among those asked for.
    #[error("type is not one asked for")]
    Type,
    /// The body is larger than [`crate::Request::max_bytes`].
    #[error("larger than allowed, {0}")]
    TooLarge(Counted),
    /// A content encoding other than gzip.
    #[error("content encoding is not known")]
    Encoding,
    /// A compressed body that is damaged.
    #[error("compressed body is damaged")]
    Compressed,
    /// More redirects than [`crate::Limits::redirects`].
    #[error("too many redirects")]
    Redirects,
    /// A redirect to an address that was asked for before.
    #[error("redirect loop")]
    RedirectLoop,
    /// A redirect that names no address.
    #[error("redirect without an address")]
    Location,
    /// A redirect that would take credentials to another host, or from https to http.
    #[error("redirect would carry credentials away")]
    Credential,
    /// A header with more bytes or fields than allowed.
    #[error("header is too large")]
    HeaderTooLarge,
    /// The answer is not HTTP.
    #[error("answer is not HTTP")]
    Protocol,
    /// The name does not resolve.
    #[error("name does not resolve")]
    Resolve,
    /// No connection.
    #[error("no connection")]
    Connect,
    /// The TLS handshake failed, or the certificate does not hold.
    #[error("no trusted TLS connection")]
    Tls,
    /// The connection broke off.
    #[error("connection broke off")]
    Broken,
    /// The body ended before it was complete.
    #[error("body ended early")]
    Short,
    /// Something took too long.
    #[error("{0}")]
    Timeout(Phase),
    /// The host asks for a longer wait than [`crate::Settings::longest_wait`].
    #[error("host asks for a longer wait than allowed")]
    RetryAfter,
    /// [`crate::Budget::requests`] is used up.
    #[error("budget of requests is used up")]
    BudgetRequests,
    /// [`crate::Budget::bytes`] is used up.
    #[error("budget of bytes is used up")]
    BudgetBytes,
}

/// How a body's size was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Counted {
    /// `Content-Length` says so; nothing was read.
    #[error("as its header says")]
    Announced,
    /// That many bytes came.
    #[error("as sent")]
    Sent,
    /// The bytes that came become that many.
    #[error("as decompressed")]
    Decompressed,
}

/// What took too long; see [`crate::Limits`].
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
