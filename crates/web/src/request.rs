//! What is asked for.

use http::{HeaderName, HeaderValue};
use url::Url;

use crate::secret::Secret;

/// Why something is fetched: decides which rules apply. See the [crate's text](crate).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An interface documented for programs, named by the user.
    Api,
    /// A file at an address that came from somebody else.
    Picture,
}

/// One thing to fetch. `Debug` shows no credential.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) url: Url,
    pub(crate) kind: Kind,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) secret_headers: Vec<(HeaderName, Secret)>,
    pub(crate) secret_query: Vec<(String, Secret)>,
    pub(crate) accept: Vec<String>,
    pub(crate) max_bytes: u64,
    /// Whether it is for `robots.txt`, of which a longer one is read up to `max_bytes` and then left.
    pub(crate) robots: bool,
}

impl Request {
    /// A question to an interface documented for programs; answers of up to 16 MiB.
    pub fn api(url: Url) -> Self {
        Self::new(url, Kind::Api)
    }

    /// A file at an address that came from somebody else; up to 16 MiB.
    pub fn picture(url: Url) -> Self {
        Self::new(url, Kind::Picture)
    }

    fn new(url: Url, kind: Kind) -> Self {
        Self {
            url,
            kind,
            headers: Vec::new(),
            secret_headers: Vec::new(),
            secret_query: Vec::new(),
            accept: Vec::new(),
            max_bytes: 16 << 20,
            robots: false,
        }
    }

    /// Adds a header that anybody may see; it goes to every host that redirects lead to.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a header that carries a credential: sent to the first host alone. Text that no header can carry is refused by
    /// [`crate::Web::get`] as [`crate::Reason::Credential`].
    #[must_use]
    pub fn secret_header(mut self, name: HeaderName, value: Secret) -> Self {
        self.secret_headers.push((name, value));
        self
    }

    /// Adds a parameter with a credential to the query: sent to the first address alone, shown nowhere.
    #[must_use]
    pub fn secret_query(mut self, name: impl Into<String>, value: Secret) -> Self {
        self.secret_query.push((name.into(), value));
        self
    }

    /// Media types to take, such as `image/jpeg` or `image/*`; none takes all. An answer that names no type, or
    /// `application/octet-stream`, is taken too: what it is shows its content.
    #[must_use]
    pub fn accept<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.accept = types.into_iter().map(Into::into).collect();
        self
    }

    /// The largest body to take, in bytes, as sent and as decompressed.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// The address, without the parameters that carry credentials.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The address to ask for, with its credentials.
    pub(crate) fn full_url(&self) -> Url {
        let mut url = self.url.clone();
        if !self.secret_query.is_empty() {
            url.query_pairs_mut().extend_pairs(self.secret_query.iter().map(|(name, value)| (name, value.reveal())));
        }
        url
    }

    /// Its credentials.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secret_headers.iter().map(|(_, value)| value).chain(self.secret_query.iter().map(|(_, value)| value))
    }

    /// `text` without any of its credentials.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.secrets().fold(text.to_owned(), |text, secret| secret.hide_in(&text))
    }
}
