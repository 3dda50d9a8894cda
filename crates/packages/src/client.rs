//! Sends requests with the right certificates, proxy and credentials for each host, and follows redirects.

use std::error::Error;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use reqwest::header::{ACCEPT, HeaderMap, LOCATION, RANGE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use url::Url;

use crate::error::IndexSettingsError;
use crate::netrc::Credentials;
use crate::settings::IndexSettings;
use crate::tls;

/// The number of redirects to follow for one request.
const REDIRECTS: usize = 10;

/// The longest wait that a server can cause. A longer `Retry-After` is shortened.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The reason why a request has no usable answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The request can succeed later. The second field is the wait that the server asks for.
    Temporary(String, Option<Duration>),
    /// The request would fail again.
    Final(String),
    /// There is nothing at the address.
    Missing(String),
}

/// An HTTP client with the settings of the user.
#[derive(Debug)]
pub(crate) struct Client {
    /// The client that checks certificates.
    checking: reqwest::Client,
    /// The client for hosts that the user trusts without a check.
    trusting: reqwest::Client,
    settings: IndexSettings,
}

impl Client {
    /// Creates the client.
    pub fn new(settings: IndexSettings) -> Result<Self, IndexSettingsError> {
        let (checked, unchecked) = tls::configurations(&settings)?;
        let build = |tls: rustls::ClientConfig| {
            let mut builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls)
                .user_agent(concat!("tunescope/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .referer(false)
                .retry(reqwest::retry::never())
                .connect_timeout(settings.timeout)
                .read_timeout(settings.timeout);
            if let Some(proxy) = &settings.proxy {
                builder = builder.proxy(reqwest::Proxy::all(proxy.clone())?);
            }
            builder.build()
        };
        let unusable = |error: reqwest::Error| IndexSettingsError::Value {
            key: "proxy".to_owned(),
            reason: format!("or the proxy of the environment cannot be used: {}", cause(error)),
        };
        Ok(Self {
            checking: build(checked).map_err(unusable)?,
            trusting: build(unchecked).map_err(unusable)?,
            settings,
        })
    }

    /// Returns the settings.
    pub fn settings(&self) -> &IndexSettings {
        &self.settings
    }

    /// Requests `url`, from the byte `from` on. Returns the answer, which has the status 200 or 206, and its final address.
    pub async fn get(&self, url: &Url, accept: &str, from: u64) -> Result<(Response, Url), Trouble> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
                return Err(Trouble::Final("the address is not one of HTTP".to_owned()));
            }
            let response = self.send(&url, accept, from).await?;
            let status = response.status();
            if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
                return accepted(response).map(|response| (response, url));
            }
            let next = response.headers().get(LOCATION).and_then(|to| url.join(to.to_str().ok()?).ok());
            url = next.ok_or_else(|| Trouble::Final(format!("answered {status} without an address")))?;
        }
        Err(Trouble::Final(format!("answered with more than {REDIRECTS} redirects")))
    }

    async fn send(&self, url: &Url, accept: &str, from: u64) -> Result<Response, Trouble> {
        let credentials = self.credentials(url);
        let mut bare = url.clone();
        // Addresses with a host accept these changes.
        bare.set_username("").ok();
        bare.set_password(None).ok();
        bare.set_fragment(None);
        let client = if self.settings.trusts(url) { &self.trusting } else { &self.checking };
        let mut request = client.get(bare).header(ACCEPT, accept);
        if let Some(Credentials { user, password }) = credentials {
            request = request.basic_auth(user, Some(password));
        }
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        request.send().await.map_err(failed)
    }

    /// Returns the credentials for `url`: those in the address itself, or those of an index at the same host and port, or those in
    /// `.netrc`.
    fn credentials(&self, url: &Url) -> Option<Credentials> {
        let in_url = |url: &Url| {
            let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
            let user = Some(url.username()).filter(|user| !user.is_empty() || url.password().is_some())?;
            Some(Credentials { user: decoded(user), password: decoded(url.password().unwrap_or_default()) })
        };
        let same = |index: &&Url| index.origin() == url.origin();
        in_url(url).or_else(|| self.settings.indexes.iter().filter(same).find_map(in_url)).or_else(|| {
            // A redirect to an address without TLS must not show the password.
            let is_safe = url.scheme() == "https" || self.settings.indexes.iter().any(|index| same(&index));
            is_safe.then(|| self.settings.netrc.of(url.host_str()?).cloned()).flatten()
        })
    }
}

/// Returns the answer when its status is 200 or 206.
fn accepted(response: Response) -> Result<Response, Trouble> {
    let status = response.status();
    let answer = format!("answered {status}");
    match status {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(response),
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Trouble::Missing(answer)),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Err(Trouble::Temporary(answer, wait(response.headers())))
        }
        _ if status.is_server_error() => Err(Trouble::Temporary(answer, wait(response.headers()))),
        _ => Err(Trouble::Final(answer)),
    }
}

/// Returns the wait that the server asks for in seconds.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// Classifies the error of a request. An error of a certificate is final, because another try does not help.
pub(crate) fn failed(error: reqwest::Error) -> Trouble {
    let mut certificate = false;
    let mut inner: Option<&dyn Error> = Some(&error);
    while let Some(error) = inner {
        certificate |= error.to_string().contains("certificate");
        inner = error.source();
    }
    let text = cause(error);
    if certificate { Trouble::Final(text) } else { Trouble::Temporary(text, None) }
}

/// Returns the innermost cause of an error, without the address, which can hold a password.
fn cause(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let error = error.without_url();
    let mut inner: &dyn Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
