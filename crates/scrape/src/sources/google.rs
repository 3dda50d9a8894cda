//! The source `google`: Google's Programmable Search, with its Custom Search JSON API.
//!
//! The environment variables `GOOGLE_API_KEY` and `GOOGLE_ENGINE_ID` contain the API key and the engine id. A query has at
//! most a hundred results, ten per page. The API states no licences, so a filter by licence refuses all results.

use anyhow::Result;
use contract::config::{SearchSource, SearchWords, SourceKind};
use serde::Deserialize;
use web::{Request, Response, Secret, Url};

use super::search::{self, number, text};
use crate::api_client::{ApiClient, Fault};
use crate::candidate::{Candidate, Page, Quota};
use crate::source::{Notice, PageFuture, Source};
use crate::text::line;

const API: &str = "https://customsearch.googleapis.com/customsearch/v1";
/// The environment variable of the API key.
pub const KEY: &str = "GOOGLE_API_KEY";
/// The environment variable of the engine id.
pub const ENGINE: &str = "GOOGLE_ENGINE_ID";
/// The number of results per page.
const BATCH: u32 = 10;
/// The rank of the last result that the API returns.
const LAST: u32 = 100;

/// The source `google`.
#[derive(Debug, Clone)]
pub struct Google<'a> {
    /// The settings of the source.
    pub search: &'a SearchSource,
    /// The queries of `[scrape.classes]`.
    pub shared: &'a SearchWords,
    /// The API key and the engine id.
    pub credentials: Option<(Secret, Secret)>,
    /// Whether the stage refuses images without a stated licence.
    pub filtered: bool,
}

impl Google<'_> {
    /// Returns the address of a page of `query`, without the credentials.
    fn url(&self, query: &str, page: Option<&str>) -> Result<Url, Fault> {
        let pairs = [
            ("q", query.to_owned()),
            ("searchType", "image".to_owned()),
            ("num", BATCH.to_string()),
            ("start", page.unwrap_or("1").to_owned()),
        ];
        Ok(search::with_query(search::base(self.search, API)?, pairs))
    }
}

impl Source for Google<'_> {
    fn kind(&self) -> SourceKind {
        SourceKind::Google
    }

    fn quotas(&self) -> Result<Vec<Quota>> {
        Ok(search::quotas(self.search, self.shared))
    }

    fn request_address(&self, _: &str, query: &str, page: Option<&str>) -> Option<String> {
        self.url(query, page).ok().map(String::from)
    }

    fn page<'a>(&'a self, api: &'a ApiClient, _: &'a str, query: &'a str, page: Option<&'a str>) -> PageFuture<'a> {
        Box::pin(async move {
            let missing = || Fault::Broken(format!("{KEY} and {ENGINE} are not set in the environment"));
            let request = self.credentials.as_ref().ok_or_else(missing).and_then(|(key, engine)| {
                let request = Request::api(self.url(query, page)?);
                Ok(request.secret_query("key", key.clone()).secret_query("cx", engine.clone()))
            });
            api.ask(request, read).await
        })
    }

    fn notices(&self) -> Vec<Notice> {
        let text = "google states no licences, so scrape.licences refuses all of its images";
        self.filtered.then(|| Notice::Warning(text.to_owned())).into_iter().collect()
    }
}

#[derive(Deserialize)]
struct Answer {
    error: Option<Error>,
    #[serde(default)]
    queries: Queried,
    #[serde(default)]
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Error {
    #[serde(default, deserialize_with = "text")]
    message: String,
    /// A code of google.rpc.Code.
    #[serde(default, deserialize_with = "text")]
    status: String,
    #[serde(default)]
    errors: Vec<Cause>,
    #[serde(default)]
    details: Vec<Cause>,
}

#[derive(Deserialize)]
struct Cause {
    #[serde(default, deserialize_with = "text")]
    reason: String,
}

#[derive(Deserialize, Default)]
struct Queried {
    #[serde(default, rename = "nextPage")]
    next: Vec<Next>,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default, rename = "startIndex", deserialize_with = "number")]
    start: u32,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default, deserialize_with = "text")]
    title: String,
    #[serde(default, deserialize_with = "text")]
    link: String,
    #[serde(default, deserialize_with = "text")]
    mime: String,
    #[serde(default)]
    image: Image,
}

#[derive(Deserialize, Default)]
struct Image {
    #[serde(default, rename = "contextLink", deserialize_with = "text")]
    page: String,
    #[serde(default, deserialize_with = "number")]
    width: u32,
    #[serde(default, deserialize_with = "number")]
    height: u32,
}

/// Returns whether an error with this reason passes. Reasons are the words of Google's APIs (`rateLimitExceeded`, `dailyLimitExceeded`,
/// `quotaExceeded`, `backendError`) and the codes of google.rpc.Code (`RESOURCE_EXHAUSTED`, `UNAVAILABLE`).
fn passes(reason: &str) -> bool {
    let letters: String = reason.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    letters.contains("limitexceeded")
        || letters.contains("quota")
        || matches!(
            letters.as_str(),
            "resourceexhausted"
                | "unavailable"
                | "internal"
                | "internalerror"
                | "backenderror"
                | "deadlineexceeded"
                | "aborted"
        )
}

/// Returns whether an error with this reason concerns the last seconds or minutes, so that the same run asks again.
fn is_short(reason: &str) -> bool {
    matches!(
        reason,
        "rateLimitExceeded" | "userRateLimitExceeded" | "backendError" | "internalError" | "UNAVAILABLE" | "INTERNAL"
    )
}

/// Reads an answer of the Custom Search JSON API.
///
/// # Errors
/// Returns the fault that the answer states, or the reason why it cannot be read.
pub fn read(response: &Response) -> Result<Page, Fault> {
    let answer: Answer = match search::json(&response.body) {
        Err(_) if response.status != 200 => return Err(Fault::of_status(response.status, "")),
        answer => answer?,
    };
    if let Some(error) = answer.error {
        let fault = Fault::of_status(response.status, &line(&error.message));
        let causes = error.errors.iter().chain(&error.details).map(|cause| &cause.reason).chain([&error.status]);
        let passing: Vec<&String> = causes.filter(|reason| passes(reason)).collect();
        return Err(match fault {
            Fault::Broken(said) | Fault::Passing(said) if !passing.is_empty() => {
                if passing.iter().all(|reason| is_short(reason)) {
                    Fault::Busy { wait: response.retry_after(), said }
                } else {
                    Fault::Passing(said)
                }
            }
            fault => fault,
        });
    }
    if response.status != 200 {
        return Err(Fault::of_status(response.status, ""));
    }
    let candidates = answer.items.into_iter().filter(|item| !item.link.is_empty()).map(candidate).collect();
    let start = answer.queries.next.first().map_or(0, |next| next.start);
    let next = (2..=LAST + 1 - BATCH).contains(&start).then(|| start.to_string());
    Ok(Page { candidates, rejects: Vec::new(), next })
}

fn candidate(item: Item) -> Candidate {
    Candidate {
        location: item.link,
        page: item.image.page,
        title: line(&item.title),
        mime: item.mime,
        width: item.image.width,
        height: item.image.height,
        ..Candidate::default()
    }
}
