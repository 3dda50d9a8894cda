//! The client for the APIs of the sources. It sends each question once, waits while a server is busy, and remembers the answers.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use web::{Failure, Network, Request, Response, Secret, Url, Web};

use crate::candidate::Page;
use crate::journal::Journal;
use crate::rate_limit::pause;
use crate::view::Run;

/// The wait of the first repetition when a busy server states none, as `MediaWiki`'s "Manual:Maxlag parameter" recommends. Each
/// further repetition doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// A client for the APIs of the sources. The journal remembers every answer, and every question that has none.
pub struct ApiClient {
    /// `None` sends nothing: only remembered answers are returned.
    web: Option<Web>,
    journal: Arc<Journal>,
    secrets: Vec<Secret>,
    /// The number of times that a busy server is asked again, `scrape.web.retries`.
    retries: u32,
    /// When set, only these questions are sent.
    only: Option<Mutex<BTreeSet<String>>>,
    /// The questions that servers have answered in this run.
    answered: Mutex<BTreeSet<String>>,
    /// A lock for each host, by its authority. The holder of a lock may send a request to its host.
    locks: Mutex<HashMap<String, HostLock>>,
}

/// The lock of one host.
type HostLock = Arc<tokio::sync::Mutex<()>>;

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The server is busy. The same run asks again.
    #[error("{said}")]
    Busy {
        /// The wait that the server asks for, if it states one.
        wait: Option<Duration>,
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
    /// Returns the fault for an answer with a `status` other than 200 that does not say whether the error passes. `said` is its
    /// message, which can be empty.
    ///
    /// The statuses are those of RFC 9110 and RFC 6585 that concern the moment: 408, 425, 429 and every server error except 501.
    pub fn of_status(status: u16, said: &str) -> Self {
        let said = if said.is_empty() { format!("status {status}") } else { format!("status {status}: {said}") };
        let passes = matches!(status, 408 | 425 | 429) || (status >= 500 && status != 501);
        if passes { Self::Passing(said) } else { Self::Broken(said) }
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
    #[error("{}", explained(*.0))]
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
    /// Creates a client that sends its requests through `web` and hides `secrets` in every text that it returns or stores. It asks a
    /// busy server again `retries` times.
    pub fn new(web: Option<Web>, journal: Arc<Journal>, secrets: Vec<Secret>, retries: u32) -> Self {
        Self { web, journal, secrets, retries, only: None, answered: Mutex::default(), locks: Mutex::default() }
    }

    /// Creates a client that sends nothing. It returns the answers of earlier runs.
    pub fn offline(journal: Arc<Journal>) -> Self {
        Self::new(None, journal, Vec::new(), 0)
    }

    /// Restricts the client to `questions`, and to those that [`ApiClient::permit`] adds.
    pub fn restrict(&mut self, questions: BTreeSet<String>) {
        self.only = Some(Mutex::new(questions));
    }

    /// Adds a question to those of [`ApiClient::restrict`].
    pub fn permit(&self, question: String) {
        if let Some(only) = &self.only {
            lock(only).insert(question);
        }
    }

    /// Returns whether a server has answered the question in this run.
    pub fn was_answered(&self, question: &str) -> bool {
        lock(&self.answered).contains(question)
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
        let request = request?;
        let question = request.url().to_string();
        if let Some(page) = self.journal.answer(&question) {
            return Ok(page);
        }
        let web = self.web.as_ref().ok_or(Stop::NotAsked)?;
        if self.only.as_ref().is_some_and(|only| !lock(only).contains(&question)) {
            return Err(Stop::NotAsked);
        }
        let answer = self.send(web, &request, read).await;
        let recorded = match &answer {
            Ok(page) => {
                tracing::info!(question, candidates = page.candidates.len(), "answered");
                lock(&self.answered).insert(question.clone());
                self.journal.record_answer(&question, page)
            }
            // The budget was used up before an answer arrived, so the journal records nothing about the question.
            Err(Stop::Web(Failure::Exhausted(_))) => Ok(()),
            Err(stop) => self.journal.record_unanswered(&question, &stop.to_string()),
        };
        recorded.map_err(|error| Stop::Journal(format!("{error:#}")))?;
        answer
    }

    /// Sends a request, and sends it again while the server is busy.
    async fn send(
        &self,
        web: &Web,
        request: &Request,
        read: fn(&Response) -> Result<Page, Fault>,
    ) -> Result<Page, Stop> {
        let hide = |text: &str| self.secrets.iter().fold(text.to_owned(), |text, secret| secret.hide_in(&text));
        // MediaWiki's etiquette asks for one question at a time. Each answer states how many requests are left, and the client reads
        // that number before it sends the next question.
        let lock = self.lock_of(request.url());
        let _lock = lock.lock().await;
        let mut tries = 0;
        loop {
            let response = web.get(request).await?;
            if let Some(wait) = pause(&response.headers) {
                web.hold(request.url(), wait);
            }
            match read(&response).map_err(|fault| fault.hide(hide)) {
                Ok(page) => return clean(page, hide),
                Err(Fault::Busy { wait, said }) if tries < self.retries => {
                    let wait = wait.unwrap_or_else(|| FIRST_WAIT.saturating_mul(2_u32.saturating_pow(tries)));
                    tracing::info!(url = %request.url(), said, seconds = wait.as_secs(), "the server is busy");
                    web.hold(request.url(), wait);
                    tries += 1;
                }
                Err(fault) => return Err(fault.into()),
            }
        }
    }

    fn lock_of(&self, url: &Url) -> HostLock {
        let mut locks = lock(&self.locks);
        Arc::clone(locks.entry(url.authority().to_owned()).or_default())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the text of a failed request. A refusal for the number of requests is explained.
fn explained(failure: Failure) -> String {
    match failure.reason() {
        reason @ web::Reason::Status(429) => {
            format!("{reason}, too many requests: the limit of the host is used up for now")
        }
        reason => reason.to_string(),
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
    let mut settings = web::WebSettings::new(format!("tunescope/{} ({})", env!("CARGO_PKG_VERSION"), section.contact));
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
