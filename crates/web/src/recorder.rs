//! A [`Network`] for tests. Every name leads to one loopback port.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::network::{Addresses, Network};

/// A network with a table of names that leads every connection to one loopback port and records the addresses.
///
/// A fault in the checks of addresses shows in [`Recorder::dialled`] and causes no traffic: a connection that the recorder cannot lead
/// to its port is refused.
///
/// ```
/// use web::Recorder;
/// let network = Recorder::new(([127, 0, 0, 1], 8080).into())
///     .name("images.test", ["93.184.216.34".parse()?])
///     .name("rebinds.test", ["93.184.216.34".parse()?])
///     .then("rebinds.test", ["127.0.0.1".parse()?]);
/// assert!(network.dialled().is_empty());
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug)]
pub struct Recorder {
    server: SocketAddr,
    names: Mutex<BTreeMap<String, Vec<Vec<IpAddr>>>>,
    resolved: Mutex<Vec<String>>,
    dialled: Mutex<Vec<SocketAddr>>,
}

impl Recorder {
    /// Creates a recorder that leads every connection to `server`.
    ///
    /// # Panics
    /// Panics when `server` is not a loopback address.
    pub fn new(server: SocketAddr) -> Self {
        assert!(server.ip().is_loopback(), "a recorder leads only to loopback addresses, not to {server}");
        Self { server, names: Mutex::default(), resolved: Mutex::default(), dialled: Mutex::default() }
    }

    /// Lets `host` resolve to `addresses`. Names outside the table do not resolve.
    #[must_use]
    pub fn name(self, host: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        lock(&self.names).insert(host.to_owned(), vec![addresses.into_iter().collect()]);
        self
    }

    /// Lets `host` resolve to `addresses` after each of the earlier answers was given once. The last answer stays.
    #[must_use]
    pub fn then(self, host: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        lock(&self.names).entry(host.to_owned()).or_default().push(addresses.into_iter().collect());
        self
    }

    /// Returns the names that were looked up, in order.
    pub fn resolved(&self) -> Vec<String> {
        lock(&self.resolved).clone()
    }

    /// Returns the addresses that connections were opened for, in order. Without the recorder, these would have been contacted.
    pub fn dialled(&self) -> Vec<SocketAddr> {
        lock(&self.dialled).clone()
    }
}

impl Network for Recorder {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        lock(&self.resolved).push(host.to_owned());
        let answer = lock(&self.names)
            .get_mut(host)
            .and_then(|answers| if answers.len() > 1 { Some(answers.remove(0)) } else { answers.first().cloned() });
        let unknown = || io::Error::new(io::ErrorKind::NotFound, "the name is not in the table");
        Box::pin(async move { answer.ok_or_else(unknown) })
    }

    fn route(&self, address: SocketAddr) -> SocketAddr {
        lock(&self.dialled).push(address);
        self.server
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
