//! Requests.

use http::{HeaderName, HeaderValue};
use url::Url;

use crate::secret::Secret;

/// The kind of a request, which selects the rules that apply. See the [description of the crate](crate).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// A request to an interface that the user named and that is documented for programs.
    Api,
    /// A request for an image at a URL that came from somebody else.
    Image,
}

/// A request. Its `Debug` text contains no credential.
#[derive(Debug, Clone)]
pub struct Request {
    pub(crate) url: Url,
    pub(crate) kind: RequestKind,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) secret_headers: Vec<(HeaderName, Secret)>,
    pub(crate) secret_query: Vec<(String, Secret)>,
    pub(crate) accept: Vec<String>,
    pub(crate) max_bytes: u64,
    /// Whether the request is for `robots.txt`. Of a longer file, the first `max_bytes` are read.
    pub(crate) robots: bool,
}

impl Request {
    /// Creates a request to an interface that is documented for programs. The answer may have 16 MiB.
    pub fn api(url: Url) -> Self {
        Self::new(url, RequestKind::Api)
    }

    /// Creates a request for an image at a URL that came from somebody else. The image may have 16 MiB.
    pub fn image(url: Url) -> Self {
        Self::new(url, RequestKind::Image)
    }

    fn new(url: Url, kind: RequestKind) -> Self {
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

    /// Adds a header without a credential. It is sent to every host that redirects lead to.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a header with a credential. It is sent to the first host only. [`crate::Web::get`] refuses text that no header can carry
    /// with [`crate::Reason::Credential`].
    #[must_use]
    pub fn secret_header(mut self, name: HeaderName, value: Secret) -> Self {
        self.secret_headers.push((name, value));
        self
    }

    /// Adds a query parameter with a credential. It is sent to the first URL only and shown nowhere.
    #[must_use]
    pub fn secret_query(mut self, name: impl Into<String>, value: Secret) -> Self {
        self.secret_query.push((name.into(), value));
        self
    }

    /// Sets the accepted media types, such as `image/jpeg` or `image/*`. An empty list accepts every type. An answer without a type, or
    /// with `application/octet-stream`, is always accepted: its content shows what it is.
    #[must_use]
    pub fn accept<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.accept = types.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the size of the largest accepted body in bytes, both as sent and as decompressed.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Returns the URL without the parameters that carry credentials.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the URL with its credentials.
    pub(crate) fn full_url(&self) -> Url {
        let mut url = self.url.clone();
        if !self.secret_query.is_empty() {
            url.query_pairs_mut().extend_pairs(self.secret_query.iter().map(|(name, value)| (name, value.reveal())));
        }
        url
    }

    /// Returns the credentials.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secret_headers.iter().map(|(_, value)| value).chain(self.secret_query.iter().map(|(_, value)| value))
    }

    /// Returns `text` without the credentials of the request.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.secrets().fold(text.to_owned(), |text, secret| secret.hide_in(&text))
    }
}
