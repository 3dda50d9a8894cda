//! The client for the APIs of the sources. It sends each question once, waits while a server is busy, and remembers the answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use web::{Failure, Network, Request, Response, Secret, Url, Web};

use crate::candidate::Page;
use crate::journal::Journal;
use crate::rate_limit::pause;
use crate::view::Run;

/// The number of times that a busy server is asked the same question.
const TRIES: usize = 5;

/// A client for the APIs of the sources. The journal remembers every answer.
pub struct ApiClient {
    /// `None` sends nothing: only remembered answers are returned.
    web: Option<Web>,
    journal: Arc<Journal>,
    secrets: Vec<Secret>,
    /// A lock for each host, by its authority. Whoever holds it may ask the host.
    locks: Mutex<HashMap<String, HostLock>>,
}

/// The lock of one host.
type HostLock = Arc<tokio::sync::Mutex<()>>;

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The server is busy and asks for a wait.
    #[error("{said}")]
    Busy {
        /// The wait that the server asks for.
        wait: Duration,
        /// The message of the server.
        said: String,
    },
    /// The server may answer in a later run.
    #[error("{0}")]
    Passing(String),
    /// The server will not answer this question.
    #[error("{0}")]
    Broken(String),
}

impl Fault {
    /// Returns the fault for an unreadable answer with a `status` other than 200.
    pub fn of_status(status: u16) -> Self {
        let said = format!("status {status}");
        if status == 429 || status >= 500 { Self::Passing(said) } else { Self::Broken(said) }
    }

    fn hide(self, hide: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Busy { wait, said } => Self::Busy { wait, said: hide(&said) },
            Self::Passing(said) => Self::Passing(hide(&said)),
            Self::Broken(said) => Self::Broken(hide(&said)),
        }
    }
}

/// The reason why there is no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The answer is an error.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// The request failed.
    #[error("{0}")]
    Web(#[from] Failure),
    /// No earlier run asked this question, and this run sends nothing.
    #[error("not asked")]
    NotAsked,
    /// The journal cannot store the answer.
    #[error("{0}")]
    Journal(String),
}

impl Stop {
    /// Returns whether a later run may succeed.
    pub fn passes(&self) -> bool {
        match self {
            Self::Fault(Fault::Busy { .. } | Fault::Passing(_)) | Self::NotAsked => true,
            Self::Web(failure) => !matches!(failure, Failure::Refused(_)),
            Self::Fault(Fault::Broken(_)) | Self::Journal(_) => false,
        }
    }
}

impl ApiClient {
    /// Creates a client that sends its requests through `web` and hides `secrets` in every text that it returns or stores.
    pub fn new(web: Option<Web>, journal: Arc<Journal>, secrets: Vec<Secret>) -> Self {
        Self { web, journal, secrets, locks: Mutex::default() }
    }

    /// Returns the page that answers `request`. The page comes from the journal, or from the server through `read`.
    ///
    /// # Errors
    /// Returns a [`Stop`] when there is no page: the request failed, the answer is an error, or this run sends nothing.
    pub async fn ask(
        &self,
        request: Result<Request, Fault>,
        read: fn(&Response) -> Result<Page, Fault>,
    ) -> Result<Page, Stop> {
        let hide = |text: &str| self.secrets.iter().fold(text.to_owned(), |text, secret| secret.hide_in(&text));
        let request = request?;
        let question = request.url().to_string();
        if let Some(page) = self.journal.answer(&question) {
            return Ok(page);
        }
        let web = self.web.as_ref().ok_or(Stop::NotAsked)?;
        // MediaWiki's etiquette asks for one question at a time. Each answer states how many requests are left, and the client reads
        // that number before it sends the next question.
        let lock = self.lock_of(request.url());
        let _lock = lock.lock().await;
        let mut busy = None;
        for _ in 0..TRIES {
            let response = web.get(&request).await?;
            if let Some(wait) = pause(&response.headers) {
                web.hold(request.url(), wait);
            }
            match read(&response).map_err(|fault| fault.hide(hide)) {
                Ok(page) => {
                    let page = clean(page, hide)?;
                    tracing::info!(question, candidates = page.candidates.len(), "answered");
                    self.journal
                        .record_answer(&question, &page)
                        .map_err(|error| Stop::Journal(format!("{error:#}")))?;
                    return Ok(page);
                }
                Err(Fault::Busy { wait, said }) => {
                    tracing::info!(question, said, seconds = wait.as_secs(), "the server is busy");
                    web.hold(request.url(), wait);
                    busy = Some(Fault::Busy { wait, said });
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        Err(busy.map_or(Stop::NotAsked, Stop::Fault))
    }

    fn lock_of(&self, url: &Url) -> HostLock {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry(url.authority().to_owned()).or_default())
    }
}

/// Returns `page` without credentials. A server can repeat a credential in its answer.
fn clean(page: Page, hide: impl Fn(&str) -> String) -> Result<Page, Stop> {
    let wrong = |error: serde_json::Error| Stop::Fault(Fault::Broken(error.to_string()));
    let text = serde_json::to_string(&page).map_err(wrong)?;
    let hidden = hide(&text);
    if hidden == text { Ok(page) } else { serde_json::from_str(&hidden).map_err(wrong) }
}

/// Creates the HTTP client that `[scrape.web]` describes. It takes addresses from `network`.
pub fn web(run: &Run, network: Arc<dyn Network>) -> anyhow::Result<Web> {
    let scrape = &run.config.scrape;
    let section = &scrape.web;
    let mut settings = web::Settings::new(format!("tunescope/{} ({})", env!("CARGO_PKG_VERSION"), section.contact));
    settings.allowed_hosts.clone_from(&section.allowed_hosts);
    settings.per_host =
        web::PerHost { concurrency: section.per_host, requests_per_second: section.requests_per_second };
    settings.concurrency = section.parallel;
    settings.budget = web::Budget { requests: section.max_requests, bytes: section.max_total_mb << 20 };
    let (limits, total) = (&mut settings.limits, Duration::from_secs_f64(section.timeout_s));
    limits.total = total;
    // A shorter total time shortens its parts.
    limits.connect = limits.connect.min(total / 6);
    limits.header = limits.header.min(total / 3);
    limits.idle = limits.idle.min(total / 4);
    limits.grace = limits.grace.min(total / 6);
    settings.retries = section.retries;
    settings.proxy = web::Proxy::parse(&section.proxy)?;
    settings.longest_wait = Duration::from_secs_f64(section.longest_wait_s);
    Ok(Web::new(&settings, network)?)
}
