//! The checks between a host and a connection to it: the resolver and the connector of every client.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower_layer::Layer;
use tower_service::Service;
use url::Host;

use crate::address::classify;
use crate::failure::{Failure, Reason};
use crate::hop::Hop;
use crate::host::Key;
use crate::network::Network;
use crate::origin::Origin;

/// The number of addresses of a name that are tried. A name can have hundreds.
const TRIED: usize = 4;

type BoxError = Box<dyn Error + Send + Sync>;

/// Returns the address in `host` if it is an address literal.
pub(crate) fn literal(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
        Host::Domain(_) => None,
    }
}

/// Refuses `addresses` when any of them is not public, unless the host is exempt.
pub(crate) fn vet(addresses: impl IntoIterator<Item = IpAddr>, exempt: bool) -> Result<(), Failure> {
    match addresses.into_iter().find_map(classify) {
        Some(class) if !exempt => Err(Failure::Refused(Reason::Address(class))),
        _ => Ok(()),
    }
}

/// A resolver that returns only vetted addresses.
pub(crate) struct VettingResolver(pub Arc<dyn Network>);

impl Resolve for VettingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (network, hop) = (Arc::clone(&self.0), Hop::current());
        Box::pin(async move { Ok(Box::new(addresses(&*network, &hop?, name.as_str()).await?.into_iter()) as Addrs) })
    }
}

/// Returns the socket addresses for a connection to `name`: the host of the hop, or the proxy in front of it.
async fn addresses(network: &dyn Network, hop: &Hop, name: &str) -> Result<Vec<SocketAddr>, Failure> {
    let found = network.resolve(name).await.map_err(|_| Failure::Later(Reason::Resolve))?;
    if found.is_empty() {
        return Err(Failure::Later(Reason::Resolve));
    }
    let Key { origin, exempt } = &hop.key;
    if hop.proxy.as_deref() == Some(name) {
        // The user names the proxy, and its URL states the port that applies.
        return Ok(found.into_iter().take(TRIED).map(|address| SocketAddr::new(address, 0)).collect());
    }
    if origin.host != Host::Domain(name) {
        return Err(Failure::Later(Reason::Connect));
    }
    vet(found.iter().copied(), *exempt)?;
    let routes = found.into_iter().take(TRIED).map(|address| {
        let address = SocketAddr::new(address, origin.port);
        route(network, origin, address)
    });
    routes.collect()
}

/// Returns where a connection for the vetted `address` goes.
fn route(network: &dyn Network, origin: &Origin, address: SocketAddr) -> Result<SocketAddr, Failure> {
    let to = network.route(address);
    // `reqwest` takes the address from a literal and the port from a URL that states one, whatever the resolver says.
    let fixed = literal(&origin.host).is_some() || (!origin.has_default_port() && to.port() != origin.port);
    if fixed && to != address { Err(Failure::Later(Reason::Connect)) } else { Ok(to) }
}

/// A layer around the connector of `reqwest`. It checks address literals, which no resolver sees, and reports to the hop when a
/// connection is being opened.
#[derive(Clone)]
pub(crate) struct Guard {
    pub network: Arc<dyn Network>,
    /// The number of connections that were opened.
    pub opened: Arc<AtomicUsize>,
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, guard: self.clone() }
    }
}

/// A connector behind a [`Guard`].
#[derive(Clone)]
pub(crate) struct Guarded<S> {
    inner: S,
    guard: Guard,
}

impl<S, R> Service<R> for Guarded<S>
where
    S: Service<R, Error = BoxError>,
    S::Response: 'static,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let checked = Hop::current().and_then(|hop| {
            self.guard.check(&hop)?;
            Ok(hop)
        });
        match checked {
            Ok(hop) => {
                self.guard.opened.fetch_add(1, Ordering::Relaxed);
                let (opening, connected) = (hop.open(), self.inner.call(request));
                Box::pin(async move {
                    let _opening = opening;
                    connected.await
                })
            }
            Err(failure) => Box::pin(async move { Err(failure.into()) }),
        }
    }
}

impl Guard {
    /// Checks the address literal of a hop that goes to its host directly.
    fn check(&self, hop: &Hop) -> Result<(), Failure> {
        let Key { origin, exempt } = &hop.key;
        if hop.proxy.is_none()
            && let Some(address) = literal(&origin.host)
        {
            vet([address], *exempt)?;
            route(&*self.network, origin, SocketAddr::new(address, origin.port))?;
        }
        Ok(())
    }
}
