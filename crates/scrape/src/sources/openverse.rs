//! The source `openverse`: the search engine for openly licensed works, with version 1 of its REST API.
//!
//! The environment variable `OPENVERSE_TOKEN` contains a bearer token. Without a token, the API returns twenty results per
//! page and only few pages. The `X-RateLimit-…` headers of each answer state how many requests are left.

use std::time::Duration;

use anyhow::Result;
use contract::config::{SearchSource, SearchWords, SourceKind};
use serde::Deserialize;
use web::{HeaderName, Request, Response, Secret, Url};

use super::search::{self, number, text};
use crate::api_client::{ApiClient, Fault};
use crate::candidate::{Candidate, Page, Quota};
use crate::licence::Licence;
use crate::source::{Notice, PageFuture, Source};
use crate::text::line;

const API: &str = "https://api.openverse.org/v1/images/";
/// The environment variable of the token.
pub const TOKEN: &str = "OPENVERSE_TOKEN";
/// The maximum number of results per page without a token. The API answers larger requests with status 401.
const WITHOUT_TOKEN: usize = 20;
/// The number of results per page with a token. Larger pages would save few requests.
const WITH_TOKEN: usize = 50;

/// The source `openverse`.
#[derive(Debug, Clone)]
pub struct Openverse<'a> {
    /// The settings of the source.
    pub search: &'a SearchSource,
    /// The queries of `[scrape.classes]`.
    pub shared: &'a SearchWords,
    /// The allowed licences, `scrape.licences`.
    pub licences: &'a [String],
    /// The token, if there is one.
    pub token: Option<Secret>,
}

impl Openverse<'_> {
    /// Returns the address of a page of `query`.
    fn url(&self, query: &str, page: Option<&str>) -> Result<Url, Fault> {
        let size = if self.token.is_some() { WITH_TOKEN } else { WITHOUT_TOKEN };
        let mut pairs =
            vec![("q", query.to_owned()), ("page", page.unwrap_or("1").to_owned()), ("page_size", size.to_string())];
        if let Some(codes) = self.codes() {
            pairs.push(("license", codes));
        }
        Ok(search::with_query(search::base(self.search, API)?, pairs))
    }

    /// Returns the API's codes of the allowed licences. `None` if a licence has no code or all licences are allowed.
    fn codes(&self) -> Option<String> {
        let code = |allowed: &String| match Licence::read(allowed, "")? {
            Licence::Cc { code, .. } => Some(code),
            Licence::PublicDomain => Some("pdm".to_owned()),
            Licence::Other(_) => None,
        };
        let mut codes: Vec<String> = self.licences.iter().map(code).collect::<Option<_>>()?;
        codes.sort();
        codes.dedup();
        (!codes.is_empty()).then(|| codes.join(","))
    }
}

impl Source for Openverse<'_> {
    fn kind(&self) -> SourceKind {
        SourceKind::Openverse
    }

    fn quotas(&self) -> Result<Vec<Quota>> {
        Ok(search::quotas(self.search, self.shared))
    }

    fn request_address(&self, _: &str, query: &str, page: Option<&str>) -> Option<String> {
        self.url(query, page).ok().map(String::from)
    }

    fn page<'a>(&'a self, api: &'a ApiClient, _: &'a str, query: &'a str, page: Option<&'a str>) -> PageFuture<'a> {
        Box::pin(async move {
            let request = self.url(query, page).map(|url| match &self.token {
                None => Request::api(url),
                Some(token) => Request::api(url).secret_header(HeaderName::from_static("authorization"), token.clone()),
            });
            api.ask(request, read).await
        })
    }

    fn notices(&self) -> Vec<Notice> {
        let limit = "openverse answers few requests without a token";
        let how = format!("set the environment variable {TOKEN} (see the documentation of the Openverse API)");
        self.token.is_none().then(|| Notice::Warning(format!("{limit}; {how}"))).into_iter().collect()
    }
}

/// Returns the value of the header `authorization` for a bearer token.
pub fn bearer(token: &str) -> Secret {
    Secret::new(format!("Bearer {token}"))
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default, deserialize_with = "number")]
    page_count: u32,
    #[serde(default, deserialize_with = "number")]
    page: u32,
    results: Option<Vec<Work>>,
    /// The reason, in an answer that is an error.
    #[serde(default, deserialize_with = "text")]
    detail: String,
}

#[derive(Deserialize)]
struct Work {
    #[serde(default, deserialize_with = "text")]
    url: String,
    #[serde(default, deserialize_with = "text")]
    foreign_landing_url: String,
    #[serde(default, deserialize_with = "text")]
    title: String,
    #[serde(default, deserialize_with = "text")]
    creator: String,
    #[serde(default, deserialize_with = "text")]
    license: String,
    #[serde(default, deserialize_with = "text")]
    license_version: String,
    #[serde(default, deserialize_with = "text")]
    license_url: String,
    #[serde(default, deserialize_with = "text")]
    filetype: String,
    #[serde(default, deserialize_with = "number")]
    width: u32,
    #[serde(default, deserialize_with = "number")]
    height: u32,
}

/// Reads an answer of `/v1/images/`.
///
/// # Errors
/// Returns the fault that the answer states, or the reason why it cannot be read.
pub fn read(response: &Response) -> Result<Page, Fault> {
    let answer: Answer = match search::json(&response.body) {
        Err(_) if response.status != 200 => return Err(Fault::of_status(response.status, "")),
        answer => answer?,
    };
    let detail = line(&answer.detail);
    if response.status != 200 {
        return Err(match Fault::of_status(response.status, &detail) {
            // "Request was throttled. Expected available in 42 seconds."
            Fault::Passing(said) => Fault::Busy { wait: response.retry_after().or_else(|| stated_wait(&detail)), said },
            fault => fault,
        });
    }
    let Some(results) = answer.results else {
        return Err(Fault::Passing(format!("the answer has no results: {detail}")));
    };
    let candidates = results.into_iter().filter(|work| !work.url.is_empty()).map(candidate).collect();
    let next = (answer.page < answer.page_count).then(|| (answer.page + 1).to_string());
    Ok(Page { candidates, rejects: Vec::new(), next })
}

/// Returns the wait in a message such as "Expected available in 42 seconds."
fn stated_wait(detail: &str) -> Option<Duration> {
    let (_, rest) = detail.split_once("available in ")?;
    Some(Duration::from_secs(rest.split(' ').next()?.parse().ok()?))
}

fn candidate(work: Work) -> Candidate {
    let licence = Licence::read(&format!("{} {}", work.license, work.license_version), &work.license_url);
    Candidate {
        location: work.url,
        page: work.foreign_landing_url,
        title: line(&work.title),
        author: line(&work.creator),
        licence_url: line(&work.license_url),
        licence,
        mime: if work.filetype.is_empty() {
            String::new()
        } else {
            format!("image/{}", work.filetype.replace("jpg", "jpeg"))
        },
        width: work.width,
        height: work.height,
    }
}
