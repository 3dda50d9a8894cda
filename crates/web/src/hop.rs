//! One request to one host, as the parts that open its connection see it.

use tokio::sync::watch;
use tokio::time::Instant;

use crate::failure::{Failure, Reason};
use crate::host::Key;

tokio::task_local! {
    /// The hop whose request the current task sends. `reqwest` opens a connection inside this task.
    pub(crate) static HOP: Hop;
}

/// The connection of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connection {
    /// The request needed no new connection so far.
    Kept,
    /// A new connection is being opened.
    Opening,
    /// The attempt to open a connection ended at this time.
    Opened(Instant),
}

/// One request to one host.
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    /// The host that receives the request.
    pub key: Key,
    /// The host of the proxy that the request goes through.
    pub proxy: Option<String>,
    connection: watch::Sender<Connection>,
}

impl Hop {
    pub fn new(key: Key, proxy: Option<String>) -> Self {
        Self { key, proxy, connection: watch::Sender::new(Connection::Kept) }
    }

    /// Returns the hop of the current task.
    ///
    /// # Errors
    /// Returns an error outside a request. Without a hop, no connection is permitted.
    pub fn current() -> Result<Self, Failure> {
        HOP.try_with(Clone::clone).map_err(|_| Failure::Later(Reason::Connect))
    }

    /// Returns whether the request needed a new connection.
    pub fn is_new(&self) -> bool {
        *self.connection.borrow() != Connection::Kept
    }

    /// Returns a receiver of changes to the connection.
    pub fn watch(&self) -> watch::Receiver<Connection> {
        self.connection.subscribe()
    }

    /// Records that a new connection is being opened, until the result is dropped.
    pub fn open(self) -> Opening {
        self.connection.send_replace(Connection::Opening);
        Opening(self)
    }
}

/// An attempt to open a connection. It ends when the value is dropped.
pub(crate) struct Opening(Hop);

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.connection.send_replace(Connection::Opened(Instant::now()));
    }
}
