//! Hosts as the rules count them, and the checks on every URL.

use std::fmt;

use url::{Host, Url};

use crate::failure::{Failure, Reason};
use crate::settings::WebSettingsError;

/// The length of the longest accepted URL in bytes.
const LONGEST: usize = 8192;

/// A scheme, a host and a port. Every limit counts these three as one host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub https: bool,
    pub host: Host,
    pub port: u16,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl Origin {
    /// Returns the origin of `url`.
    ///
    /// # Errors
    /// Refuses schemes other than http and https, user names, and URLs without a host.
    pub fn of(url: &Url) -> Result<Self, Failure> {
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Failure::Refused(Reason::Scheme)),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Failure::Refused(Reason::UserInfo));
        }
        let host = url.host().ok_or(Failure::Refused(Reason::Url))?.to_owned();
        let port = url.port_or_known_default().ok_or(Failure::Refused(Reason::Url))?;
        Ok(Self { https, host: undotted(host), port })
    }

    /// Returns whether the port is the default of the scheme. A URL leaves out such a port.
    pub fn has_default_port(&self) -> bool {
        matches!((self.https, self.port), (true, 443) | (false, 80))
    }
}

/// Returns a name without the dot of the root. `example.org.` is the same host as `example.org`, and certificates name the latter.
fn undotted(host: Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').map(str::to_owned).unwrap_or(name)),
        number => number,
    }
}

/// Reads a URL as browsers do (WHATWG URL Standard). Therefore `http://2130706433/` and `http://0177.1/` mean 127.0.0.1 here too.
///
/// # Errors
/// Refuses text that is not a URL, that is longer than 8192 bytes, or that no setting allows.
pub fn parse_url(text: &str) -> Result<Url, Failure> {
    if text.len() > LONGEST {
        return Err(Failure::Refused(Reason::Url));
    }
    let url = Url::parse(text.trim()).map_err(|_| Failure::Refused(Reason::Url))?;
    admit(&url)?;
    Ok(url)
}

/// Returns the origin of `url`, or refuses a URL that no setting allows.
pub(crate) fn admit(url: &Url) -> Result<Origin, Failure> {
    if url.as_str().len() > LONGEST {
        return Err(Failure::Refused(Reason::Url));
    }
    Origin::of(url)
}

/// A host that the configuration names. Without a port, it means every port.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    host: Host,
    port: Option<u16>,
}

impl Named {
    pub fn parse(text: &str) -> Result<Self, WebSettingsError> {
        let wrong = || WebSettingsError::Host(text.to_owned());
        let url = Url::parse(&format!("http://{text}/")).map_err(|_| wrong())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        let host = url.host().filter(|_| bare && nobody).ok_or_else(wrong)?;
        // A URL leaves out port 80, even if the text states it.
        let port = url.port().or_else(|| text.ends_with(":80").then_some(80));
        Ok(Self { host: undotted(host.to_owned()), port })
    }

    pub fn is(&self, origin: &Origin) -> bool {
        self.host == origin.host && self.port.is_none_or(|port| port == origin.port)
    }
}
