//! What came back.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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
    /// For a large body, its room; it belongs to the body and is to be dropped with it.
    pub room: Option<Room>,
}

/// Room for a body of more than a mebibyte. There are few: who holds one keeps the next large body waiting, so what is in memory
/// at a time stays small however many requests are under way.
#[derive(Debug, Clone)]
pub struct Room {
    _seat: Arc<OwnedSemaphorePermit>,
}

/// The rooms of a run.
#[derive(Debug)]
pub(crate) struct Rooms(Arc<Semaphore>);

impl Rooms {
    /// The size from which a body needs a room, in bytes.
    pub const FROM: usize = 1 << 20;

    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(4)))
    }

    /// A room, once there is one; `None` never happens, since nobody closes them.
    pub async fn enter(&self) -> Option<Room> {
        let seat = Arc::clone(&self.0).acquire_owned().await.ok()?;
        Some(Room { _seat: Arc::new(seat) })
    }
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
