//! Where redirects may lead.

use url::Url;

use crate::failure::{Failure, Reason};
use crate::origin::admit;
use crate::request::Request;

/// The addresses of one try, from the one that was asked for to the one that is next.
pub(crate) struct Chain {
    /// The next one.
    pub url: Url,
    /// Whether every host so far is one that the configuration names.
    pub exempt: bool,
    /// Whether the next host is the one that the credentials are for.
    pub with_secrets: bool,
    seen: Vec<Url>,
}

impl Chain {
    pub fn new(request: &Request, exempt: bool) -> Self {
        let mut url = request.full_url();
        url.set_fragment(None);
        Self { seen: vec![url.clone()], url, exempt, with_secrets: true }
    }

    /// Goes on to `location`, after at most `most` redirects.
    pub fn next(&mut self, request: &Request, location: &[u8], most: usize) -> Result<(), Failure> {
        let location = std::str::from_utf8(location).ok().filter(|text| !text.trim().is_empty());
        let location = location.ok_or(Failure::Refused(Reason::Location))?;
        let mut url = self.url.join(location.trim()).map_err(|_| Failure::Refused(Reason::Location))?;
        url.set_fragment(None);
        let (from, to) = (admit(&self.url)?, admit(&url)?);
        if request.secrets().next().is_some() {
            let leaks = from != to && request.hide(url.as_str()) != url.as_str();
            let downgrade = self.with_secrets && from.https && !to.https;
            if leaks || downgrade {
                return Err(Failure::Refused(Reason::Credential));
            }
        }
        if self.seen.contains(&url) {
            return Err(Failure::Refused(Reason::RedirectLoop));
        }
        if self.seen.len() > most {
            return Err(Failure::Refused(Reason::Redirects));
        }
        self.with_secrets &= from == to;
        self.seen.push(url.clone());
        self.url = url;
        Ok(())
    }

    /// Whether it has left the address that was asked for.
    pub fn moved(&self) -> bool {
        self.seen.len() > 1
    }

    /// Where it ended, without credentials.
    pub fn shown(&self, request: &Request) -> Url {
        let shown = Url::parse(&request.hide(self.url.as_str()));
        shown.unwrap_or_else(|_| {
            let mut bare = self.url.clone();
            bare.set_path("/");
            bare.set_query(None);
            bare
        })
    }
}
