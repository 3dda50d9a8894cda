//! A site that implements the documented API of every web source, with computed images.
//!
//! The candidates of each class and source repeat a pattern of twenty. Fourteen are good. The others have a licence that is
//! not allowed, are drawings, are missing, are truncated, are copies, or are smaller copies.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{files, images};

use super::server::{Reply, Request, Server};

pub const KEY: &str = "the-key-that-nobody-may-see";
pub const ENGINE: &str = "the-engine-that-nobody-may-see";
pub const TOKEN: &str = "the-token-that-nobody-may-see";
/// The number of candidates of each class and source.
pub const CANDIDATES: usize = 300;
pub const CLASSES: [&str; 2] = ["disc", "square"];
/// The number of candidates of each query to Google.
const PER_QUERY: usize = 75;

/// The kind of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Good,
    NonCommercial,
    Drawing,
    Missing,
    Truncated,
    /// The file has the same bytes as that of the previous candidate.
    Copy,
    /// The image is a smaller copy of that of the previous candidate.
    Smaller,
}

/// Returns the kind of the candidate `index`.
pub fn kind(index: usize) -> FileKind {
    match index % 20 {
        3 => FileKind::NonCommercial,
        7 => FileKind::Drawing,
        11 => FileKind::Missing,
        13 => FileKind::Truncated,
        17 => FileKind::Copy,
        19 => FileKind::Smaller,
        _ => FileKind::Good,
    }
}

/// Returns the JPEG file of a candidate, which is at `/files/<source>/<class>/<index>.jpg`.
pub fn bytes(source: &str, class: &str, index: usize) -> Vec<u8> {
    let offset = ["commons", "openverse", "google", "urls"].iter().position(|name| *name == source).unwrap() * 1000;
    let draw = |index: usize| images::draw(class, (offset + index) as u32, 96);
    match kind(index) {
        FileKind::Copy => files::jpeg(&draw(index - 1)),
        FileKind::Smaller => files::jpeg(&imaging::thumbnail(&draw(index - 1), 64)),
        FileKind::Truncated => {
            let whole = files::jpeg(&draw(index));
            whole[..whole.len() / 2].to_vec()
        }
        _ => files::jpeg(&draw(index)),
    }
}

/// The state of the site.
#[derive(Default)]
struct State {
    /// Whether the wiki has refused its first request because its databases lag.
    lagged: bool,
    /// The number of requests in the window of the rate limit, and the end of the window.
    window: (usize, Option<Instant>),
}

/// The number of requests that Openverse allows in a window of 900 ms.
const BURST: usize = 4;

/// Starts the site. Each download takes `slow` longer.
pub fn start(slow: Duration) -> Server {
    let state = Mutex::new(State::default());
    Server::start(move |request| answer(request, &state, slow))
}

fn answer(request: &Request, state: &Mutex<State>, slow: Duration) -> Reply {
    let host = format!("http://{}", request.headers["host"]);
    match request.path.as_str() {
        "/w/api.php" => commons(request, state, &host),
        "/v1/images/" => openverse(request, state, &host),
        "/customsearch/v1" => google(request, &host),
        path => match path.strip_prefix("/files/").map(|rest| rest.split('/').collect::<Vec<_>>()).as_deref() {
            Some([source, class, name]) => {
                std::thread::sleep(slow);
                let index: usize = name.trim_end_matches(".jpg").parse().unwrap();
                match kind(index) {
                    FileKind::Missing => Reply::new(404, "text/html", "<html>gone"),
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

fn commons(request: &Request, state: &Mutex<State>, host: &str) -> Reply {
    for (name, value) in
        [("action", "query"), ("formatversion", "2"), ("maxlag", "5"), ("prop", "imageinfo"), ("format", "json")]
    {
        assert_eq!(request.get(name), value, "{name}");
    }
    if !std::mem::replace(&mut state.lock().unwrap().lagged, true) {
        let body =
            json!({ "error": { "code": "maxlag", "info": "Waiting for 10.64.1.1: 6.2 seconds lagged", "lag": 6.2 } });
        return Reply::json(200, &body).with("retry-after", 1).with("x-database-lag", 6);
    }
    // The search finds the first half of the candidates, and the category contains the second half.
    let half = CANDIDATES / 2;
    let (class, first, offset, more) = match request.get("generator") {
        "search" => {
            assert_eq!((request.get("gsrnamespace"), request.get("gsrlimit")), ("6", "50"));
            (request.get("gsrsearch"), 0, request.get("gsroffset"), "gsroffset")
        }
        "categorymembers" => {
            let class = request.get("gcmtitle").strip_prefix("Category:").unwrap();
            (class, half, request.get("gcmcontinue"), "gcmcontinue")
        }
        other => panic!("{other}"),
    };
    let offset: usize = offset.parse().unwrap_or(0);
    let end = (offset + 50).min(half);
    let page = |at: usize| {
        let index = first + at;
        let licence = match kind(index) {
            FileKind::NonCommercial => "CC BY-NC 4.0",
            _ => "CC BY-SA 4.0",
        };
        let mime = if kind(index) == FileKind::Drawing { "image/svg+xml" } else { "image/jpeg" };
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
    // The wiki orders the files by page number and not by rank.
    let mut pages: Vec<Value> = (offset..end).map(page).collect();
    pages.reverse();
    let mut body = json!({ "batchcomplete": true, "query": { "pages": pages } });
    if end < half {
        body["continue"] = json!({ more: end, "continue": "-||imageinfo" });
    }
    Reply::json(200, &body)
}

fn openverse(request: &Request, state: &Mutex<State>, host: &str) -> Reply {
    let token = request.headers.get("authorization").map(String::as_str);
    assert!(token.is_none() || token == Some(&format!("Bearer {TOKEN}")), "{token:?}");
    let size: usize = request.get("page_size").parse().unwrap();
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
    let (page, class) = (request.get("page").parse::<usize>().unwrap(), request.get("q"));
    let work = |index: usize| {
        json!({
            "id": format!("{index}"), "title": format!("{class} {index}"), "indexed_on": "2020-01-01T00:00:00Z",
            "foreign_landing_url": format!("https://photos.example/{class}/{index}"),
            "url": file(host, "openverse", class, index),
            "creator": format!("Bob {index}"), "creator_url": null,
            "license": if kind(index) == FileKind::NonCommercial { "by-nc" } else { "by" }, "license_version": "2.0",
            "license_url": if kind(index) == FileKind::NonCommercial { "https://creativecommons.org/licenses/by-nc/2.0/" } else { "https://creativecommons.org/licenses/by/2.0/" },
            "provider": "flickr", "source": "flickr", "category": null, "filesize": null,
            "filetype": if kind(index) == FileKind::Drawing { json!("svg") } else { json!(null) },
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

fn google(request: &Request, host: &str) -> Reply {
    if request.get("key") != KEY || request.get("cx") != ENGINE {
        let message = format!("API key not valid: {}. Please pass a valid API key.", request.get("key"));
        let body = json!({ "error": { "code": 400, "message": message, "errors": [{ "message": message, "domain": "global", "reason": "badRequest" }] } });
        return Reply::json(400, &body);
    }
    assert_eq!(request.get("searchType"), "image");
    let (start, number): (usize, usize) = (request.get("start").parse().unwrap(), request.get("num").parse().unwrap());
    if number > 10 || start + number > 101 {
        return Reply::json(
            400,
            &json!({ "error": { "code": 400, "message": "Request contains an invalid argument." } }),
        );
    }
    let (class, query) = request.get("q").split_once(' ').unwrap();
    let first = query.parse::<usize>().unwrap() * PER_QUERY;
    let item = |at: usize| {
        let index = first + at;
        let mime = if kind(index) == FileKind::Drawing { "image/svg+xml" } else { "image/jpeg" };
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
