//! Hosts as the rules count them, and which addresses are worth a look at all.

use std::fmt;

use url::{Host, Url};

use crate::failure::{Failure, Reason};
use crate::settings::SettingsError;

/// The longest address that is read, in bytes.
const LONGEST: usize = 8192;

/// Scheme, name and port: what one host is to every limit.
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
    /// The origin of an address that [`admit`] let pass; the rules for what a fetch may begin with are here.
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

    /// As the `Host` header writes it.
    pub fn authority(&self) -> String {
        match (self.https, self.port) {
            (true, 443) | (false, 80) => self.host.to_string(),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

/// A name without the dot of the root: `example.org.` is one host with `example.org`, and certificates name the latter.
fn undotted(host: Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').map(str::to_owned).unwrap_or(name)),
        number => number,
    }
}

/// Reads an address as browsers do (WHATWG), so that `http://2130706433/` and `http://0177.1/` are 127.0.0.1 here too.
pub fn parse_url(text: &str) -> Result<Url, Failure> {
    if text.len() > LONGEST {
        return Err(Failure::Refused(Reason::Url));
    }
    let url = Url::parse(text.trim()).map_err(|_| Failure::Refused(Reason::Url))?;
    admit(&url)?;
    Ok(url)
}

/// Refuses what no setting could allow.
pub(crate) fn admit(url: &Url) -> Result<Origin, Failure> {
    if url.as_str().len() > LONGEST {
        return Err(Failure::Refused(Reason::Url));
    }
    Origin::of(url)
}

/// A host as the configuration names it, at any port unless it says which.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    host: Host,
    port: Option<u16>,
}

impl Named {
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let wrong = || SettingsError::Host(text.to_owned());
        let url = Url::parse(&format!("http://{text}/")).map_err(|_| wrong())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        let host = url.host().filter(|_| bare && nobody).ok_or_else(wrong)?;
        // An address leaves out a port 80 that was written.
        let port = url.port().or_else(|| text.ends_with(":80").then_some(80));
        Ok(Self { host: undotted(host.to_owned()), port })
    }

    pub fn is(&self, origin: &Origin) -> bool {
        self.host == origin.host && self.port.is_none_or(|port| port == origin.port)
    }
}
