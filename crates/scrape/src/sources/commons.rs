//! The source `commons`: Wikimedia Commons, or another wiki with the same API.
//!
//! A query is a text for the wiki's search, or `category:NAME` for the files of a category. The requests follow the
//! documentation of the Action API (mediawiki.org, "API:Search", "API:Categorymembers", "API:Imageinfo", "API:Continue",
//! "Manual:Maxlag parameter"): `generator=search` or `generator=categorymembers` in the namespace of files, with
//! `prop=imageinfo` and fifty files per page. `maxlag` lets a busy server refuse a request.

use std::collections::BTreeMap;

use anyhow::Result;
use contract::config::{SearchSource, SearchWords, SourceKind};
use serde::Deserialize;
use serde_json::Value;
use web::{Request, Response, Url};

use super::search::{self, number, text};
use crate::api_client::{ApiClient, Fault};
use crate::candidate::{Candidate, Page, Quota};
use crate::licence::Licence;
use crate::source::{PageFuture, Source};
use crate::text::{line, plain};

const API: &str = "https://commons.wikimedia.org/w/api.php";
/// The number of files per page: the maximum for which `imageinfo` scales images.
const BATCH: &str = "50";
/// The maximum lag of the wiki's databases in seconds, as the manual recommends for programs that can wait.
const MAXLAG: &str = "5";

/// The source `commons`.
#[derive(Debug, Clone)]
pub struct Commons<'a> {
    /// The settings of the source.
    pub search: &'a SearchSource,
    /// The queries of `[scrape.classes]`.
    pub shared: &'a SearchWords,
}

impl Commons<'_> {
    /// Returns the address of a page of `query`.
    fn url(&self, query: &str, page: Option<&str>) -> Result<Url, Fault> {
        let mut pairs = vec![
            ("action", "query".to_owned()),
            ("format", "json".to_owned()),
            ("formatversion", "2".to_owned()),
            ("maxlag", MAXLAG.to_owned()),
            ("prop", "imageinfo".to_owned()),
            ("iiprop", "url|size|mime|sha1|extmetadata".to_owned()),
            ("iiextmetadatafilter", "LicenseShortName|LicenseUrl|Artist|ObjectName".to_owned()),
        ];
        if self.search.width > 0 {
            pairs.push(("iiurlwidth", self.search.width.to_string()));
        }
        let category =
            query.get(..9).filter(|start| start.eq_ignore_ascii_case("category:")).map(|_| query[9..].trim());
        match category {
            Some(name) => pairs.extend([
                ("generator", "categorymembers".to_owned()),
                ("gcmtitle", format!("Category:{name}")),
                ("gcmtype", "file".to_owned()),
                ("gcmlimit", BATCH.to_owned()),
            ]),
            None => pairs.extend([
                ("generator", "search".to_owned()),
                ("gsrsearch", query.to_owned()),
                ("gsrnamespace", "6".to_owned()),
                ("gsrlimit", BATCH.to_owned()),
            ]),
        }
        let more: BTreeMap<String, Value> = match page {
            None => BTreeMap::new(),
            Some(page) => search::json(page.as_bytes())?,
        };
        let url = search::with_query(search::base(self.search, API)?, pairs);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(search::with_query(url, more.iter().map(|(name, value)| (name.as_str(), text(value)))))
    }
}

impl Source for Commons<'_> {
    fn kind(&self) -> SourceKind {
        SourceKind::Commons
    }

    fn quotas(&self) -> Result<Vec<Quota>> {
        Ok(search::quotas(self.search, self.shared))
    }

    fn request_address(&self, _: &str, query: &str, page: Option<&str>) -> Option<String> {
        self.url(query, page).ok().map(String::from)
    }

    fn page<'a>(&'a self, api: &'a ApiClient, _: &'a str, query: &'a str, page: Option<&'a str>) -> PageFuture<'a> {
        Box::pin(async move { api.ask(self.url(query, page).map(Request::api), read).await })
    }
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Error>,
    #[serde(rename = "continue")]
    more: Option<BTreeMap<String, Value>>,
    query: Option<Query>,
    /// Present in the last part of an answer, also when there are no results.
    batchcomplete: Option<Value>,
}

#[derive(Deserialize)]
struct Error {
    #[serde(default, deserialize_with = "text")]
    code: String,
    #[serde(default, deserialize_with = "text")]
    info: String,
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    pages: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default, deserialize_with = "text")]
    title: String,
    /// The rank in the results of a search.
    index: Option<i64>,
    #[serde(default)]
    imageinfo: Vec<Info>,
}

#[derive(Deserialize)]
struct Info {
    #[serde(default, deserialize_with = "text")]
    url: String,
    #[serde(default, deserialize_with = "text")]
    thumburl: String,
    #[serde(default, deserialize_with = "text")]
    descriptionurl: String,
    #[serde(default, deserialize_with = "text")]
    mime: String,
    #[serde(default, deserialize_with = "number")]
    width: u32,
    #[serde(default, deserialize_with = "number")]
    height: u32,
    #[serde(default)]
    extmetadata: Value,
}

/// The beginnings of the error codes that every repetition of the request would give: mistakes in its parameters, missing pages, and rights
/// that the program does not have (mediawiki.org, "API:Errors and warnings"). Every other error passes, such as `maxlag`, `readonly`,
/// `ratelimited`, `cirrussearch-too-busy-error` and `internal_api_error_DBQueryError`. The stage repeats a request with an unknown code,
/// because giving up would look like the end of the results.
const PERMANENT: &[&str] = &[
    "assert",
    "autoblocked",
    "bad",
    "blocked",
    "cirrussearch-offset-too-large",
    "cirrussearch-parse-error",
    "cirrussearch-query-too-long",
    "globalblocking",
    "integeroutofrange",
    "invalid",
    "missing",
    "moduledisabled",
    "multival",
    "mustbe",
    "mwoauth",
    "no-such",
    "nosuch",
    "notitle",
    "notloggedin",
    "param",
    "permissiondenied",
    "readapidenied",
    "search-text-disabled",
    "search-title-disabled",
    "toomany",
    "unknown_",
    "unrecognized",
];

/// Reads an answer of the Action API in format version 2.
///
/// # Errors
/// Returns the fault that the answer states, or the reason why it cannot be read.
pub fn read(response: &Response) -> Result<Page, Fault> {
    let answer: Answer = match search::json(&response.body) {
        Err(_) if response.status != 200 => return Err(Fault::of_status(response.status, "")),
        answer => answer?,
    };
    if let Some(Error { code, info }) = answer.error {
        let said = line(&format!("{code}: {info}"));
        let is_permanent = PERMANENT.iter().any(|start| code.starts_with(start));
        // Most errors have status 200. The header can state a wait.
        return Err(if is_permanent {
            Fault::Broken(said)
        } else {
            Fault::Busy { wait: response.retry_after(), said }
        });
    }
    if response.status != 200 {
        return Err(Fault::of_status(response.status, ""));
    }
    // An answer without results still states its end (`batchcomplete`). An overloaded wiki sometimes sends neither.
    if answer.query.is_none() && answer.more.is_none() && answer.batchcomplete.is_none() {
        let said = "the answer has neither results nor an error".to_owned();
        return Err(Fault::Busy { wait: response.retry_after(), said });
    }
    let mut files = answer.query.map(|query| query.pages).unwrap_or_default();
    // The files are ordered by page number, and `index` contains the rank.
    files.sort_by_key(|file| file.index.unwrap_or(i64::MAX));
    let candidates = files.into_iter().filter_map(candidate).collect();
    let next = match answer.more {
        Some(more) => Some(serde_json::to_string(&more).map_err(|error| Fault::Broken(error.to_string()))?),
        None => None,
    };
    Ok(Page { candidates, rejects: Vec::new(), next })
}

/// Returns the candidate of a file. `None` if the file was deleted.
fn candidate(file: File) -> Option<Candidate> {
    let info = file.imageinfo.into_iter().next()?;
    let meta = |name: &str| {
        info.extmetadata.get(name).and_then(|entry| entry.get("value")).and_then(Value::as_str).unwrap_or_default()
    };
    let licence = Licence::read(&plain(meta("LicenseShortName")), meta("LicenseUrl"));
    let stated = meta("LicenseUrl").trim();
    let licence_url = if stated.starts_with("http") {
        line(stated)
    } else {
        licence.as_ref().map(Licence::address).unwrap_or_default()
    };
    // A deleted file has neither address.
    let location = if info.thumburl.is_empty() { &info.url } else { &info.thumburl };
    if location.is_empty() {
        return None;
    }
    let object = plain(meta("ObjectName"));
    let name = file.title.strip_prefix("File:").unwrap_or(&file.title);
    Some(Candidate {
        location: location.clone(),
        page: info.descriptionurl.clone(),
        title: if object.is_empty() { line(name) } else { object },
        author: plain(meta("Artist")),
        licence_url,
        licence,
        mime: info.mime.clone(),
        width: info.width,
        height: info.height,
    })
}
