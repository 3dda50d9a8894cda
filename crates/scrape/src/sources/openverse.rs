//! Source `openverse`: the search engine for openly licensed works, by its REST API, version 1.
//!
//! Without a token the API gives twenty results a page and few pages, so it is worth registering for one: `OPENVERSE_TOKEN` in
//! the environment is sent as a bearer token. How many requests are left is read from the `X-RateLimit-…` headers of each answer.

use anyhow::Result;
use contract::config::{SearchSource, SearchWords};
use serde::Deserialize;
use web::{HeaderName, Request, Response, Secret, Url};

use super::search::{self, number, text};
use crate::candidate::{Candidate, Page, Want};
use crate::desk::{Desk, Fault};
use crate::licence::Licence;
use crate::source::{Asked, Source};
use crate::text::line;

const API: &str = "https://api.openverse.org/v1/images/";
/// The environment's variable with the token.
pub const TOKEN: &str = "OPENVERSE_TOKEN";
/// Results a page that anybody may ask for; more are refused with status 401.
const ANYBODY: usize = 20;
/// Results a page with a token: more would not save requests that matter.
const WITH_TOKEN: usize = 50;

/// The source.
#[derive(Debug, Clone)]
pub struct Openverse<'a> {
    /// Its part of the configuration.
    pub search: &'a SearchSource,
    /// `[scrape.classes]`.
    pub shared: &'a SearchWords,
    /// The licences that are wanted.
    pub licences: &'a [String],
    /// The token, if there is one.
    pub token: Option<Secret>,
}

impl Openverse<'_> {
    fn url(&self, query: &str, from: Option<&str>) -> Result<Url, Fault> {
        let size = if self.token.is_some() { WITH_TOKEN } else { ANYBODY };
        let mut pairs =
            vec![("q", query.to_owned()), ("page", from.unwrap_or("1").to_owned()), ("page_size", size.to_string())];
        if let Some(codes) = self.codes() {
            pairs.push(("license", codes));
        }
        Ok(search::with_query(search::base(self.search, API)?, pairs))
    }

    /// The wanted licences by the API's codes; `None` when one is not among them, and the answer has to be sifted here.
    fn codes(&self) -> Option<String> {
        let code = |wanted: &String| match Licence::read(wanted, "")? {
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
    fn kind(&self) -> &'static str {
        "openverse"
    }

    fn wants(&self) -> Result<Vec<Want>> {
        Ok(search::wants(self.search, self.shared))
    }

    fn question(&self, _: &str, query: &str, from: Option<&str>) -> Option<String> {
        self.url(query, from).ok().map(String::from)
    }

    fn page<'a>(&'a self, desk: &'a Desk, _: &'a str, query: &'a str, from: Option<&'a str>) -> Asked<'a> {
        Box::pin(async move {
            let request = self.url(query, from).map(|url| match &self.token {
                None => Request::api(url),
                Some(token) => Request::api(url).secret_header(HeaderName::from_static("authorization"), token.clone()),
            });
            desk.ask(request, read).await
        })
    }

    fn notice(&self) -> Option<String> {
        let advice = "openverse answers few requests without a token";
        self.token.is_none().then(|| format!("{advice}: set {TOKEN} to one (see its API documentation)"))
    }
}

/// The bearer token as a header's value.
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
    /// What is wrong, in an answer that is an error.
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
pub fn read(response: &Response) -> Result<Page, Fault> {
    let answer: Answer = match search::json(&response.body) {
        Err(_) if response.status != 200 => return Err(Fault::of_status(response.status)),
        answer => answer?,
    };
    let Some(results) = answer.results.filter(|_| response.status == 200) else {
        let said = line(&format!("status {}: {}", response.status, answer.detail));
        return Err(if response.status == 429 { Fault::Passing(said) } else { Fault::Broken(said) });
    };
    let candidates = results.into_iter().filter(|work| !work.url.is_empty()).map(candidate).collect();
    let next = (answer.page < answer.page_count).then(|| (answer.page + 1).to_string());
    Ok(Page { candidates, rejects: Vec::new(), next })
}

fn candidate(work: Work) -> Candidate {
    let licence = Licence::read(&format!("{} {}", work.license, work.license_version), &work.license_url);
    Candidate {
        source: work.url,
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
