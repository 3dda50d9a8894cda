//! Answers.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use url::Url;

use crate::body_permit::BodyPermit;

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status: 200 for an image. An API may also answer 4xx with a body that explains the error.
    pub status: u16,
    /// The URL at the end of the redirects. `***` replaces a credential that the server repeated.
    pub final_url: Url,
    /// The header.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// The time that the successful try took, with its redirects and without waits for the pace of hosts.
    pub elapsed: Duration,
    /// The permit of a body of more than 1 MiB. Drop it together with the body.
    pub permit: Option<BodyPermit>,
}

impl Response {
    /// Returns the media type of the answer in lower case, without parameters.
    pub fn media_type(&self) -> Option<String> {
        media_type(&self.headers)
    }

    /// Returns the wait from now that the server asks for before the next request. An answer with status 200 can ask for a wait too:
    /// `MediaWiki` does when its databases lag. See [`crate::Web::hold`].
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
        crate::retry_after(value, SystemTime::now())
    }
}

/// Returns the media type in `headers` in lower case, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!essence.is_empty()).then_some(essence)
}
