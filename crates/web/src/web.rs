//! The client of a run. It applies the rules in their order.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use url::{Position, Url};

use crate::body_permit::BodyPermits;
use crate::budget::{BudgetCounter, Spent};
use crate::clients::Clients;
use crate::failure::{Failure, Phase, Reason};
use crate::host::{Gate, Hosts, Key, Verdict};
use crate::network::Network;
use crate::opt_out;
use crate::origin::{Named, Origin, admit};
use crate::proxy::Proxies;
use crate::redirect::Chain;
use crate::request::{Request, RequestKind};
use crate::response::{Response, media_type};
use crate::retry::{Jitter, retry_after};
use crate::robots::{READ_BYTES, Robots};
use crate::settings::{WebSettings, WebSettingsError};
use crate::transport::Transport;
use crate::vetting::{literal, vet};
use crate::wire::{Answer, CompleteAnswer, Wire};

/// The HTTP client of a run. Clones share every limit, every connection and the budget.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

struct Inner {
    wire: Wire,
    hosts: Hosts,
    permits: Arc<Semaphore>,
    jitter: Jitter,
    proxies: Proxies,
    allowed: Vec<Named>,
    product: String,
    settings: WebSettings,
}

impl Inner {
    /// Returns whether the configuration names the host.
    fn exempts(&self, origin: &Origin) -> bool {
        self.allowed.iter().any(|host| host.is(origin))
    }
}

/// A failed try, with the gate of a busy host and the wait that the host asks for.
struct FailedTry {
    failure: Failure,
    busy: Option<(Arc<Gate>, Option<Duration>)>,
}

impl From<Failure> for FailedTry {
    fn from(failure: Failure) -> Self {
        Self { failure, busy: None }
    }
}

impl Web {
    /// Creates a client. It takes the addresses of hosts from `network`.
    ///
    /// # Errors
    /// Returns an error when a setting cannot be used.
    pub fn new(settings: &WebSettings, network: Arc<dyn Network>) -> Result<Self, WebSettingsError> {
        settings.check()?;
        Self::with_transport(settings, Box::new(Clients::new(settings, network)?))
    }

    pub(crate) fn with_transport(
        settings: &WebSettings,
        transport: Box<dyn Transport>,
    ) -> Result<Self, WebSettingsError> {
        let (user_agent, product) = settings.check()?;
        let allowed = settings.allowed_hosts.iter().map(|host| Named::parse(host)).collect::<Result<_, _>>()?;
        let named = settings.named_hosts.iter().map(|(host, limits)| Ok((Named::parse(host)?, *limits)));
        let named = named.collect::<Result<_, WebSettingsError>>()?;
        let budget = Arc::new(BudgetCounter::new(settings.budget));
        let wire = Wire { transport, budget, limits: settings.limits, user_agent, permits: BodyPermits::new() };
        Ok(Self(Arc::new(Inner {
            wire,
            hosts: Hosts::new(settings.per_host, named, settings.longest_wait),
            permits: Arc::new(Semaphore::new(settings.concurrency)),
            jitter: Jitter::new(settings.backoff),
            proxies: Proxies::new(&settings.proxy),
            allowed,
            product,
            settings: settings.clone(),
        })))
    }

    /// Sends `request` and returns the answer. After a temporary failure, the request is sent again as often as the settings allow.
    ///
    /// The request waits for its turn without a time limit. A caller requests from several hosts at a time, so that a slow host does not
    /// delay the others. Dropping the future cancels the request.
    ///
    /// # Errors
    /// Returns a [`Failure`] that says whether another run may succeed.
    pub async fn get(&self, request: &Request) -> Result<Response, Failure> {
        self.fetch(request, true).await
    }

    /// Sends no request to the host of `url` for `wait`. Sources learn such waits from answers (`maxlag`, rate headers).
    pub fn hold(&self, url: &Url, wait: Duration) {
        if let Ok(origin) = Origin::of(url) {
            let exempt = self.0.exempts(&origin);
            self.0.hosts.gate(&Key { origin, exempt }).hold(wait);
        }
    }

    /// Returns what the run has used so far.
    pub fn spent(&self) -> Spent {
        self.0.wire.budget.spent()
    }

    /// Sends `request` as [`Web::get`] does. `exempt` is whether hosts that the configuration names are exempt from checks.
    async fn fetch(&self, request: &Request, exempt: bool) -> Result<Response, Failure> {
        let mut tries = 0;
        loop {
            let mut chain = Chain::new(request, exempt);
            let FailedTry { mut failure, busy } = match self.follow(request, &mut chain).await {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            // A failure at the target of a redirected `robots.txt` says nothing about the host itself.
            if request.robots && chain.moved() && !matches!(failure, Failure::Exhausted(_)) {
                failure = Failure::Later(Reason::RobotsUnreachable);
            }
            let wait = self.0.jitter.wait(tries);
            if let Some((gate, requested_wait)) = &busy {
                gate.hold(requested_wait.unwrap_or_default().saturating_add(wait));
            }
            let again = matches!(failure, Failure::Later(reason) if worth_another_try(reason));
            if !again || tries >= self.0.settings.retries {
                return Err(failure);
            }
            tries += 1;
            // The gate of a busy host delays all its requests. Any other failure delays this request only.
            if busy.is_none() {
                sleep(wait).await;
            }
        }
    }

    /// Makes one try and follows its redirects.
    async fn follow(&self, request: &Request, chain: &mut Chain) -> Result<Response, FailedTry> {
        let mut elapsed = Duration::ZERO;
        loop {
            let (key, proxy) = self.destination(chain)?;
            chain.exempt = key.exempt;
            let gate = self.0.hosts.gate(&key);
            if request.kind == RequestKind::Image && self.0.settings.respect_robots {
                self.robots(&gate, &key, &chain.url).await?;
            }
            let pass = gate.pass(&self.0.permits).await?;
            let begun = Instant::now();
            let answer = self.0.wire.ask(&chain.url, &key, proxy, request, chain.with_secrets).await?;
            if let Some(location) = redirect(&answer) {
                let next = chain.next(request, location, self.0.settings.limits.redirects);
                self.0.wire.discard(answer, request).await;
                next?;
                elapsed += begun.elapsed();
                drop(pass);
                continue;
            }
            let status = answer.status;
            if let Err(failed) = self.judge(&answer, &gate, request) {
                self.0.wire.discard(answer, request).await;
                return Err(failed);
            }
            let CompleteAnswer { headers, body, permit } = self.0.wire.read(answer, request).await?;
            elapsed += begun.elapsed();
            let (status, final_url) = (status.as_u16(), chain.shown(request));
            return Ok(Response { status, final_url, headers, body, elapsed, permit });
        }
    }

    /// Returns the next host, and the host of the proxy in front of it.
    ///
    /// # Errors
    /// Refuses a host that may not be contacted, as far as its URL shows that. The addresses of names are vetted when a connection is
    /// opened.
    fn destination(&self, chain: &Chain) -> Result<(Key, Option<String>), Failure> {
        let origin = admit(&chain.url)?;
        let exempt = chain.exempt && self.0.exempts(&origin);
        if !exempt && !matches!(origin.port, 80 | 443) {
            return Err(Failure::Refused(Reason::Port));
        }
        vet(literal(&origin.host), exempt)?;
        let proxy = if exempt { None } else { self.0.proxies.host_for(&chain.url, &origin)? };
        Ok((Key { origin, exempt }, proxy))
    }

    /// Checks the header of an answer that is not a redirect.
    fn judge(&self, answer: &Answer, gate: &Arc<Gate>, request: &Request) -> Result<(), FailedTry> {
        let (status, headers) = (answer.status, &answer.headers);
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let requested_wait = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            let requested_wait = requested_wait.and_then(|value| retry_after(value, std::time::SystemTime::now()));
            // Requests that are ready to go are held at once. The caller adds a random wait.
            gate.hold(requested_wait.unwrap_or_default());
            let too_long = requested_wait.is_some_and(|wait| wait > self.0.settings.longest_wait);
            let reason = if too_long { Reason::RetryAfter } else { Reason::Status(status.as_u16()) };
            return Err(FailedTry { failure: Failure::Later(reason), busy: Some((Arc::clone(gate), requested_wait)) });
        }
        let temporary = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY);
        if temporary || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED) {
            return Err(Failure::Later(Reason::Status(status.as_u16())).into());
        }
        let useful = match request.kind {
            RequestKind::Api => status.is_success() || status.is_client_error(),
            RequestKind::Image => status == StatusCode::OK,
        };
        if !useful {
            return Err(Failure::Refused(Reason::Status(status.as_u16())).into());
        }
        if request.kind == RequestKind::Image
            && self.0.settings.respect_robots
            && let Some(opt_out) = opt_out::header(headers, &self.0.product)
        {
            return Err(Failure::Refused(Reason::OptOut(opt_out)).into());
        }
        if status.is_success() && !accepted(headers, &request.accept) {
            return Err(Failure::Refused(Reason::Type).into());
        }
        Ok(())
    }

    /// Refuses what the host's `robots.txt` forbids. Reads the file if no request of this run has read it.
    async fn robots(&self, gate: &Arc<Gate>, key: &Key, url: &Url) -> Result<(), Failure> {
        let verdict = gate.verdict.get_or_try_init(|| async {
            let verdict = self.read_robots(key, url).await?;
            if let Verdict::Rules(Robots { .. }) = &verdict {
                self.0.hosts.trim();
            }
            Ok::<_, Failure>(verdict)
        });
        let robots = match verdict.await? {
            Verdict::Rules(robots) => robots,
            Verdict::Closed(failure) => return Err(*failure),
        };
        let path = &url[Position::BeforePath..Position::AfterQuery];
        if !robots.allows(path) {
            return Err(Failure::Refused(Reason::Robots));
        }
        if let Some(opt_out) = robots.opt_out_of(path) {
            return Err(Failure::Refused(Reason::OptOut(opt_out)));
        }
        if let Some(delay) = robots.crawl_delay() {
            if delay > self.0.settings.longest_wait {
                return Err(Failure::Refused(Reason::CrawlDelay));
            }
            gate.slow_down(delay);
        }
        Ok(())
    }

    /// Fetches the `robots.txt` of a host. A used-up budget is an error, which is not remembered. Every other result is a verdict.
    async fn read_robots(&self, key: &Key, url: &Url) -> Result<Verdict, Failure> {
        let mut url = url.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        url.set_fragment(None);
        let mut request = Request::api(url).max_bytes(READ_BYTES as u64 + 1);
        request.robots = true;
        // Fetching calls this function, so the future is boxed. The request for `robots.txt` itself does not come back here.
        let fetched = Box::pin(self.fetch(&request, key.exempt)).await;
        Ok(match fetched {
            Ok(response) if response.status < 300 => Verdict::Rules(Robots::parse(&response.body, &self.0.product)),
            // The file does not exist (RFC 9309, 2.3.1.3).
            Ok(_) => Verdict::Rules(Robots::default()),
            Err(failure @ Failure::Exhausted(_)) => return Err(failure),
            Err(failure) if is_of_the_host(failure.reason()) => Verdict::Closed(failure),
            Err(_) => Verdict::Closed(Failure::Later(Reason::RobotsUnreachable)),
        })
    }
}

/// Returns whether every other request to the host would fail in the same way.
fn is_of_the_host(reason: Reason) -> bool {
    use Reason::{Address, Connect, LocalName, Port, Resolve, RetryAfter, Timeout, Tls};
    matches!(reason, Address(_) | LocalName | Port | Resolve | Connect | Tls | RetryAfter | Timeout(Phase::Connect))
}

/// Returns the location of a redirect.
fn redirect(answer: &Answer) -> Option<&[u8]> {
    let moved = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    moved.then(|| answer.headers.get(header::LOCATION).map(http::HeaderValue::as_bytes).unwrap_or_default())
}

/// Returns whether a temporary failure may be over in a moment.
fn worth_another_try(reason: Reason) -> bool {
    !matches!(reason, Reason::RetryAfter | Reason::RobotsUnreachable)
}

/// Returns whether the media type of an answer is among `types`.
fn accepted(headers: &HeaderMap, types: &[String]) -> bool {
    let Some(named) = media_type(headers) else { return true };
    let unknown = matches!(named.as_str(), "application/octet-stream" | "binary/octet-stream");
    types.is_empty()
        || unknown
        || types.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(family) => named.starts_with(&family.to_ascii_lowercase()),
            None => named.eq_ignore_ascii_case(wanted),
        })
}

#[cfg(test)]
mod pace;
