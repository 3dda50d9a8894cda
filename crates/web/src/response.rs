//! What came back.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use url::Url;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// 200 for a picture; for an API also 4xx, whose body says what is wrong.
    pub status: u16,
    /// Where redirects ended, without credentials: `***` stands where the server repeated one.
    pub final_url: Url,
    /// The header as it came.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// From the first byte of the successful try to its last, redirects included, without the waits that politeness asks for.
    pub elapsed: Duration,
}

impl Response {
    /// The media type that the server names, in small letters and without parameters.
    pub fn media_type(&self) -> Option<String> {
        media_type(&self.headers)
    }

    /// How long the server asks to wait before the next request, counted from now. An answer with status 200 can ask
    /// too, as `MediaWiki` does when it lags; see [`crate::Web::hold`].
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
        crate::retry_after(value, SystemTime::now())
    }
}

/// The media type that `headers` name, in small letters and without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!essence.is_empty()).then_some(essence)
}
