//! The way out: every rule, in its order.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use url::{Position, Url};

use crate::budget::{Purse, Spent};
use crate::connect::{Connector, tls};
use crate::dial::Dial;
use crate::exchange::{Answer, Whole, Wire};
use crate::failure::{Failure, Phase, Reason};
use crate::host::{Gate, Hosts, Key, Verdict};
use crate::opt_out;
use crate::origin::{Named, Origin, admit};
use crate::pool::Pool;
use crate::redirect::Chain;
use crate::request::{Kind, Request};
use crate::response::{Response, Rooms, media_type};
use crate::retry::{Jitter, retry_after};
use crate::robots::{READ_BYTES, Robots};
use crate::settings::{Settings, SettingsError};

/// A handle on one run's fetching: its clones share every limit, every connection and the budget.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

struct Inner {
    wire: Wire,
    hosts: Hosts,
    places: Arc<Semaphore>,
    jitter: Jitter,
    allowed: Vec<Named>,
    product: String,
    settings: Settings,
}

impl Inner {
    /// Whether the configuration names the host.
    fn exempts(&self, origin: &Origin) -> bool {
        self.allowed.iter().any(|host| host.is(origin))
    }
}

/// A try that failed, and whether the host asked to be left alone.
struct Trouble {
    failure: Failure,
    busy: Option<(Arc<Gate>, Option<Duration>)>,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self { failure, busy: None }
    }
}

impl Web {
    /// Fetches under `settings`, by way of `dial` alone.
    pub fn new(settings: &Settings, dial: Arc<dyn Dial>) -> Result<Self, SettingsError> {
        let (user_agent, product) = settings.check()?;
        let allowed = settings.allowed_hosts.iter().map(|host| Named::parse(host)).collect::<Result<_, _>>()?;
        let named = settings.named_hosts.iter().map(|(host, limits)| Ok((Named::parse(host)?, *limits)));
        let named = named.collect::<Result<_, SettingsError>>()?;
        let purse = Arc::new(Purse::new(settings.budget));
        let limits = settings.limits;
        let connector = Connector { dial, tls: tls(settings)?, purse: Arc::clone(&purse), limits };
        let (pool, rooms) = (Pool::new(settings.concurrency), Rooms::new());
        let wire = Wire { connector, pool, purse, limits, user_agent, rooms };
        Ok(Self(Arc::new(Inner {
            wire,
            hosts: Hosts::new(settings.per_host, named, settings.longest_wait),
            places: Arc::new(Semaphore::new(settings.concurrency)),
            jitter: Jitter::new(settings.backoff),
            allowed,
            product,
            settings: settings.clone(),
        })))
    }

    /// Fetches one thing, as often as it takes and the settings allow.
    ///
    /// Waits for its turn as long as it takes; a caller that wants one slow host not to keep it from others asks for
    /// addresses of several hosts at once. Dropping the future gives up the request and closes its connection.
    pub async fn get(&self, request: &Request) -> Result<Response, Failure> {
        self.fetch(request, true).await
    }

    /// Leaves the host of `url` alone for `wait`: for what a source learns from its answers (`maxlag`, a rate header).
    pub fn hold(&self, url: &Url, wait: Duration) {
        if let Ok(origin) = Origin::of(url) {
            let exempt = self.0.exempts(&origin);
            self.0.hosts.gate(&Key { origin, exempt }).hold(wait);
        }
    }

    /// What the run has used so far.
    pub fn spent(&self) -> Spent {
        self.0.wire.purse.spent()
    }

    /// As [`Web::get`]; `exempt` is whether the exemption of the hosts that the configuration names holds.
    async fn fetch(&self, request: &Request, exempt: bool) -> Result<Response, Failure> {
        let mut tries = 0;
        loop {
            let mut chain = Chain::new(request, exempt);
            let Trouble { mut failure, busy } = match self.follow(request, &mut chain).await {
                Ok(response) => return Ok(response),
                Err(trouble) => trouble,
            };
            // What is wrong where `robots.txt` was moved to is not wrong with the host itself.
            if request.robots && chain.moved() && !matches!(failure, Failure::Exhausted(_)) {
                failure = Failure::Later(Reason::RobotsUnreachable);
            }
            let wait = self.0.jitter.wait(tries);
            if let Some((gate, asked)) = &busy {
                gate.hold(asked.unwrap_or_default().saturating_add(wait));
            }
            let again = matches!(failure, Failure::Later(reason) if worth_another_try(reason));
            if !again || tries >= self.0.settings.retries {
                return Err(failure);
            }
            tries += 1;
            // A busy host's gate holds everybody back; any other failure is this request's own.
            if busy.is_none() {
                sleep(wait).await;
            }
        }
    }

    /// One try, through its redirects.
    async fn follow(&self, request: &Request, chain: &mut Chain) -> Result<Response, Trouble> {
        let mut elapsed = Duration::ZERO;
        loop {
            let key = self.key(chain)?;
            chain.exempt = key.exempt;
            let gate = self.0.hosts.gate(&key);
            if request.kind == Kind::Picture && self.0.settings.respect_robots {
                self.robots(&gate, &key, &chain.url).await?;
            }
            let pass = gate.pass(&self.0.places).await?;
            let begun = Instant::now();
            let answer = self.0.wire.ask(&chain.url, &key, request, chain.with_secrets).await?;
            if let Some(location) = redirect(&answer) {
                let next = chain.next(request, location, self.0.settings.limits.redirects);
                self.0.wire.discard(answer, &key, request).await;
                next?;
                elapsed += begun.elapsed();
                drop(pass);
                continue;
            }
            let status = answer.status;
            if let Err(trouble) = self.judge(&answer, &gate, request) {
                self.0.wire.discard(answer, &key, request).await;
                return Err(trouble);
            }
            let Whole { headers, body, room } = self.0.wire.read(answer, &key, request).await?;
            elapsed += begun.elapsed();
            let (status, final_url) = (status.as_u16(), chain.shown(request));
            return Ok(Response { status, final_url, headers, body, elapsed, room });
        }
    }

    /// The host to ask next, if it may be asked.
    fn key(&self, chain: &Chain) -> Result<Key, Failure> {
        let origin = admit(&chain.url)?;
        let exempt = chain.exempt && self.0.exempts(&origin);
        if !exempt && !matches!(origin.port, 80 | 443) {
            return Err(Failure::Refused(Reason::Port));
        }
        Ok(Key { origin, exempt })
    }

    /// What the header of an answer that is no redirect means.
    fn judge(&self, answer: &Answer, gate: &Arc<Gate>, request: &Request) -> Result<(), Trouble> {
        let (status, headers) = (answer.status, &answer.headers);
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            let asked = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            let asked = asked.and_then(|value| retry_after(value, std::time::SystemTime::now()));
            // At once, before others leave for it; the wait that is drawn comes on top.
            gate.hold(asked.unwrap_or_default());
            let too_long = asked.is_some_and(|wait| wait > self.0.settings.longest_wait);
            let reason = if too_long { Reason::RetryAfter } else { Reason::Status(status.as_u16()) };
            return Err(Trouble { failure: Failure::Later(reason), busy: Some((Arc::clone(gate), asked)) });
        }
        let temporary = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY);
        if temporary || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED) {
            return Err(Failure::Later(Reason::Status(status.as_u16())).into());
        }
        let useful = match request.kind {
            Kind::Api => status.is_success() || status.is_client_error(),
            Kind::Picture => status == StatusCode::OK,
        };
        if !useful {
            return Err(Failure::Refused(Reason::Status(status.as_u16())).into());
        }
        if request.kind == Kind::Picture
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

    /// Refuses what the host's `robots.txt` forbids; reads it first if nobody has in this run.
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

    /// Fetches a host's `robots.txt`. Only a used-up budget is an error, and not remembered.
    async fn read_robots(&self, key: &Key, url: &Url) -> Result<Verdict, Failure> {
        let mut url = url.clone();
        url.set_path("/robots.txt");
        url.set_query(None);
        url.set_fragment(None);
        let mut request = Request::api(url).max_bytes(READ_BYTES as u64 + 1);
        request.robots = true;
        // Boxed, since fetching may need `robots.txt`, though this one does not.
        let fetched = Box::pin(self.fetch(&request, key.exempt)).await;
        Ok(match fetched {
            Ok(response) if response.status < 300 => Verdict::Rules(Robots::parse(&response.body, &self.0.product)),
            // There is none (2.3.1.3).
            Ok(_) => Verdict::Rules(Robots::default()),
            Err(failure @ Failure::Exhausted(_)) => return Err(failure),
            Err(failure) if is_of_the_host(failure.reason()) => Verdict::Closed(failure),
            Err(_) => Verdict::Closed(Failure::Later(Reason::RobotsUnreachable)),
        })
    }
}

/// Whether a failure would meet every other request to the host as well.
fn is_of_the_host(reason: Reason) -> bool {
    use Reason::{Address, Connect, Port, Resolve, RetryAfter, Timeout, Tls};
    matches!(reason, Address(_) | Port | Resolve | Connect | Tls | RetryAfter | Timeout(Phase::Connect))
}

/// Where an answer sends us on to, if it does.
fn redirect(answer: &Answer) -> Option<&[u8]> {
    let moved = matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308);
    moved.then(|| answer.headers.get(header::LOCATION).map(http::HeaderValue::as_bytes).unwrap_or_default())
}

/// Whether a failure for now may be over in a moment.
fn worth_another_try(reason: Reason) -> bool {
    !matches!(reason, Reason::RetryAfter | Reason::RobotsUnreachable)
}

/// Whether the media type that an answer names is among `types`.
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
