//! A site that speaks every API as its documentation tells, over the same made-up pictures.
//!
//! In each class and source twenty candidates follow each other in one pattern: fourteen are good; the others have a licence
//! that is not wanted, are drawings, missing, cut short, a copy, or a smaller copy.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{files, images};

use super::server::{Ask, Reply, Server};

pub const KEY: &str = "the-key-that-nobody-may-see";
pub const ENGINE: &str = "the-engine-that-nobody-may-see";
pub const TOKEN: &str = "the-token-that-nobody-may-see";
/// Candidates in each class and source.
pub const CANDIDATES: usize = 300;
pub const CLASSES: [&str; 2] = ["disc", "square"];
/// Candidates that each query for Google gives.
const PER_QUERY: usize = 75;

/// What a candidate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Good,
    NonCommercial,
    Drawing,
    Missing,
    Truncated,
    /// The same bytes as the candidate before.
    Copy,
    /// A smaller copy of the candidate before.
    Smaller,
}

pub fn kind(index: usize) -> Kind {
    match index % 20 {
        3 => Kind::NonCommercial,
        7 => Kind::Drawing,
        11 => Kind::Missing,
        13 => Kind::Truncated,
        17 => Kind::Copy,
        19 => Kind::Smaller,
        _ => Kind::Good,
    }
}

/// The file of a candidate: JPEG at `/files/<source>/<class>/<index>.jpg`.
pub fn bytes(source: &str, class: &str, index: usize) -> Vec<u8> {
    let offset = ["commons", "openverse", "google", "urls"].iter().position(|name| *name == source).unwrap() * 1000;
    let draw = |index: usize| images::draw(class, (offset + index) as u32, 96);
    match kind(index) {
        Kind::Copy => files::jpeg(&draw(index - 1)),
        Kind::Smaller => files::jpeg(&imaging::thumbnail(&draw(index - 1), 64)),
        Kind::Truncated => {
            let whole = files::jpeg(&draw(index));
            whole[..whole.len() / 2].to_vec()
        }
        _ => files::jpeg(&draw(index)),
    }
}

/// What a site remembers.
#[derive(Default)]
struct State {
    /// Questions to the wiki; the first is answered with its databases lagging.
    lagged: bool,
    /// Requests in the window that the rate headers tell of, and when it ends.
    window: (usize, Option<Instant>),
}

/// Requests in a window of a second.
const BURST: usize = 4;

pub fn start(slow: Duration) -> Server {
    let state = Mutex::new(State::default());
    Server::start(move |ask| answer(ask, &state, slow))
}

fn answer(ask: &Ask, state: &Mutex<State>, slow: Duration) -> Reply {
    let host = format!("http://{}", ask.headers["host"]);
    match ask.path.as_str() {
        "/w/api.php" => commons(ask, state, &host),
        "/v1/images/" => openverse(ask, state, &host),
        "/customsearch/v1" => google(ask, &host),
        path => match path.strip_prefix("/files/").map(|rest| rest.split('/').collect::<Vec<_>>()).as_deref() {
            Some([source, class, name]) => {
                std::thread::sleep(slow);
                let index: usize = name.trim_end_matches(".jpg").parse().unwrap();
                match kind(index) {
                    Kind::Missing => Reply::new(404, "text/html", "<html>gone"),
                    _ => Reply::new(200, "image/jpeg", bytes(source, class, index)),
                }
            }
            _ => Reply::new(404, "text/plain", "no"),
        },
    }
}

fn file(host: &str, source: &str, class: &str, index: usize) -> String {
    format!("{host}/files/{source}/{class}/{index}.jpg")
}

fn commons(ask: &Ask, state: &Mutex<State>, host: &str) -> Reply {
    for (name, value) in
        [("action", "query"), ("formatversion", "2"), ("maxlag", "5"), ("prop", "imageinfo"), ("format", "json")]
    {
        assert_eq!(ask.get(name), value, "{name}");
    }
    if !std::mem::replace(&mut state.lock().unwrap().lagged, true) {
        let body =
            json!({ "error": { "code": "maxlag", "info": "Waiting for 10.64.1.1: 6.2 seconds lagged", "lag": 6.2 } });
        return Reply::json(200, &body).with("retry-after", 1).with("x-database-lag", 6);
    }
    // The first half is found by a search, the second lies in a category.
    let half = CANDIDATES / 2;
    let (class, first, offset, more) = match ask.get("generator") {
        "search" => {
            assert_eq!((ask.get("gsrnamespace"), ask.get("gsrlimit")), ("6", "50"));
            (ask.get("gsrsearch"), 0, ask.get("gsroffset"), "gsroffset")
        }
        "categorymembers" => {
            let class = ask.get("gcmtitle").strip_prefix("Category:").unwrap();
            (class, half, ask.get("gcmcontinue"), "gcmcontinue")
        }
        other => panic!("{other}"),
    };
    let offset: usize = offset.parse().unwrap_or(0);
    let end = (offset + 50).min(half);
    let page = |at: usize| {
        let index = first + at;
        let licence = match kind(index) {
            Kind::NonCommercial => "CC BY-NC 4.0",
            _ => "CC BY-SA 4.0",
        };
        let mime = if kind(index) == Kind::Drawing { "image/svg+xml" } else { "image/jpeg" };
        json!({
            "pageid": 1000 + index, "ns": 6, "title": format!("File:{class} {index}.jpg"), "index": at + 1,
            "imagerepository": "local",
            "imageinfo": [{
                "size": 12345, "width": 4000, "height": 4000, "mime": mime, "sha1": "00",
                "thumburl": file(host, "commons", class, index), "thumbwidth": 960, "thumbheight": 960,
                "url": format!("{host}/originals/{index}.jpg"),
                "descriptionurl": format!("https://commons.example/wiki/File:{class}_{index}.jpg"),
                "extmetadata": {
                    "LicenseShortName": { "value": licence, "source": "commons-desc-page", "hidden": "" },
                    "Artist": { "value": format!("<a href=\"//x\">Ann &amp; {index}</a>") },
                },
            }],
        })
    };
    // The answer is by page number, not by rank.
    let mut pages: Vec<Value> = (offset..end).map(page).collect();
    pages.reverse();
    let mut body = json!({ "batchcomplete": true, "query": { "pages": pages } });
    if end < half {
        body["continue"] = json!({ more: end, "continue": "-||imageinfo" });
    }
    Reply::json(200, &body)
}

fn openverse(ask: &Ask, state: &Mutex<State>, host: &str) -> Reply {
    let token = ask.headers.get("authorization").map(String::as_str);
    assert!(token.is_none() || token == Some(&format!("Bearer {TOKEN}")), "{token:?}");
    let size: usize = ask.get("page_size").parse().unwrap();
    if token.is_none() && size > 20 {
        return Reply::json(401, &json!({ "detail": "page_size may not exceed 20 for anonymous requests" }));
    }
    let left = {
        let window = &mut state.lock().unwrap().window;
        let now = Instant::now();
        if window.1.is_none_or(|end| end <= now) {
            *window = (0, Some(now + Duration::from_millis(900)));
        }
        window.0 += 1;
        if window.0 > BURST {
            return Reply::json(429, &json!({ "detail": "Request was throttled." }));
        }
        BURST - window.0
    };
    let (page, class) = (ask.get("page").parse::<usize>().unwrap(), ask.get("q"));
    let work = |index: usize| {
        json!({
            "id": format!("{index}"), "title": format!("{class} {index}"), "indexed_on": "2020-01-01T00:00:00Z",
            "foreign_landing_url": format!("https://photos.example/{class}/{index}"),
            "url": file(host, "openverse", class, index),
            "creator": format!("Bob {index}"), "creator_url": null,
            "license": if kind(index) == Kind::NonCommercial { "by-nc" } else { "by" }, "license_version": "2.0",
            "license_url": if kind(index) == Kind::NonCommercial { "https://creativecommons.org/licenses/by-nc/2.0/" } else { "https://creativecommons.org/licenses/by/2.0/" },
            "provider": "flickr", "source": "flickr", "category": null, "filesize": null,
            "filetype": if kind(index) == Kind::Drawing { json!("svg") } else { json!(null) },
            "tags": [], "attribution": "…", "mature": false, "height": 96, "width": 96,
        })
    };
    let works: Vec<Value> = ((page - 1) * size..(page * size).min(CANDIDATES)).map(work).collect();
    let body = json!({
        "result_count": CANDIDATES, "page_count": CANDIDATES.div_ceil(size), "page_size": size, "page": page, "results": works,
    });
    Reply::json(200, &body)
        .with("x-ratelimit-limit-anon_burst", format!("{BURST}/sec"))
        .with("x-ratelimit-available-anon_burst", left)
}

fn google(ask: &Ask, host: &str) -> Reply {
    if ask.get("key") != KEY || ask.get("cx") != ENGINE {
        let message = format!("API key not valid: {}. Please pass a valid API key.", ask.get("key"));
        let body = json!({ "error": { "code": 400, "message": message, "errors": [{ "message": message, "domain": "global", "reason": "badRequest" }] } });
        return Reply::json(400, &body);
    }
    assert_eq!(ask.get("searchType"), "image");
    let (start, number): (usize, usize) = (ask.get("start").parse().unwrap(), ask.get("num").parse().unwrap());
    if number > 10 || start + number > 101 {
        return Reply::json(
            400,
            &json!({ "error": { "code": 400, "message": "Request contains an invalid argument." } }),
        );
    }
    let (class, query) = ask.get("q").split_once(' ').unwrap();
    let first = query.parse::<usize>().unwrap() * PER_QUERY;
    let item = |at: usize| {
        let index = first + at;
        let mime = if kind(index) == Kind::Drawing { "image/svg+xml" } else { "image/jpeg" };
        json!({
            "kind": "customsearch#result", "title": format!("{class} {index}"), "link": file(host, "google", class, index),
            "displayLink": "photos.example", "mime": mime, "fileFormat": mime,
            "image": { "contextLink": format!("https://blog.example/{index}"), "height": 96, "width": 96, "byteSize": 1234 },
        })
    };
    let end = (start - 1 + number).min(PER_QUERY);
    let items: Vec<Value> = (start - 1..end).map(item).collect();
    let mut body =
        json!({ "kind": "customsearch#search", "queries": { "request": [{ "startIndex": start, "count": number }] } });
    if !items.is_empty() {
        body["items"] = json!(items);
    }
    if end < PER_QUERY {
        body["queries"]["nextPage"] = json!([{ "startIndex": start + number, "count": number }]);
    }
    Reply::json(200, &body)
}
