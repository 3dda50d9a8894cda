//! The rules for redirects.

use url::Url;

use crate::failure::{Failure, Reason};
use crate::origin::admit;
use crate::request::Request;

/// The URLs of one try, from the URL of the request to the next one.
pub(crate) struct Chain {
    /// The next URL.
    pub url: Url,
    /// Whether the configuration names every host so far.
    pub exempt: bool,
    /// Whether the credentials belong to the next host.
    pub with_secrets: bool,
    seen: Vec<Url>,
}

impl Chain {
    pub fn new(request: &Request, exempt: bool) -> Self {
        let mut url = request.full_url();
        url.set_fragment(None);
        Self { seen: vec![url.clone()], url, exempt, with_secrets: true }
    }

    /// Continues with `location`.
    ///
    /// # Errors
    /// Refuses a location that is not a URL, a loop, more than `most` redirects, and a redirect that would carry credentials away.
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

    /// Returns whether a redirect was followed.
    pub fn moved(&self) -> bool {
        self.seen.len() > 1
    }

    /// Returns the last URL without credentials.
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
