//! Tests of the pace of requests. tokio's clock is paused: a minute takes no time, and no test depends on the speed of the machine.
//!
//! A paused clock does not wait for sockets, so a transport in memory answers.
#![allow(clippy::unwrap_used)]

#[path = "../../tests/common/burst.rs"]
mod burst;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::Response;
use tokio::time::Instant;

use burst::burst;

use super::Web;
use crate::failure::{Failure, Reason};
use crate::hop::Hop;
use crate::origin::parse_url;
use crate::request::Request;
use crate::settings::{PerHost, WebSettings};
use crate::transport::{Sending, Transport};

/// A transport in memory. One function answers; it receives host and path, and the number of earlier requests for the same path.
struct Memory<F> {
    reply: F,
    log: Log,
    began: Instant,
}

/// The requests so far, each with its time.
type Log = Arc<Mutex<Vec<(String, Duration)>>>;

type Answer = Response<Vec<u8>>;

impl<F: Fn(&str, usize) -> Answer + Send + Sync> Transport for Memory<F> {
    fn send(&self, _: Hop, request: reqwest::Request) -> Sending {
        let url = format!("{}{}", request.url().host_str().unwrap(), request.url().path());
        let before = {
            let mut log = self.log.lock().unwrap();
            log.push((url.clone(), self.began.elapsed()));
            log.iter().filter(|(other, _)| *other == url).count() - 1
        };
        let answer = (self.reply)(&url, before).into();
        Box::pin(async move { Ok(answer) })
    }
}

fn memory(settings: &WebSettings, reply: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> (Web, Log) {
    let log = Log::default();
    let transport = Memory { reply, log: Arc::clone(&log), began: Instant::now() };
    (Web::with_transport(settings, Box::new(transport)).unwrap(), log)
}

fn ok() -> Answer {
    Response::new(Vec::new())
}

fn head(status: u16, fields: &[(&str, &str)]) -> Answer {
    let builder =
        fields.iter().fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
    builder.body(Vec::new()).unwrap()
}

fn at(url: &str) -> Request {
    Request::image(parse_url(url).unwrap())
}

fn at_rate(requests_per_second: f64) -> WebSettings {
    let mut settings = WebSettings::new("tunescope/0.1 (tests@example.org)");
    settings.respect_robots = false;
    settings.per_host = PerHost { concurrency: 4, requests_per_second };
    settings.retries = 0;
    (settings.backoff.first, settings.backoff.longest) = (Duration::from_millis(2), Duration::from_millis(10));
    settings
}

#[tokio::test(start_paused = true)]
async fn sixty_requests_at_two_per_second_take_half_a_minute_and_delay_no_other_host() {
    let mut settings = at_rate(2.0);
    settings.named_hosts = vec![("other.test".into(), PerHost { concurrency: 4, requests_per_second: 0.0 })];
    // If a request held a permit while it waits, requests to the slow host would hold all permits.
    settings.concurrency = 4;
    let (web, log) = memory(&settings, |_, _| ok());
    let (slow, quick) = tokio::join!(burst(&web, "site.test", 60), burst(&web, "other.test", 60));
    assert!(slow >= Duration::from_secs(29) && slow < Duration::from_secs(31), "the slow host took {slow:?}");
    assert!(quick < Duration::from_secs(1), "the other host took {quick:?}");
    let times: Vec<_> =
        log.lock().unwrap().iter().filter(|(url, _)| url.starts_with("site")).map(|(_, time)| *time).collect();
    for pair in times.windows(2) {
        let apart = pair[1].checked_sub(pair[0]).unwrap();
        assert!(apart >= Duration::from_millis(499), "two requests are {apart:?} apart");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_holds_every_request_to_the_host() {
    for status in [429, 503] {
        let mut settings = at_rate(0.0);
        settings.retries = 1;
        let (web, log) = memory(&settings, move |url, before| {
            if url == "site.test/0.jpg" && before == 0 {
                return head(status, &[("retry-after", "7")]);
            }
            ok()
        });
        burst(&web, "site.test", 1).await;
        tokio::join!(burst(&web, "site.test", 3), burst(&web, "other.test", 3));
        let log = log.lock().unwrap().clone();
        assert_eq!(log[0].0, "site.test/0.jpg");
        for (url, time) in &log[1..] {
            assert!(*time >= Duration::from_secs(7), "{url} was requested after {time:?}");
            assert!(*time < Duration::from_secs(8));
        }
        // A new request to the host waits too.
        let (web, log) = memory(&settings, move |url, before| {
            if url == "site.test/0.jpg" && before == 0 {
                return head(status, &[("retry-after", "7")]);
            }
            ok()
        });
        let first = burst(&web, "site.test", 1);
        let second = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let (site, other) = (at("http://site.test/new.jpg"), at("http://other.test/new.jpg"));
            tokio::join!(web.get(&site), web.get(&other))
        };
        let (_, (site, other)) = tokio::join!(first, second);
        assert!(site.is_ok() && other.is_ok());
        let requested_at = |url: &str| log.lock().unwrap().iter().rev().find(|(other, _)| other == url).unwrap().1;
        assert!(requested_at("site.test/new.jpg") >= Duration::from_secs(7));
        assert!(requested_at("other.test/new.jpg") < Duration::from_secs(2), "another host is not delayed");
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_can_be_a_date() {
    let mut settings = at_rate(0.0);
    settings.retries = 1;
    let (web, log) = memory(&settings, |_, before| {
        if before > 0 {
            return ok();
        }
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        head(503, &[("retry-after", &date)])
    });
    burst(&web, "site.test", 1).await;
    let waited = log.lock().unwrap()[1].1;
    // A date has whole seconds.
    assert!(waited > Duration::from_secs(50) && waited < Duration::from_secs(62), "waited {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_asks_for_too_long_a_wait_receives_no_more_requests() {
    for wait in ["3600", "99999999999999999999999999", "Sat, 06 Nov 2094 08:49:37 GMT"] {
        let mut settings = at_rate(0.0);
        settings.retries = 3;
        settings.longest_wait = Duration::from_secs(100);
        let (web, log) = memory(&settings, move |_, _| head(429, &[("retry-after", wait)]));
        for n in 0..5 {
            let failure = web.get(&at(&format!("http://site.test/{n}.jpg"))).await.unwrap_err();
            assert_eq!(failure, Failure::Later(Reason::RetryAfter));
        }
        assert_eq!(log.lock().unwrap().len(), 1, "only the first request was sent");
    }
}

#[tokio::test(start_paused = true)]
async fn retries_are_counted_and_their_waits_are_within_bounds() {
    let mut settings = at_rate(0.0);
    settings.retries = 3;
    settings.backoff.first = Duration::from_secs(2);
    settings.backoff.longest = Duration::from_secs(5);
    let mut waits = Vec::new();
    for _ in 0..50 {
        let (web, log) = memory(&settings, |_, _| head(500, &[]));
        let failure = web.get(&at("http://site.test/a.jpg")).await.unwrap_err();
        assert_eq!(failure, Failure::Later(Reason::Status(500)));
        let times: Vec<_> = log.lock().unwrap().iter().map(|(_, time)| *time).collect();
        assert_eq!(times.len(), 4);
        let wait = |n: usize| times[n + 1].checked_sub(times[n]).unwrap();
        waits.push([wait(0), wait(1), wait(2)]);
    }
    for (n, most) in [2.0, 4.0, 5.0].into_iter().enumerate() {
        let drawn: Vec<f64> = waits.iter().map(|waits| waits[n].as_secs_f64()).collect();
        assert!(drawn.iter().all(|wait| *wait <= most + 0.01), "wait {n} is at most {most} s: {drawn:?}");
        // Full jitter: some of 50 uniform draws are in the lowest quarter and some in the highest, with a probability of error of 1e-6.
        assert!(
            drawn.iter().any(|wait| *wait < most / 4.0) && drawn.iter().any(|wait| *wait > most * 0.75),
            "{drawn:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn permanent_failures_are_not_retried() {
    let mut settings = at_rate(0.0);
    settings.retries = 3;
    for status in [404, 410, 403, 401, 451, 206, 304] {
        let (web, log) = memory(&settings, move |_, _| head(status, &[]));
        let failure = web.get(&at("http://site.test/a.jpg")).await.unwrap_err();
        assert_eq!(failure, Failure::Refused(Reason::Status(status)));
        assert_eq!(log.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn crawl_delay_is_obeyed_up_to_the_longest_wait() {
    let robots = |delay: &'static str| {
        move |url: &str, _| {
            let text = format!("User-agent: *\nCrawl-delay: {delay}\n");
            if url.ends_with("/robots.txt") {
                return Response::new(text.into_bytes());
            }
            ok()
        }
    };
    let mut settings = at_rate(2.0);
    settings.respect_robots = true;
    let (web, _) = memory(&settings, robots("3"));
    let took = burst(&web, "site.test", 5).await;
    assert!(took >= Duration::from_secs(12) && took < Duration::from_secs(16), "five requests took {took:?}");
    let (web, log) = memory(&settings, robots("86400"));
    assert_eq!(web.get(&at("http://site.test/a.jpg")).await.unwrap_err(), Failure::Refused(Reason::CrawlDelay));
    assert_eq!(log.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_can_hold_a_host() {
    let (web, log) = memory(&at_rate(0.0), |_, _| ok());
    web.hold(&parse_url("http://site.test/api").unwrap(), Duration::from_secs(20));
    tokio::join!(burst(&web, "site.test", 1), burst(&web, "other.test", 1));
    let log = log.lock().unwrap().clone();
    assert!(log[0].0.starts_with("other.test") && log[0].1 < Duration::from_secs(1));
    assert!(log[1].1 >= Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_returns_its_turn() {
    let (web, _) = memory(&at_rate(1.0), |_, _| ok());
    burst(&web, "site.test", 1).await;
    for _ in 0..20 {
        let request = at("http://site.test/cancelled.jpg");
        let cancelled = tokio::time::timeout(Duration::from_millis(10), web.get(&request)).await;
        assert!(cancelled.is_err());
    }
    let took = burst(&web, "site.test", 2).await;
    assert!(took < Duration::from_secs(3), "took {took:?}");
}
