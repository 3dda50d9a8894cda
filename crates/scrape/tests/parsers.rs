//! Tests of the parsers of text from the web: arbitrary input gives a result or an error, and never a panic.

use std::time::Duration;

use proptest::prelude::*;
use scrape::api_client::Fault;
use scrape::candidate::Page;
use scrape::licence::Licence;
use scrape::rate_limit;
use scrape::sources::urls::List;
use scrape::sources::{commons, google, openverse};
use serde_json::{Value, json};
use web::{HeaderMap, HeaderName, HeaderValue, Response, Url};

fn response(status: u16, body: &[u8], headers: &[(&str, &str)]) -> Response {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let final_url = Url::parse("https://api.example/").unwrap();
    Response { status, final_url, headers: map, body: body.to_vec(), elapsed: Duration::ZERO, permit: None }
}

type Reader = fn(&Response) -> Result<Page, Fault>;

fn readers() -> [Reader; 3] {
    [commons::read, openverse::read, google::read]
}

#[test]
fn temporary_and_permanent_errors_are_distinguished() {
    let busy = r#"{"error":{"code":"maxlag","info":"Waiting for host: 9 seconds lagged","host":"h","lag":9}}"#;
    let result = commons::read(&response(200, busy.as_bytes(), &[("retry-after", "7")]));
    let said = "maxlag: Waiting for host: 9 seconds lagged".to_owned();
    assert_eq!(result, Err(Fault::Busy { wait: Some(Duration::from_secs(7)), said }));
    let wrong = br#"{"error":{"code":"badvalue","info":"Unrecognized value"}}"#;
    assert_eq!(commons::read(&response(200, wrong, &[])), Err(Fault::Broken("badvalue: Unrecognized value".into())));
    let denied = br#"{"detail":"page_size may not exceed 20"}"#;
    let result = openverse::read(&response(401, denied, &[]));
    assert_eq!(result, Err(Fault::Broken("status 401: page_size may not exceed 20".into())));
    let quota = br#"{"error":{"code":403,"message":"Quota exceeded","errors":[{"reason":"dailyLimitExceeded"}]}}"#;
    assert_eq!(google::read(&response(403, quota, &[])), Err(Fault::Passing("status 403: Quota exceeded".into())));
    let throttled = br#"{"detail":"Request was throttled. Expected available in 42 seconds."}"#;
    let said = "status 429: Request was throttled. Expected available in 42 seconds.".to_owned();
    let result = openverse::read(&response(429, throttled, &[]));
    assert_eq!(result, Err(Fault::Busy { wait: Some(Duration::from_secs(42)), said }));
    for read in readers() {
        assert_eq!(read(&response(403, b"<html>", &[])), Err(Fault::Broken("status 403".into())));
        assert!(matches!(read(&response(200, b"<html>", &[])), Err(Fault::Passing(_))));
    }
}

#[test]
fn rate_limit_headers_are_parsed() {
    let pause = |headers: &[(&str, &str)]| rate_limit::pause(&response(200, b"", headers).headers);
    assert_eq!(pause(&[]), None);
    assert_eq!(pause(&[("x-ratelimit-limit-anon_burst", "20/min"), ("x-ratelimit-available-anon_burst", "19")]), None);
    let both = [
        ("x-ratelimit-limit-anon_burst", "20/min"),
        ("x-ratelimit-available-anon_burst", "0"),
        ("x-ratelimit-limit-anon_sustained", "200/day"),
        ("x-ratelimit-available-anon_sustained", "0"),
    ];
    assert_eq!(pause(&both[..2]), Some(Duration::from_secs(60)));
    assert_eq!(pause(&both), Some(Duration::from_secs(86_400)));
    assert_eq!(pause(&[("x-ratelimit-available-x", "0"), ("x-ratelimit-limit-x", "often")]), None);
}

#[test]
fn a_list_is_csv_or_text() {
    let csv = "\u{feff}Title,URL,class,license\n\"a, \"\"b\"\"\",https://x.org/1.jpg,cat,CC0\n,not an address,cat,\n,https://x.org/2.jpg,../up,\n,https://x.org/3.jpg,,by 4.0\n";
    let list = List::read(csv, "dog").unwrap();
    assert_eq!(list.classes.keys().collect::<Vec<_>>(), ["cat", "dog"]);
    let first = &list.classes["cat"][0];
    assert_eq!((&*first.title, &*first.location), ("a, \"b\"", "https://x.org/1.jpg"));
    assert_eq!(list.classes["dog"][0].licence.as_ref().unwrap().to_string(), "CC-BY-4.0");
    assert_eq!(list.rejects.len(), 2);
    let lines = List::read("# cats\n\nhttps://x.org/1.jpg\nftp://x.org/2.jpg\n", "cat").unwrap();
    assert_eq!((lines.classes["cat"].len(), lines.rejects.len()), (1, 1));
    assert!(List::read("https://x.org/1.jpg\n", "").unwrap().classes.is_empty());
}

/// Returns the files of the fuzz corpus of one target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = testkit::workspace_root().join("fuzz/corpus").join(target);
    std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

#[test]
fn the_fuzz_corpus_causes_no_panic() {
    let (answers, lists) = (corpus("api"), corpus("lists"));
    let mut pages = 0;
    for answer in &answers {
        let status = if answer[0] % 4 == 1 { 429 } else { 200 };
        pages += readers().iter().filter(|read| read(&response(status, &answer[1..], &[])).is_ok()).count();
    }
    assert!(answers.len() >= 11 && pages > 0);
    for list in &lists {
        let text = String::from_utf8_lossy(list);
        let _ = List::read(&text, "class");
        for line in text.lines() {
            let (name, address) = line.split_once('\t').unwrap_or((line, line));
            let _ = Licence::read(name, address).map(|licence| licence.is(address));
        }
    }
    assert!(lists.len() >= 3);
}

/// Generates arbitrary JSON with the names that the parsers look for.
fn json() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 30] = [
        "error",
        "code",
        "info",
        "continue",
        "query",
        "pages",
        "title",
        "index",
        "imageinfo",
        "url",
        "thumburl",
        "mime",
        "width",
        "height",
        "extmetadata",
        "LicenseShortName",
        "value",
        "Artist",
        "results",
        "page",
        "page_count",
        "detail",
        "license",
        "filetype",
        "items",
        "link",
        "image",
        "queries",
        "nextPage",
        "startIndex",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("http://a/1.jpg")),
    ];
    leaf.prop_recursive(6, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((0..NAMES.len(), inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().map(|(name, value)| (NAMES[name].to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_json_causes_no_panic(value in json(), status in prop_oneof![Just(200_u16), 400..600_u16]) {
        let body = value.to_string();
        for read in readers() {
            if let Ok(page) = read(&response(status, body.as_bytes(), &[])) {
                prop_assert!(page.candidates.iter().all(|candidate| !candidate.location.is_empty()));
            }
        }
    }

    #[test]
    fn arbitrary_bytes_cause_no_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        for read in readers() {
            let _ = read(&response(200, &body, &[]));
        }
    }

    #[test]
    fn arbitrary_text_is_a_list_or_an_error(text in "\\PC*|((url|class|,|\"|\n|http://a/|é){0,30})", class in "\\PC{0,5}") {
        if let Ok(list) = List::read(&text, &class) {
            let addresses = list.classes.values().flatten().all(|candidate| web::parse_url(&candidate.location).is_ok());
            prop_assert!(addresses);
            prop_assert!(list.classes.keys().all(|class| !class.contains('/') && !class.starts_with('.')));
        }
    }

    #[test]
    fn arbitrary_rate_limit_headers_cause_no_panic(limit in "[ -~]{0,12}", left in "[0-9a-z -]{0,4}") {
        let headers = [("x-ratelimit-limit-a", limit.as_str()), ("x-ratelimit-available-a", left.as_str())];
        let _ = rate_limit::pause(&response(200, b"", &headers).headers);
    }
}
