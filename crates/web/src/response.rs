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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    /// The room that is given without waiting, if there is one.
    fn at_once(rooms: &Rooms) -> Option<Room> {
        match pin!(rooms.enter()).poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(room) => Some(room.unwrap()),
            std::task::Poll::Pending => None,
        }
    }

    fn all(rooms: &Rooms) -> Vec<Room> {
        std::iter::from_fn(|| at_once(rooms)).collect()
    }

    #[tokio::test]
    async fn who_comes_when_all_are_taken_waits_until_one_is_given_back() {
        let rooms = Arc::new(Rooms::new());
        let mut held = all(&rooms);
        assert_eq!(held.len(), 4);
        let waits = tokio::spawn({
            let rooms = Arc::clone(&rooms);
            async move { rooms.enter().await }
        });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        // The same room, for a response that was cloned: it is free once nobody has it.
        let again = held[0].clone();
        held.remove(0);
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        drop(again);
        let room = waits.await.unwrap();
        assert!(room.is_some() && at_once(&rooms).is_none());
        drop((room, held));
        assert_eq!(all(&rooms).len(), 4);
    }

    #[tokio::test]
    async fn a_task_that_is_given_up_gives_its_room_back() {
        let rooms = Arc::new(Rooms::new());
        let enter = || {
            let rooms = Arc::clone(&rooms);
            tokio::spawn(async move {
                let _room = rooms.enter().await;
                std::future::pending::<()>().await;
            })
        };
        // Four have rooms, two wait for one.
        let tasks: Vec<_> = (0..6).map(|_| enter()).collect();
        tokio::task::yield_now().await;
        assert!(at_once(&rooms).is_none());
        // The first of those who wait is gone before the room that it was to have.
        for (task, free) in [(4, 0), (0, 0), (1, 1), (5, 2), (2, 3), (3, 4)] {
            tasks[task].abort();
            while !tasks[task].is_finished() {
                tokio::task::yield_now().await;
            }
            tokio::task::yield_now().await;
            assert_eq!(all(&rooms).len(), free, "task {task}");
        }
    }
}
