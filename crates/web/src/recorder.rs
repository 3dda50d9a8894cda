//! A [`Dial`] for tests of whatever fetches: it can reach nothing but one loopback port.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use crate::dial::{Answer, Dial, Stream, SystemDial};

/// Resolves names from its own table, leads every dial to one loopback port, and writes down what it was asked for.
///
/// A fault in the checks of addresses thus shows in [`Recorder::dialled`] and never as traffic.
///
/// ```
/// use web::Recorder;
/// let dial = Recorder::new(([127, 0, 0, 1], 8080).into())
///     .name("pictures.test", ["93.184.216.34".parse()?])
///     .name("rebinds.test", ["93.184.216.34".parse()?])
///     .then("rebinds.test", ["127.0.0.1".parse()?]);
/// assert!(dial.dialled().is_empty());
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
    /// Leads every dial to `server`.
    ///
    /// # Panics
    /// When `server` is not a loopback address.
    pub fn new(server: SocketAddr) -> Self {
        assert!(server.ip().is_loopback(), "a recorder leads to loopback alone, not to {server}");
        Self { server, names: Mutex::default(), resolved: Mutex::default(), dialled: Mutex::default() }
    }

    /// Lets `host` resolve to `addresses`. A name that is not known does not resolve.
    #[must_use]
    pub fn name(self, host: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        lock(&self.names).insert(host.to_owned(), vec![addresses.into_iter().collect()]);
        self
    }

    /// Lets `host` resolve to `addresses` after its answers so far, each of which is given once; the last one stays.
    #[must_use]
    pub fn then(self, host: &str, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        lock(&self.names).entry(host.to_owned()).or_default().push(addresses.into_iter().collect());
        self
    }

    /// The names it was asked for, in order.
    pub fn resolved(&self) -> Vec<String> {
        lock(&self.resolved).clone()
    }

    /// The addresses it was asked to dial, in order: what would have been contacted.
    pub fn dialled(&self) -> Vec<SocketAddr> {
        lock(&self.dialled).clone()
    }
}

impl Dial for Recorder {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>> {
        lock(&self.resolved).push(host.to_owned());
        let answer = lock(&self.names)
            .get_mut(host)
            .and_then(|answers| if answers.len() > 1 { Some(answers.remove(0)) } else { answers.first().cloned() });
        Box::pin(async move {
            let addresses =
                answer.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "name is not in the table"))?;
            Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
        })
    }

    fn dial(&self, address: SocketAddr) -> Answer<'_, Box<dyn Stream>> {
        lock(&self.dialled).push(address);
        SystemDial.dial(self.server)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
