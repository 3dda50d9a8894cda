//! Where sources ask their questions: each once, and patiently.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use web::{Dial, Failure, Request, Response, Secret, Url, Web};

use crate::candidate::Page;
use crate::journal::Journal;
use crate::rate_limit::pause;
use crate::view::Run;

/// How often a busy server is asked the same.
const TRIES: usize = 5;

/// Asks APIs, and remembers what they answered.
pub struct Desk {
    /// `None` asks nobody: only what is remembered is answered.
    web: Option<Web>,
    journal: Arc<Journal>,
    secrets: Vec<Secret>,
    /// Whose turn it is at each host, by its address.
    turns: Mutex<HashMap<String, Turn>>,
}

/// Held by the one who asks a host.
type Turn = Arc<tokio::sync::Mutex<()>>;

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The server asks to come back after a while.
    #[error("{said}")]
    Busy {
        /// After how long.
        wait: Duration,
        /// What it said.
        said: String,
    },
    /// It may answer another time.
    #[error("{0}")]
    Passing(String),
    /// It will not answer this.
    #[error("{0}")]
    Broken(String),
}

impl Fault {
    /// For an answer that cannot be read and whose status is not 200.
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

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The answer is an error.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// There is no answer.
    #[error("{0}")]
    Web(#[from] Failure),
    /// It was never asked, and this run does not ask.
    #[error("not asked")]
    NotAsked,
    /// The answer cannot be kept.
    #[error("{0}")]
    Journal(String),
}

impl Stop {
    /// Whether it may go better another time.
    pub fn passes(&self) -> bool {
        match self {
            Self::Fault(Fault::Busy { .. } | Fault::Passing(_)) | Self::NotAsked => true,
            Self::Web(failure) => !matches!(failure, Failure::Refused(_)),
            Self::Fault(Fault::Broken(_)) | Self::Journal(_) => false,
        }
    }
}

impl Desk {
    /// A desk that asks by `web`, and tells no text that holds one of `secrets`.
    pub fn new(web: Option<Web>, journal: Arc<Journal>, secrets: Vec<Secret>) -> Self {
        Self { web, journal, secrets, turns: Mutex::default() }
    }

    /// The answer to `request`, read by `read`: remembered, or asked for now.
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
        // One question after the other to a host, as MediaWiki's etiquette asks: only so is the number of requests that are left, told
        // with each answer, read before the next question is sent.
        let turn = self.turn(request.url());
        let _turn = turn.lock().await;
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

    fn turn(&self, url: &Url) -> Turn {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(url.authority().to_owned()).or_default())
    }
}

/// The page without any credential, should the server have repeated one in its answer.
fn clean(page: Page, hide: impl Fn(&str) -> String) -> Result<Page, Stop> {
    let wrong = |error: serde_json::Error| Stop::Fault(Fault::Broken(error.to_string()));
    let text = serde_json::to_string(&page).map_err(wrong)?;
    let hidden = hide(&text);
    if hidden == text { Ok(page) } else { serde_json::from_str(&hidden).map_err(wrong) }
}

/// The way out that the configuration of `run` describes, by `dial`.
pub fn web(run: &Run, dial: Arc<dyn Dial>) -> anyhow::Result<Web> {
    let scrape = &run.config.scrape;
    let told = &scrape.web;
    let mut settings = web::Settings::new(format!("tunescope/{} ({})", env!("CARGO_PKG_VERSION"), told.contact));
    settings.allowed_hosts.clone_from(&told.allowed_hosts);
    settings.per_host = web::PerHost { concurrency: told.per_host, requests_per_second: told.requests_per_second };
    settings.concurrency = told.parallel;
    settings.budget = web::Budget { requests: told.max_requests, bytes: told.max_total_mb << 20 };
    let (limits, total) = (&mut settings.limits, Duration::from_secs_f64(told.timeout_s));
    limits.total = total;
    // Whoever is less patient with the whole is less patient with its parts.
    limits.connect = limits.connect.min(total / 6);
    limits.header = limits.header.min(total / 3);
    limits.idle = limits.idle.min(total / 4);
    limits.grace = limits.grace.min(total / 6);
    settings.retries = told.retries;
    settings.longest_wait = Duration::from_secs_f64(told.longest_wait_s);
    Ok(Web::new(&settings, dial)?)
}
