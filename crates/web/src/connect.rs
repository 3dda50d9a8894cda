//! From a host to an open connection, through the check of its addresses.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Host;

use crate::address::classify;
use crate::budget::Purse;
use crate::dial::{Dial, Stream};
use crate::failure::{Failure, Phase, Reason};
use crate::host::Key;
use crate::metered::Metered;
use crate::origin::Origin;
use crate::pool::Connection;
use crate::settings::{Limits, Settings, SettingsError};

/// A name's first addresses are tried, no more: a name can have hundreds.
const TRIED: usize = 4;

/// Opens connections.
pub(crate) struct Connector {
    pub dial: Arc<dyn Dial>,
    pub tls: TlsConnector,
    pub purse: Arc<Purse>,
    pub limits: Limits,
}

impl Connector {
    /// A new connection to a host.
    pub async fn open(&self, key: &Key) -> Result<Connection, Failure> {
        let opened = timeout(self.limits.connect, self.handshakes(key)).await;
        opened.unwrap_or(Err(Failure::Later(Reason::Timeout(Phase::Connect))))
    }

    async fn handshakes(&self, key: &Key) -> Result<Connection, Failure> {
        let addresses = self.addresses(&key.origin, key.exempt).await?;
        let stream = self.first(&addresses).await?;
        let metered = Metered { inner: stream, purse: Arc::clone(&self.purse) };
        if !key.origin.https {
            return self.http(metered).await;
        }
        let name = server_name(&key.origin.host)?;
        match self.tls.connect(name, metered).await {
            Ok(stream) => self.http(stream).await,
            Err(_) => Err(self.purse.check().err().unwrap_or(Failure::Later(Reason::Tls))),
        }
    }

    async fn http<S: Stream + 'static>(&self, stream: S) -> Result<Connection, Failure> {
        let (sender, connection) = http1::Builder::new()
            .max_headers(self.limits.header_fields)
            .max_buf_size(self.limits.header_bytes)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| Failure::Later(Reason::Broken))?;
        // What goes wrong on the connection reaches whoever waits for its answer.
        let task = tokio::spawn(async move { drop(connection.await) });
        Ok(Connection { sender, task })
    }

    /// Where the host is, all of it checked: one forbidden address among them refuses the host.
    async fn addresses(&self, origin: &Origin, exempt: bool) -> Result<Vec<SocketAddr>, Failure> {
        let addresses = match &origin.host {
            Host::Ipv4(address) => vec![SocketAddr::new(IpAddr::V4(*address), origin.port)],
            Host::Ipv6(address) => vec![SocketAddr::new(IpAddr::V6(*address), origin.port)],
            Host::Domain(name) => {
                let found = self.dial.resolve(name, origin.port).await.map_err(|_| Failure::Later(Reason::Resolve))?;
                // A resolver has no say in the port.
                found.into_iter().map(|address| SocketAddr::new(address.ip(), origin.port)).collect()
            }
        };
        if let Some(class) = addresses.iter().find_map(|address| classify(address.ip())).filter(|_| !exempt) {
            return Err(Failure::Refused(Reason::Address(class)));
        }
        if addresses.is_empty() { Err(Failure::Later(Reason::Resolve)) } else { Ok(addresses) }
    }

    /// A connection to the first of `addresses` that takes one; each has its share of the time.
    async fn first(&self, addresses: &[SocketAddr]) -> Result<Box<dyn Stream>, Failure> {
        let tried = &addresses[..addresses.len().min(TRIED)];
        let share = self.limits.connect / tried.len() as u32;
        for address in tried {
            if let Ok(Ok(stream)) = timeout(share, self.dial.dial(*address)).await {
                return Ok(stream);
            }
        }
        Err(Failure::Later(Reason::Connect))
    }
}

fn server_name(host: &Host) -> Result<ServerName<'static>, Failure> {
    match host {
        Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|_| Failure::Refused(Reason::Url)),
        Host::Ipv4(address) => Ok(ServerName::from(IpAddr::V4(*address))),
        Host::Ipv6(address) => Ok(ServerName::from(IpAddr::V6(*address))),
    }
}

/// TLS 1.2 and 1.3 with Mozilla's authorities and those of `settings`; no client certificate, HTTP/1.1 alone.
pub(crate) fn tls(settings: &Settings) -> Result<TlsConnector, SettingsError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for (index, certificate) in settings.extra_certificates.iter().enumerate() {
        let added = roots.add(CertificateDer::from(certificate.clone()));
        added.map_err(|error| SettingsError::Certificate { index, why: error.to_string() })?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = match ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions() {
        Ok(builder) => builder.with_root_certificates(roots).with_no_client_auth(),
        Err(error) => unreachable!("this provider has the default protocol versions: {error}"),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
