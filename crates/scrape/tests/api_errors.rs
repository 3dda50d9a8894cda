//! Tests of sources whose API answers the second page with an error: the next run continues, and the user learns why images are
//! missing.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use testkit::{Workspace, files, images};

use crate::common::server::{Reply, Request, Server};
use crate::common::{kept, run, table, web};

/// The number of results per page of each API.
const BATCH: usize = 5;
const WANTED: usize = 2 * BATCH;

/// The error that the second page gives, and how many times. `None` gives the page.
type Failing = Arc<Mutex<Option<((u16, Value), usize)>>>;

struct Site {
    server: Server,
    failing: Failing,
}

impl Site {
    fn start() -> Self {
        let failing = Failing::default();
        let state = Arc::clone(&failing);
        Self { server: Server::start(move |request| answer(request, &state)), failing }
    }

    /// Sets the error of the second page.
    fn fail(&self, error: Option<(u16, Value)>) {
        *self.failing.lock().unwrap() = error.map(|error| (error, usize::MAX));
    }

    fn workspace(&self, kind: &str) -> Workspace {
        let path = match kind {
            "commons" => "/w/api.php",
            "openverse" => "/v1/images/",
            _ => "/customsearch/v1",
        };
        Workspace::new(&format!(
            "{}[[scrape.sources]]\nkind = \"{kind}\"\nper_class = {WANTED}\napi = \"{}\"\nclasses = {{ disc = [\"disc\"] }}\n",
            web(&self.server),
            self.server.url(path)
        ))
    }
}

fn answer(request: &Request, failing: &Failing) -> Reply {
    if let Some(name) = request.path.strip_prefix("/files/") {
        let index = name.trim_end_matches(".jpg").parse().unwrap();
        return Reply::new(200, "image/jpeg", files::jpeg(&images::draw("disc", index, 96)));
    }
    let second = match request.path.as_str() {
        "/w/api.php" => request.get("gsroffset") == "5",
        "/v1/images/" => request.get("page") == "2",
        "/customsearch/v1" => request.get("start") == "11",
        _ => return Reply::new(404, "text/plain", ""),
    };
    if let (true, Some(((status, body), times))) = (second, &mut *failing.lock().unwrap())
        && *times > 0
    {
        *times -= 1;
        // A text stands for an answer that is no JSON.
        return match body {
            Value::String(text) => Reply::new(*status, "text/html", text.as_bytes()),
            body => Reply::json(*status, body),
        }
        .with("retry-after", 0);
    }
    let host = format!("http://{}", request.headers["host"]);
    let first = if second { BATCH } else { 0 };
    let all = |item: fn(String) -> Value| -> Vec<Value> {
        (first..first + BATCH).map(|index| item(format!("{host}/files/{index}.jpg"))).collect()
    };
    Reply::json(
        200,
        &match request.path.as_str() {
            "/w/api.php" => {
                let pages = all(|url| json!({ "title": url, "imageinfo": [{ "url": url, "mime": "image/jpeg" }] }));
                let mut body = json!({ "batchcomplete": true, "query": { "pages": pages } });
                if !second {
                    body["continue"] = json!({ "gsroffset": BATCH, "continue": "-||" });
                }
                body
            }
            "/v1/images/" => {
                let page = 1 + usize::from(second);
                json!({ "page_count": 2, "page": page, "results": all(|url| json!({ "url": url })) })
            }
            _ => {
                let next = if second { json!([]) } else { json!([{ "startIndex": 11 }]) };
                json!({ "queries": { "nextPage": next }, "items": all(|url| json!({ "link": url })) })
            }
        },
    )
}

fn mediawiki(code: &str) -> (u16, Value) {
    (200, json!({ "error": { "code": code, "info": "Search is currently too busy. Please try again later." } }))
}

#[test]
fn a_busy_search_is_continued_by_the_next_run() {
    let site = Site::start();
    let reference = site.workspace("commons");
    run(&reference, &["--quiet"], 0);
    assert_eq!(kept(&reference, "disc").len(), WANTED);
    assert!(!reference.join("artifacts/scrape/shortfalls.csv").exists());

    let workspace = site.workspace("commons");
    site.fail(Some(mediawiki("cirrussearch-too-busy-error")));
    let before = site.server.count(200, "/w/api.php");
    let said = run(&workspace, &[], 0);
    let reason = "the search ended early: for now: cirrussearch-too-busy-error: Search is currently too busy. Please try again later.";
    assert!(said.contains(&format!("warning: class `disc` has 5 of 10 images of commons: {reason}")), "{said}");
    assert!(said.contains("Classes with fewer images than wanted") && said.contains("5 of 10"), "{said}");
    // The first page, and the second page twice: `retries` is 1.
    assert_eq!(site.server.count(200, "/w/api.php") - before, 3);
    let rows = table(&workspace, "shortfalls.csv");
    assert_eq!(rows.len(), 1);
    assert_eq!((&*rows[0]["wanted"], &*rows[0]["found"], &*rows[0]["reason"]), ("10", "5", reason));

    site.fail(None);
    let said = run(&workspace, &[], 0);
    assert!(said.contains("runs: the search of commons for class `disc` ended early"), "{said}");
    assert_eq!(kept(&workspace, "disc").len(), WANTED);
    assert_eq!(workspace.text("artifacts/scrape/manifest.csv"), reference.text("artifacts/scrape/manifest.csv"));
    assert!(run(&workspace, &[], 0).contains("up to date"));
}

#[test]
fn a_server_that_is_busy_for_a_moment_is_asked_again_in_the_same_run() {
    let site = Site::start();
    let workspace = site.workspace("commons");
    *site.failing.lock().unwrap() = Some((mediawiki("ratelimited"), 3));
    run(&workspace, &["--quiet", "--set", "scrape.web.retries=3"], 0);
    assert_eq!(kept(&workspace, "disc").len(), WANTED);
    assert_eq!(site.server.count(200, "/w/api.php"), 5, "the first page, three refusals, and the second page");
}

#[test]
fn every_error_that_may_pass_is_repeated() {
    let google = |status: u16, reason: &str, code: &str| {
        let errors = json!([{ "message": "x", "domain": "usageLimits", "reason": reason }]);
        (status, json!({ "error": { "code": status, "message": "Quota exceeded", "errors": errors, "status": code } }))
    };
    let mut cases: Vec<(&str, (u16, Value))> = Vec::new();
    for code in [
        "maxlag",
        "readonly",
        "ratelimited",
        "cirrussearch-too-busy-error",
        "cirrussearch-backend-error",
        "internal_api_error_DBQueryError",
        "an-error-that-nobody-knows",
    ] {
        cases.push(("commons", mediawiki(code)));
    }
    cases.push(("commons", (200, json!({ "limits": { "search": 50 } }))));
    for kind in ["commons", "openverse", "google"] {
        for status in [408, 429, 500, 502, 503, 504] {
            cases.push((kind, (status, json!("<html>busy"))));
        }
        cases.push((kind, (200, json!("<html>maintenance"))));
    }
    cases.push(("openverse", (429, json!({ "detail": "Request was throttled. Expected available in 42 seconds." }))));
    for (status, reason, code) in [
        (403, "rateLimitExceeded", ""),
        (403, "userRateLimitExceeded", ""),
        (403, "dailyLimitExceeded", ""),
        (403, "quotaExceeded", ""),
        (429, "rateLimitExceeded", "RESOURCE_EXHAUSTED"),
        (503, "backendError", "UNAVAILABLE"),
    ] {
        cases.push(("google", google(status, reason, code)));
    }
    let site = Site::start();
    for (kind, error) in &cases {
        let workspace = site.workspace(kind);
        site.fail(Some(error.clone()));
        run(&workspace, &["--quiet"], 0);
        assert_eq!(kept(&workspace, "disc").len(), BATCH, "{kind} {error:?}");
        assert_eq!(table(&workspace, "shortfalls.csv").len(), 1, "{kind} {error:?}");
        site.fail(None);
        run(&workspace, &["--quiet"], 0);
        assert_eq!(kept(&workspace, "disc").len(), WANTED, "{kind} {error:?}");
    }
}

#[test]
fn a_permanent_error_is_explained_and_repeated_on_request() {
    let site = Site::start();
    for (kind, error, reason) in [
        (
            "commons",
            (200, json!({ "error": { "code": "badvalue", "info": "Unrecognized value" } })),
            "badvalue: Unrecognized value",
        ),
        ("openverse", (401, json!({ "detail": "The page is too deep" })), "status 401: The page is too deep"),
        ("google", (400, json!({ "error": { "code": 400, "message": "Bad request" } })), "status 400: Bad request"),
    ] {
        let workspace = site.workspace(kind);
        site.fail(Some(error));
        let said = run(&workspace, &[], 0);
        assert!(
            said.contains(&format!("class `disc` has 5 of 10 images of {kind}: the search ended early: {reason}")),
            "{said}"
        );
        assert!(run(&workspace, &[], 0).contains("up to date"));
        site.fail(None);
        assert!(run(&workspace, &[], 0).contains("up to date"));
        let plan = run(&workspace, &["--dry-run", "--retry-failed"], 0);
        assert!(plan.contains("--retry-failed sends 1 requests to the sources again"), "{plan}");
        assert!(plan.contains("Requests to send first"), "{plan}");
        run(&workspace, &["--quiet", "--retry-failed"], 0);
        assert_eq!(kept(&workspace, "disc").len(), WANTED, "{kind}");
        assert!(run(&workspace, &["--retry-failed"], 0).contains("up to date"));
    }
}

#[test]
fn a_list_that_is_too_short_says_so() {
    let site = Site::start();
    let config =
        format!("{}[[scrape.sources]]\nkind = \"urls\"\npath = \"list.csv\"\nper_class = 4\n", web(&site.server));
    let workspace = Workspace::new(&config);
    let row = |index: usize| format!("{},disc\n", site.server.url(&format!("/files/{index}.jpg")));
    workspace.write("list.csv", format!("url,class\n{}{}{}not-an-address,disc\n", row(1), row(1), row(2)));
    let said = run(&workspace, &[], 0);
    let expected = "warning: class `disc` has 2 of 4 images of urls: the list has no more rows; 1 rejected";
    assert!(said.contains(expected), "{said}");
}
