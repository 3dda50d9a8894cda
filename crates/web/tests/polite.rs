//! What hosts receive, and that their wishes are obeyed.

use std::time::Duration;

use web::{Failure, OptOut, Reason, Recorder, Request, Web, WebSettings, WebSettingsError};

use crate::common::{Reply, Server, answer, at, client, endlessly, head, image, moved, quick, script};

#[tokio::test]
async fn requests_state_the_sender_and_nothing_else() {
    let server = Server::start(|request, _| match request.path.as_str() {
        "/robots.txt" => answer("404 Not Found", &[], b""),
        _ => answer("200 OK", &[("set-cookie", "id=1; Path=/")], b"x"),
    })
    .await;
    let (web, _) = client(&server, &quick());
    let request = at("http://site.test/a.jpg?x=1#part");
    let request =
        request.header(web::HeaderName::from_static("user-agent"), web::HeaderValue::from_static("Mozilla/5.0"));
    web.get(&request).await.unwrap();
    web.get(&at("http://site.test/b.jpg")).await.unwrap();
    let requests = server.requests();
    assert_eq!(
        requests.iter().map(|request| request.path.as_str()).collect::<Vec<_>>(),
        ["/robots.txt", "/a.jpg?x=1", "/b.jpg"]
    );
    for request in &requests {
        assert_eq!(request.field("user-agent"), Some("tunescope/0.1 (tests@example.org)"));
        assert_eq!(request.field("host"), Some("site.test"));
        assert_eq!(request.field("cookie"), None);
        assert_eq!(request.field("referer"), None);
    }
    assert_eq!(requests[1].field("accept-encoding"), Some("identity"));
}

#[test]
fn settings_that_cannot_be_used() {
    let network = || std::sync::Arc::new(Recorder::new(([127, 0, 0, 1], 9).into()));
    for agent in [
        "",
        "tunescope",
        "tunescope/0.1",
        "tunescope/0.1 ()",
        "tunescope/0.1 (someone)",
        "tune scope/1 (a@b)",
        "/1 (a@b)",
        "t/1 (a@b\n)",
    ] {
        let refused = Web::new(&WebSettings::new(agent), network()).err();
        assert_eq!(refused, Some(WebSettingsError::UserAgent(agent.into())), "{agent:?}");
    }
    assert!(Web::new(&WebSettings::new("tunescope/0.1 (https://example.org/about)"), network()).is_ok());
    for host in ["", "http://a", "a/b", "a:b", "a@b", "a?b"] {
        let mut settings = quick();
        settings.allowed_hosts = vec![host.into()];
        assert_eq!(Web::new(&settings, network()).err(), Some(WebSettingsError::Host(host.into())), "{host:?}");
    }
    let mut settings = quick();
    settings.per_host.concurrency = 0;
    assert!(matches!(
        Web::new(&settings, network()).err(),
        Some(WebSettingsError::Number { name: "per_host.concurrency", .. })
    ));
    let mut settings = quick();
    settings.limits.total = Duration::MAX;
    assert!(matches!(
        Web::new(&settings, network()).err(),
        Some(WebSettingsError::Number { name: "limits.total", .. })
    ));
    let mut settings = quick();
    settings.extra_certificates = vec![b"no certificate".to_vec()];
    assert!(matches!(Web::new(&settings, network()).err(), Some(WebSettingsError::Certificate { index: 0, .. })));
}

/// Fetches `path` twice from a host with this `robots.txt`. Returns the result and the numbers of requests for `robots.txt` and for the
/// image.
async fn with_robots(
    path: &str,
    robots: impl Fn(usize) -> Reply + Send + Sync + 'static,
) -> (Result<u16, Failure>, usize, usize) {
    let server =
        Server::start(move |request, before| if request.path == "/robots.txt" { robots(before) } else { image() })
            .await;
    let mut settings = quick();
    settings.retries = 1;
    let (web, _) = client(&server, &settings);
    let first = web.get(&at(&format!("http://site.test{path}"))).await.map(|response| response.status);
    let second = web.get(&at(&format!("http://site.test{path}"))).await.map(|response| response.status);
    assert_eq!(first, second, "a verdict holds for the run");
    let images = server.paths().len();
    (first, server.requests().len() - images, images)
}

fn text(rules: &str) -> Reply {
    answer("200 OK", &[("content-type", "text/plain")], rules.as_bytes())
}

#[tokio::test]
async fn robots_txt_is_read_once_and_obeyed() {
    let rules = "User-agent: *\nDisallow: /private/\n";
    let forbidden = Err(Failure::Refused(Reason::Robots));
    assert_eq!(with_robots("/a.jpg", move |_| text(rules)).await, (Ok(200), 1, 2));
    assert_eq!(with_robots("/private/a.jpg", move |_| text(rules)).await, (forbidden, 1, 0));
    assert_eq!(with_robots("/pr%69vate/a.jpg", move |_| text(rules)).await, (forbidden, 1, 0));
    let ours =
        "User-agent: other\nDisallow: /\n\nUser-agent: Tunescope/2\nDisallow: /b\n\nUser-agent: *\nDisallow: /\n";
    assert_eq!(with_robots("/a.jpg", move |_| text(ours)).await, (Ok(200), 1, 2));
    assert_eq!(with_robots("/b.jpg", move |_| text(ours)).await, (forbidden, 1, 0));
}

#[tokio::test]
async fn missing_robots_txt_allows_and_failing_robots_txt_forbids_for_now() {
    for status in ["404 Not Found", "410 Gone", "401 Unauthorized", "403 Forbidden"] {
        assert_eq!(with_robots("/a.jpg", move |_| answer(status, &[], b"")).await, (Ok(200), 1, 2), "{status}");
    }
    let closed = Err(Failure::Later(Reason::RobotsUnreachable));
    for status in ["500 Internal Server Error", "503 Service Unavailable", "429 Too Many Requests"] {
        let (got, robots, images) = with_robots("/a.jpg", move |_| answer(status, &[], b"")).await;
        assert_eq!((got, robots, images), (closed, 2, 0), "{status}: one retry, then the host is closed for the run");
    }
    assert_eq!(with_robots("/a.jpg", |_| Reply::Reset).await, (closed, 2, 0));
    // The first request fails and the second succeeds.
    let recovers = |before| if before == 0 { answer("500 Internal Server Error", &[], b"") } else { text("") };
    assert_eq!(with_robots("/a.jpg", recovers).await, (Ok(200), 2, 2));
}

#[tokio::test]
async fn robots_txt_that_stalls_closes_the_host() {
    let server = Server::start(|_, _| {
        script(|stream| async move { drop((tokio::time::sleep(Duration::from_secs(10)).await, stream)) })
    })
    .await;
    let mut settings = quick();
    settings.limits.header = Duration::from_millis(50);
    let (web, _) = client(&server, &settings);
    for _ in 0..2 {
        assert_eq!(
            web.get(&at("http://site.test/a.jpg")).await.unwrap_err(),
            Failure::Later(Reason::RobotsUnreachable)
        );
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn robots_txt_of_any_size_and_kind() {
    let forbidden = Err(Failure::Refused(Reason::Robots));
    // The file has 10 MB. The rule at the beginning counts, and the rule behind 500 KiB does not.
    let long = |rule: &'static str, padding: usize| {
        let body = format!("User-agent: *\n{rule}\n{}\nDisallow: /\n", "# nothing\n".repeat(padding));
        move |_| answer("200 OK", &[], body.as_bytes())
    };
    assert_eq!(with_robots("/private/a.jpg", long("Disallow: /private", 1_000_000)).await, (forbidden, 1, 0));
    assert_eq!(with_robots("/a.jpg", long("Disallow: /private", 1_000_000)).await, (Ok(200), 1, 2));
    assert_eq!(with_robots("/a.jpg", long("Disallow: /private", 100)).await, (forbidden, 1, 0));
    let endless = |_| {
        script(|stream| {
            endlessly(
                stream,
                [head("200 OK", &[]), b"User-agent: *\nDisallow: /private\n".to_vec()].concat(),
                b"# nothing\n".repeat(100),
                Duration::ZERO,
            )
        })
    };
    assert_eq!(with_robots("/private/a.jpg", endless).await, (forbidden, 1, 0));
    assert_eq!(with_robots("/a.jpg", endless).await, (Ok(200), 1, 2));
    assert_eq!(with_robots("/a.jpg", |_| text("<!doctype html><p>Not here</p>")).await, (Ok(200), 1, 2));
}

#[tokio::test]
async fn robots_txt_behind_a_redirect() {
    let server = Server::start(|request, _| match (request.field("host").unwrap(), request.path.as_str()) {
        ("site.test", "/robots.txt") => moved("http://other.test/rules.txt"),
        ("other.test", "/rules.txt") => text("User-agent: *\nDisallow: /private\n"),
        (_, "/robots.txt") => text("User-agent: *\nDisallow: /\n"),
        _ => image(),
    })
    .await;
    let (web, _) = client(&server, &quick());
    assert_eq!(web.get(&at("http://site.test/a.jpg")).await.unwrap().status, 200);
    assert_eq!(web.get(&at("http://site.test/private/a.jpg")).await.unwrap_err(), Failure::Refused(Reason::Robots));
    // The other host has its own rules.
    assert_eq!(web.get(&at("http://other.test/a.jpg")).await.unwrap_err(), Failure::Refused(Reason::Robots));
    let closed = Err(Failure::Later(Reason::RobotsUnreachable));
    let (got, _, images) = with_robots("/a.jpg", |_| moved("/robots.txt")).await;
    assert_eq!((got, images), (closed, 0));
}

#[tokio::test]
async fn robots_txt_applies_to_the_targets_of_redirects() {
    let server = Server::start(|request, _| match (request.field("host").unwrap(), request.path.as_str()) {
        ("other.test", "/robots.txt") => text("User-agent: *\nDisallow: /\n"),
        (_, "/robots.txt") => text(""),
        ("site.test", _) => moved("http://other.test/a.jpg"),
        _ => image(),
    })
    .await;
    let (web, _) = client(&server, &quick());
    assert_eq!(web.get(&at("http://site.test/a.jpg")).await.unwrap_err(), Failure::Refused(Reason::Robots));
    assert_eq!(server.paths(), ["/a.jpg"]);
}

#[tokio::test]
async fn robots_txt_does_not_apply_to_interfaces_for_programs() {
    let server = Server::start(|request, _| match request.path.as_str() {
        "/robots.txt" => text("User-agent: *\nDisallow: /\n"),
        "/wrong" => answer("400 Bad Request", &[], b"{\"error\": \"no such engine\"}"),
        _ => answer("200 OK", &[("x-robots-tag", "noindex"), ("retry-after", "5")], b"{}"),
    })
    .await;
    let (web, _) = client(&server, &quick());
    let api = |path: &str| Request::api(web::parse_url(&format!("http://site.test{path}")).unwrap());
    let response = web.get(&api("/w/api.php")).await.unwrap();
    assert_eq!((response.status, response.retry_after()), (200, Some(Duration::from_secs(5))));
    let response = web.get(&api("/wrong")).await.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (400, b"{\"error\": \"no such engine\"}".as_slice()));
    assert_eq!(server.requests()[0].field("accept-encoding"), Some("gzip"));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn opt_outs_are_obeyed() {
    let cases = [
        ("/noai", "x-robots-tag", "noai", Some(OptOut::NoAi)),
        ("/image", "x-robots-tag", "all, NoImageAI", Some(OptOut::NoImageAi)),
        ("/index", "x-robots-tag", "noindex, nofollow", Some(OptOut::NoIndex)),
        ("/none", "x-robots-tag", "none", Some(OptOut::NoIndex)),
        ("/us", "x-robots-tag", "Tunescope: noai", Some(OptOut::NoAi)),
        ("/them", "x-robots-tag", "googlebot: noai, noimageai", None),
        ("/value", "x-robots-tag", "max-image-preview: none", None),
        ("/date", "x-robots-tag", "unavailable_after: 25 Jun 2099 15:00:00 PST", None),
        ("/tdm", "tdm-reservation", "1", Some(OptOut::TdmReservation)),
        ("/tdm0", "tdm-reservation", "0", None),
        ("/signal", "content-signal", "search=yes, ai-train=no", Some(OptOut::AiTrain)),
        ("/usage", "content-usage", "train-ai=n", Some(OptOut::TrainAi)),
        ("/may", "content-usage", "train-ai=y", None),
    ];
    let server = Server::start(move |request, _| match cases.iter().find(|case| case.0 == request.path) {
        Some((_, name, value, _)) => answer("200 OK", &[(name, value)], b"x"),
        None => text("User-agent: *\nContent-Signal: ai-train=yes\nContent-Signal: /signed ai-train=no\n"),
    })
    .await;
    let (web, _) = client(&server, &quick());
    for (path, _, _, expected) in cases {
        let got = web.get(&at(&format!("http://site.test{path}"))).await;
        match expected {
            Some(opt_out) => assert_eq!(got.unwrap_err(), Failure::Refused(Reason::OptOut(opt_out)), "{path}"),
            None => assert_eq!(got.unwrap().status, 200, "{path}"),
        }
    }
    let failure = web.get(&at("http://site.test/signed/a.jpg")).await.unwrap_err();
    assert_eq!(failure, Failure::Refused(Reason::OptOut(OptOut::AiTrain)));
    assert!(!server.paths().iter().any(|path| path.starts_with("/signed")));

    let mut settings = quick();
    settings.respect_robots = false;
    let (web, _) = client(&server, &settings);
    assert_eq!(web.get(&at("http://site.test/noai")).await.unwrap().status, 200, "the user can decide otherwise");
}
