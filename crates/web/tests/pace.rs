//! How fast hosts are asked. The clock is tokio's, turned by hand: a minute takes no time, and no test depends on the machine.
//!
//! `cargo test --release --workspace --test pace -- --ignored --nocapture` shows the same in real time.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use common::{Server, answer, at, client, head, picture, quick};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;
use web::{Answer, Dial, Failure, PerHost, Reason, Settings, Stream, Web};

/// A network in memory: each host answers by one function, which sees host, path and how often that was asked for.
struct Memory<F> {
    reply: Arc<F>,
    log: Arc<Mutex<Vec<(String, Duration)>>>,
    began: Instant,
}

impl<F: Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static> Dial for Memory<F> {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Answer<'a, Vec<SocketAddr>> {
        let last = if host == "site.test" { 34 } else { 35 };
        Box::pin(async move { Ok(vec![SocketAddr::new([93, 184, 216, last].into(), port)]) })
    }

    fn dial(&self, _: SocketAddr) -> Answer<'_, Box<dyn Stream>> {
        let (near, mut far) = tokio::io::duplex(4096);
        let (reply, log, began) = (Arc::clone(&self.reply), Arc::clone(&self.log), self.began);
        tokio::spawn(async move {
            let mut piece = [0; 4096];
            // A request is one small write.
            while let Ok(count @ 1..) = far.read(&mut piece).await {
                let text = String::from_utf8_lossy(&piece[..count]).into_owned();
                let path = text.split(' ').nth(1).unwrap().to_owned();
                let host = text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
                let url = format!("{host}{path}");
                let before = {
                    let mut log = log.lock().unwrap();
                    log.push((url.clone(), began.elapsed()));
                    log.iter().filter(|(other, _)| *other == url).count() - 1
                };
                if far.write_all(&reply(&url, before)).await.is_err() {
                    return;
                }
            }
        });
        Box::pin(async move { Ok(Box::new(near) as Box<dyn Stream>) })
    }
}

type Log = Arc<Mutex<Vec<(String, Duration)>>>;

fn memory(settings: &Settings, reply: impl Fn(&str, usize) -> Vec<u8> + Send + Sync + 'static) -> (Web, Log) {
    let log = Log::default();
    let dial = Memory { reply: Arc::new(reply), log: Arc::clone(&log), began: Instant::now() };
    (Web::new(settings, Arc::new(dial)).unwrap(), log)
}

fn ok() -> Vec<u8> {
    head("200 OK", &[("content-length", "0")])
}

fn at_rate(requests_per_second: f64) -> Settings {
    let mut settings = quick();
    settings.respect_robots = false;
    settings.per_host = PerHost { concurrency: 4, requests_per_second };
    settings
}

/// Asks `host` for `count` pictures at once; gives how long that took.
async fn burst(web: &Web, host: &'static str, count: usize) -> Duration {
    let began = Instant::now();
    let tasks: Vec<_> = (0..count)
        .map(|n| {
            let web = web.clone();
            tokio::spawn(async move { web.get(&at(&format!("http://{host}/{n}.jpg"))).await.unwrap().status })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 200);
    }
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn sixty_requests_at_two_a_second_take_half_a_minute_and_hold_up_nobody() {
    let mut settings = at_rate(2.0);
    settings.named_hosts = vec![("other.test".into(), PerHost { concurrency: 4, requests_per_second: 0.0 })];
    // As many as wait for the slow host would fill every place if waiting took one.
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

#[tokio::test]
#[ignore = "half a minute of real time"]
async fn sixty_requests_at_two_a_second_in_real_time() {
    let server = Server::start(|_, _| picture()).await;
    let mut settings = at_rate(2.0);
    settings.named_hosts = vec![("other.test".into(), PerHost { concurrency: 4, requests_per_second: 0.0 })];
    let (web, _) = client(&server, &settings);
    let (slow, quick) = tokio::join!(burst(&web, "site.test", 60), burst(&web, "other.test", 60));
    println!("60 requests at 2 a second: {slow:.2?}; 60 to another host without a limit meanwhile: {quick:.2?}");
    assert!(slow >= Duration::from_secs(29));
    assert!(quick < slow / 10);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_by_everybody_who_asks_that_host() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let mut settings = at_rate(0.0);
        settings.retries = 1;
        let (web, log) = memory(&settings, move |url, before| {
            if url == "site.test/0.jpg" && before == 0 {
                return head(status, &[("retry-after", "7"), ("content-length", "0")]);
            }
            ok()
        });
        burst(&web, "site.test", 1).await;
        tokio::join!(burst(&web, "site.test", 3), burst(&web, "other.test", 3));
        let log = log.lock().unwrap().clone();
        assert_eq!(log[0].0, "site.test/0.jpg");
        for (url, time) in &log[1..] {
            assert!(*time >= Duration::from_secs(7), "{url} was asked for after {time:?}");
            assert!(*time < Duration::from_secs(8));
        }
        // A request that is new while the host rests waits as well.
        let (web, log) = memory(&settings, move |url, before| {
            if url == "site.test/0.jpg" && before == 0 {
                return head(status, &[("retry-after", "7"), ("content-length", "0")]);
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
        let asked = |url: &str| log.lock().unwrap().iter().rev().find(|(other, _)| other == url).unwrap().1;
        assert!(asked("site.test/new.jpg") >= Duration::from_secs(7));
        assert!(asked("other.test/new.jpg") < Duration::from_secs(2), "another host is not held back");
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
        head("503 Service Unavailable", &[("retry-after", &date), ("content-length", "0")])
    });
    burst(&web, "site.test", 1).await;
    let waited = log.lock().unwrap()[1].1;
    // A date has whole seconds.
    assert!(waited > Duration::from_secs(50) && waited < Duration::from_secs(62), "waited {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_asks_for_too_long_a_wait_is_left_alone() {
    for asked in ["3600", "99999999999999999999999999", "Sat, 06 Nov 2094 08:49:37 GMT"] {
        let mut settings = at_rate(0.0);
        settings.retries = 3;
        settings.longest_wait = Duration::from_secs(100);
        let (web, log) = memory(&settings, move |_, _| {
            head("429 Too Many Requests", &[("retry-after", asked), ("content-length", "0")])
        });
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
        let (web, log) = memory(&settings, |_, _| head("500 Internal Server Error", &[("content-length", "0")]));
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
        // Full jitter: of 50 even draws, some are in the lowest and some in the highest quarter (all but 1 in a million times).
        assert!(
            drawn.iter().any(|wait| *wait < most / 4.0) && drawn.iter().any(|wait| *wait > most * 0.75),
            "{drawn:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_will_not_change_is_asked_for_once() {
    let mut settings = at_rate(0.0);
    settings.retries = 3;
    for (status, reason) in [
        ("404 Not Found", 404),
        ("410 Gone", 410),
        ("403 Forbidden", 403),
        ("401 Unauthorized", 401),
        ("451 Unavailable For Legal Reasons", 451),
        ("206 Partial Content", 206),
        ("304 Not Modified", 304),
    ] {
        let (web, log) = memory(&settings, move |_, _| head(status, &[("content-length", "0")]));
        let failure = web.get(&at("http://site.test/a.jpg")).await.unwrap_err();
        assert_eq!(failure, Failure::Refused(Reason::Status(reason)));
        assert_eq!(log.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn crawl_delay_is_obeyed_up_to_the_longest_wait() {
    let robots = |delay: &'static str| {
        move |url: &str, _| {
            let text = format!("User-agent: *\nCrawl-delay: {delay}\n");
            if url.ends_with("/robots.txt") {
                return [head("200 OK", &[("content-length", &text.len().to_string())]), text.into_bytes()].concat();
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
    web.hold(&web::parse_url("http://site.test/api").unwrap(), Duration::from_secs(20));
    tokio::join!(burst(&web, "site.test", 1), burst(&web, "other.test", 1));
    let log = log.lock().unwrap().clone();
    assert!(log[0].0.starts_with("other.test") && log[0].1 < Duration::from_secs(1));
    assert!(log[1].1 >= Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn giving_up_a_request_gives_back_its_turn() {
    let (web, _) = memory(&at_rate(1.0), |_, _| ok());
    burst(&web, "site.test", 1).await;
    for _ in 0..20 {
        let request = at("http://site.test/given-up.jpg");
        let given_up = tokio::time::timeout(Duration::from_millis(10), web.get(&request)).await;
        assert!(given_up.is_err());
    }
    let took = burst(&web, "site.test", 2).await;
    assert!(took < Duration::from_secs(3), "took {took:?}");
}

#[tokio::test]
async fn answer_bodies_that_nobody_wants_do_not_cost_the_connection() {
    let server = Server::start(|_, _| answer("404 Not Found", &[], b"no such picture")).await;
    let (web, recorder) = client(&server, &quick());
    for n in 0..5 {
        web.get(&at(&format!("http://site.test/{n}.jpg"))).await.unwrap_err();
    }
    assert_eq!(recorder.dialled().len(), 1);
}
