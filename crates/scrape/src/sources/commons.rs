//! Source `commons`: Wikimedia Commons, or another wiki with the same API.
//!
//! A query is what one would type into the wiki's search, or `category:NAME` for the files of a category. The Action API is
//! asked as its documentation says (mediawiki.org, "API:Search", "API:Categorymembers", "API:Imageinfo", "API:Continue",
//! "Manual:Maxlag parameter"): `generator=search` or `categorymembers` in the namespace of files, joined with `imageinfo`, fifty
//! at a time, with `maxlag` so that a busy server may send us away.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use contract::config::{SearchSource, SearchWords};
use serde::Deserialize;
use serde_json::Value;
use web::{Request, Response, Url};

use super::search::{self, number, text};
use crate::candidate::{Candidate, Page, Want};
use crate::desk::{Desk, Fault};
use crate::licence::Licence;
use crate::source::{Asked, Source};
use crate::text::{line, plain};

const API: &str = "https://commons.wikimedia.org/w/api.php";
/// Files in a page: with `imageinfo`, the most that are scaled in one answer.
const BATCH: &str = "50";
/// Seconds that the wiki's databases may lag behind; what its manual advises for programs that can wait.
const MAXLAG: &str = "5";

/// The source.
#[derive(Debug, Clone)]
pub struct Commons<'a> {
    /// Its part of the configuration.
    pub search: &'a SearchSource,
    /// `[scrape.classes]`.
    pub shared: &'a SearchWords,
}

impl Commons<'_> {
    fn url(&self, query: &str, from: Option<&str>) -> Result<Url, Fault> {
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
        let more: BTreeMap<String, Value> = match from {
            None => BTreeMap::new(),
            Some(from) => search::json(from.as_bytes())?,
        };
        let url = search::with_query(search::base(self.search, API)?, pairs);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Ok(search::with_query(url, more.iter().map(|(name, value)| (name.as_str(), text(value)))))
    }
}

impl Source for Commons<'_> {
    fn kind(&self) -> &'static str {
        "commons"
    }

    fn wants(&self) -> Result<Vec<Want>> {
        Ok(search::wants(self.search, self.shared))
    }

    fn question(&self, _: &str, query: &str, from: Option<&str>) -> Option<String> {
        self.url(query, from).ok().map(String::from)
    }

    fn page<'a>(&'a self, desk: &'a Desk, _: &'a str, query: &'a str, from: Option<&'a str>) -> Asked<'a> {
        Box::pin(async move { desk.ask(self.url(query, from).map(Request::api), read).await })
    }
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Error>,
    #[serde(rename = "continue")]
    more: Option<BTreeMap<String, Value>>,
    query: Option<Query>,
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
    /// The rank in a search.
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

/// Reads an answer of the Action API, format version 2.
pub fn read(response: &Response) -> Result<Page, Fault> {
    let answer: Answer = match search::json(&response.body) {
        Err(_) if response.status != 200 => return Err(Fault::of_status(response.status)),
        answer => answer?,
    };
    if let Some(Error { code, info }) = answer.error {
        let said = line(&format!("{code}: {info}"));
        return Err(match code.as_str() {
            // The answer has status 200; the header says how long to wait.
            "maxlag" | "readonly" | "ratelimited" => {
                Fault::Busy { wait: response.retry_after().unwrap_or(Duration::from_secs(5)), said }
            }
            _ if code.starts_with("internal_api_error") => Fault::Passing(said),
            _ => Fault::Broken(said),
        });
    }
    let mut files = answer.query.map(|query| query.pages).unwrap_or_default();
    // A search answers by page number; its rank is told apart.
    files.sort_by_key(|file| file.index.unwrap_or(i64::MAX));
    let candidates = files.into_iter().filter_map(candidate).collect();
    let next = match answer.more {
        Some(more) => Some(serde_json::to_string(&more).map_err(|error| Fault::Broken(error.to_string()))?),
        None => None,
    };
    Ok(Page { candidates, rejects: Vec::new(), next })
}

fn candidate(file: File) -> Option<Candidate> {
    let info = file.imageinfo.into_iter().next()?;
    let meta = |name: &str| {
        info.extmetadata.get(name).and_then(|entry| entry.get("value")).and_then(Value::as_str).unwrap_or_default()
    };
    let licence = Licence::read(&plain(meta("LicenseShortName")), meta("LicenseUrl"));
    let told = meta("LicenseUrl").trim();
    let licence_url =
        if told.starts_with("http") { line(told) } else { licence.as_ref().map(Licence::address).unwrap_or_default() };
    // A file that exists no more has neither.
    let source = if info.thumburl.is_empty() { &info.url } else { &info.thumburl };
    if source.is_empty() {
        return None;
    }
    let object = plain(meta("ObjectName"));
    let name = file.title.strip_prefix("File:").unwrap_or(&file.title);
    Some(Candidate {
        source: source.clone(),
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
