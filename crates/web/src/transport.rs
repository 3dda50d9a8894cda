//! Sending one request and receiving the header of its answer.

use std::error::Error;
use std::io;
use std::pin::Pin;

use crate::failure::{Failure, Phase, Reason};
use crate::hop::Hop;

/// The most bytes that are read of a header. `hyper` has this limit over HTTP/1, and `reqwest` has no setting for it. The limit of
/// [`crate::Limits`] applies to the header once it has been read.
pub(crate) const HEADER_BUFFER: u32 = 8192 + 4096 * 100;

/// The pending result of [`Transport::send`].
pub(crate) type Sending = Pin<Box<dyn Future<Output = reqwest::Result<reqwest::Response>> + Send>>;

/// A sender of requests: [`crate::clients::Clients`], or a transport in memory for the tests of the pace, whose paused clock does not wait
/// for sockets.
pub(crate) trait Transport: Send + Sync {
    /// Sends `request` for `hop` and receives the header of the answer. Redirects are answers.
    fn send(&self, hop: Hop, request: reqwest::Request) -> Sending;
}

/// Returns `error` and its causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // `source` of an I/O error skips the error inside it, so the search takes that inner error itself.
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
        _ if error.is_builder() => Failure::Refused(Reason::Location),
        _ => Failure::Later(Reason::Broken),
    }
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
