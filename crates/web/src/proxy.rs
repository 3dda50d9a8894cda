//! Proxies: which requests go through one, and which destinations are not requested through a proxy.

use std::fmt;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use url::{Host, Url};

use crate::failure::{Failure, Reason};
use crate::origin::Origin;
use crate::settings::Proxy;
use crate::vetting::{literal, vet};

/// The proxies of a run.
pub(crate) struct Proxies {
    matcher: Option<Matcher>,
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A matcher can hold a password.
        f.debug_struct("Proxies").field("used", &self.matcher.is_some()).finish()
    }
}

impl Proxies {
    pub fn new(proxy: &Proxy) -> Self {
        Self {
            matcher: match proxy {
                Proxy::Direct => None,
                Proxy::At(url) => Some(Matcher::builder().all(url.to_string()).build()),
                Proxy::Environment => Some(Matcher::from_env()),
            },
        }
    }

    /// Returns the host of the proxy that a request to `url` goes through, if there is one.
    ///
    /// # Errors
    /// Refuses destinations that are not requested through a proxy. The proxy resolves the name of the destination, so nobody here can vet
    /// its addresses. Two checks remain: address literals have to be public, and names have to be public names.
    pub fn host_for(&self, url: &Url, origin: &Origin) -> Result<Option<String>, Failure> {
        let Some(matcher) = &self.matcher else { return Ok(None) };
        let uri = Uri::try_from(url.as_str()).map_err(|_| Failure::Refused(Reason::Url))?;
        let Some(proxy) = matcher.intercept(&uri) else { return Ok(None) };
        let host = proxy.uri().host().unwrap_or_default();
        vet(literal(&origin.host), false)?;
        if let Host::Domain(name) = &origin.host
            && (is_local(name) || name.eq_ignore_ascii_case(host))
        {
            return Err(Failure::Refused(Reason::LocalName));
        }
        Ok(Some(host.to_owned()))
    }
}

/// Top-level names that lead into a private network or nowhere (RFC 2606, 6761, 6762, 7686, 8375), and those that private networks
/// use without a standard.
const LOCAL: [&str; 16] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "svc",
    "cluster",
    "arpa",
    "onion",
    "alt",
    "test",
    "invalid",
];

/// Returns whether `name` is one that only a local resolver knows: a single label, or a name below a local top-level name.
fn is_local(name: &str) -> bool {
    name.rsplit_once('.').is_none_or(|(_, top)| LOCAL.iter().any(|local| local.eq_ignore_ascii_case(top)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn local_names_are_recognized() {
        for name in ["localhost", "metadata", "a.localhost", "printer.local", "metadata.google.internal", "A.LAN"] {
            assert!(is_local(name), "{name}");
        }
        for name in ["example.org", "local.example.org", "localhost.example.com", "upload.wikimedia.org"] {
            assert!(!is_local(name), "{name}");
        }
    }
}
