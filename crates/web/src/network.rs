//! The boundary to the network: host names go in, addresses come out.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

/// The pending result of [`Network::resolve`].
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// A source of addresses for [`crate::Web`].
///
/// A network makes no decision. `Web` vets every address between the two calls: [`Network::route`] sees only addresses that a
/// connection may be opened to.
pub trait Network: Send + Sync {
    /// Looks up the addresses of `host`, which is a name and never an address literal.
    ///
    /// # Errors
    /// Returns an error when the name does not resolve.
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a>;

    /// Returns the socket address that a connection for the vetted `address` goes to: `address` itself, except in tests.
    ///
    /// [`crate::Web`] calls the function for every address of a new connection. A request to another socket address than `address` is
    /// refused when its URL is an address literal or states a port, because such a URL fixes where the connection goes.
    fn route(&self, address: SocketAddr) -> SocketAddr {
        address
    }
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

impl Network for SystemNetwork {
    fn resolve<'a>(&'a self, host: &'a str) -> Addresses<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}
