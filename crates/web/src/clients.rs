//! The HTTP clients of a run: `reqwest`, set up so that it connects only to vetted addresses and decides nothing itself.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::hop::{HOP, Hop};
use crate::network::Network;
use crate::settings::{Limits, Proxy, WebSettings, WebSettingsError};
use crate::transport::{HEADER_BUFFER, Sending, Transport};
use crate::vetting::{Guard, VettingResolver};

/// The time that an idle connection is kept. Servers close idle connections after some seconds, so an older one is probably dead.
const FRESH: Duration = Duration::from_secs(10);

/// Bytes of one HTTP/2 body that a server may send before they are read.
const STREAM_WINDOW: u32 = 256 << 10;

/// Bytes of all HTTP/2 bodies on one connection that a server may send before they are read.
const CONNECTION_WINDOW: u32 = 1 << 20;

/// The clients of a run.
pub(crate) struct Clients {
    network: Arc<dyn Network>,
    tls: ClientConfig,
    proxy: Proxy,
    limits: Limits,
    concurrency: usize,
    current: Mutex<Generation>,
}

/// Clients that share their idle connections.
///
/// `reqwest` limits the idle connections to each host, and a run can ask thousands of hosts. So a run drops its clients, and with them
/// their idle connections, after a number of new connections.
#[derive(Clone)]
struct Generation {
    /// The client for hosts whose addresses have to be public.
    direct: Client,
    /// The client for exempt hosts. Its connections can lead to private addresses, so no other request may reuse them.
    exempt: Client,
    /// The client for requests through a proxy.
    proxied: Client,
    /// The number of connections that were opened.
    opened: Arc<AtomicUsize>,
}

impl Clients {
    /// Creates the clients that `settings` describes. They take addresses from `network`.
    pub fn new(settings: &WebSettings, network: Arc<dyn Network>) -> Result<Self, WebSettingsError> {
        let tls = tls(settings)?;
        let (proxy, limits, concurrency) = (settings.proxy.clone(), settings.limits, settings.concurrency);
        let generation = Generation::new(&network, &tls, &proxy, &limits, concurrency);
        let current =
            Mutex::new(generation.map_err(|error| WebSettingsError::Client(error.without_url().to_string()))?);
        Ok(Self { network, tls, proxy, limits, concurrency, current })
    }

    /// Returns the client for `hop`.
    fn client(&self, hop: &Hop) -> Client {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.opened.load(Ordering::Relaxed) > 64.max(4 * self.concurrency)
            && let Ok(next) = Generation::new(&self.network, &self.tls, &self.proxy, &self.limits, self.concurrency)
        {
            *current = next;
        }
        let client = match hop {
            Hop { proxy: Some(_), .. } => &current.proxied,
            _ if hop.key.exempt => &current.exempt,
            _ => &current.direct,
        };
        client.clone()
    }
}

impl Transport for Clients {
    fn send(&self, hop: Hop, request: reqwest::Request) -> Sending {
        let sending = self.client(&hop).execute(request);
        Box::pin(HOP.scope(hop, sending))
    }
}

impl Generation {
    fn new(
        network: &Arc<dyn Network>,
        tls: &ClientConfig,
        proxy: &Proxy,
        limits: &Limits,
        concurrency: usize,
    ) -> reqwest::Result<Self> {
        let opened = Arc::new(AtomicUsize::new(0));
        let builder = || {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(VettingResolver(Arc::clone(network)))
                .connector_layer(Guard { network: Arc::clone(network), opened: Arc::clone(&opened) })
                .redirect(Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .connect_timeout(limits.connect)
                .pool_idle_timeout(FRESH)
                .pool_max_idle_per_host(concurrency)
                .http1_max_headers(limits.header_fields)
                .http2_max_header_list_size(HEADER_BUFFER)
                .http2_initial_stream_window_size(STREAM_WINDOW)
                .http2_initial_connection_window_size(CONNECTION_WINDOW)
        };
        let proxied = match proxy {
            Proxy::Direct => builder().no_proxy(),
            Proxy::At(url) => builder().proxy(reqwest::Proxy::all(url.clone())?),
            // `reqwest` reads the environment by default.
            Proxy::Environment => builder(),
        };
        Ok(Self {
            direct: builder().no_proxy().build()?,
            exempt: builder().no_proxy().build()?,
            proxied: proxied.build()?,
            opened,
        })
    }
}

/// Returns the TLS configuration: TLS 1.2 and 1.3, Mozilla's authorities and those of `settings`, no client certificate, HTTP/2 where
/// the server offers it.
fn tls(settings: &WebSettings) -> Result<ClientConfig, WebSettingsError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for (index, certificate) in settings.extra_certificates.iter().enumerate() {
        let added = roots.add(CertificateDer::from(certificate.clone()));
        added.map_err(|error| WebSettingsError::Certificate { index, why: error.to_string() })?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = match ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions() {
        Ok(builder) => builder.with_root_certificates(roots).with_no_client_auth(),
        Err(error) => unreachable!("this provider has the default protocol versions: {error}"),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
