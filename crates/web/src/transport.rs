//! Sending one request and receiving the header of its answer.

use std::error::Error;
use std::io;
use std::pin::Pin;

use crate::failure::{Failure, Phase, Reason};
use crate::hop::Hop;
use crate::settings::Limits;

/// The most bytes that are read of a header over HTTP/1. `hyper` has this limit, and `reqwest` has no setting for it (docs/web.md). The
/// limit of [`Limits`] applies to the header once it has been read.
pub(crate) const HTTP1_HEADER: u32 = 8192 + 4096 * 100;

/// Returns the limit of a header over HTTP/2. Each field counts 32 bytes more than its text (RFC 9113, 6.5.2).
///
/// It lies above `limits`, so that a header which is little too large gets its own reason. Above this limit, the client resets the
/// stream.
pub(crate) fn http2_header(limits: &Limits) -> u32 {
    let more = (limits.header_bytes / 2).max(limits.header_fields.saturating_mul(32));
    u32::try_from(limits.header_bytes.saturating_add(more)).unwrap_or(u32::MAX)
}

/// The pending result of [`Transport::send`].
pub(crate) type Sending = Pin<Box<dyn Future<Output = reqwest::Result<reqwest::Response>> + Send>>;

/// What sends requests: [`crate::clients::Clients`], or memory in tests of the pace, whose clock does not wait for sockets.
pub(crate) trait Transport: Send + Sync {
    /// Sends `request` for `hop` and receives the header of the answer. Redirects are answers.
    fn send(&self, hop: Hop, request: reqwest::Request) -> Sending;
}

/// Returns `error` and its causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // The source of an I/O error is the source of the error inside it, not that error itself.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}

/// Returns the failure of a request that received no answer.
pub(crate) fn not_sent(error: &reqwest::Error) -> Failure {
    if let Some(failure) = causes(error).find_map(|cause| cause.downcast_ref::<Failure>()) {
        return *failure;
    }
    if error.is_connect() {
        return Failure::Later(if error.is_timeout() { Reason::Timeout(Phase::Connect) } else { connect(error) });
    }
    match causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>()) {
        Some(error) if error.is_parse_too_large() => Failure::Refused(Reason::HeaderTooLarge),
        Some(error) if error.is_parse() => Failure::Refused(Reason::Protocol),
        _ if breaks_rules(error) => Failure::Refused(Reason::Protocol),
        _ if error.is_builder() => Failure::Refused(Reason::Location),
        _ => Failure::Later(Reason::Broken),
    }
}

/// Returns whether the client reset the stream of an HTTP/2 answer, because its header is malformed or above [`http2_header`].
fn breaks_rules(error: &reqwest::Error) -> bool {
    let reset = causes(error).find_map(|cause| cause.downcast_ref::<h2::Error>());
    let by_client = |error: &h2::Error| error.is_reset() && error.is_library();
    reset.is_some_and(|error| by_client(error) && error.reason() == Some(h2::Reason::PROTOCOL_ERROR))
}

/// Returns why there is no connection.
fn connect(error: &reqwest::Error) -> Reason {
    // A handshake fails in rustls, or because the stream ends. Every failure of TCP has a code of the operating system.
    let tls = causes(error).any(|cause| {
        let ends = |io: &io::Error| io.kind() == io::ErrorKind::UnexpectedEof && io.raw_os_error().is_none();
        cause.is::<rustls::Error>() || cause.downcast_ref().is_some_and(ends)
    });
    if tls { Reason::Tls } else { Reason::Connect }
}

/// Returns the failure of a body that ended with `error`.
pub(crate) fn not_read(error: &reqwest::Error) -> Failure {
    let hyper = causes(error).find_map(|cause| cause.downcast_ref::<hyper::Error>());
    if hyper.is_some_and(hyper::Error::is_incomplete_message) {
        return Failure::Later(Reason::Short);
    }
    if hyper.is_some_and(hyper::Error::is_parse) {
        return Failure::Refused(Reason::Protocol);
    }
    // A TLS connection that ends in the middle of a body ends with this error.
    let ends = |cause: &(dyn Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof)
    };
    Failure::Later(if causes(error).any(ends) { Reason::Short } else { Reason::Broken })
}
