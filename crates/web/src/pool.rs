//! Connections that stay open between two requests to the same host.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::host::Key;

/// Servers close idle connections after some seconds; an older one is as likely dead as alive.
const FRESH: Duration = Duration::from_secs(10);

/// One open connection. Dropping it closes the socket at once, whatever the server is still sending.
#[derive(Debug)]
pub(crate) struct Connection {
    pub sender: SendRequest<Empty<Bytes>>,
    pub task: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The idle ones, oldest first, at most `size` over all hosts.
#[derive(Debug)]
pub(crate) struct Pool {
    idle: Mutex<VecDeque<(Key, Connection, Instant)>>,
    size: usize,
}

impl Pool {
    pub fn new(size: usize) -> Self {
        Self { idle: Mutex::default(), size }
    }

    /// The youngest idle connection to the host.
    pub fn take(&self, key: &Key) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        idle.retain(|(_, connection, since)| now.duration_since(*since) < FRESH && !connection.sender.is_closed());
        let at = idle.iter().rposition(|(known, _, _)| known == key)?;
        idle.remove(at).map(|(_, connection, _)| connection)
    }

    /// Keeps a connection whose last answer was read to its end.
    pub fn put(&self, key: Key, connection: Connection) {
        if connection.sender.is_closed() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push_back((key, connection, Instant::now()));
        if idle.len() > self.size {
            idle.pop_front();
        }
    }
}
