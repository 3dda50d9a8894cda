//! What all sources that are searched over an API share.

use contract::config::{SearchSource, SearchWords};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use web::Url;

use crate::candidate::Want;
use crate::desk::Fault;

/// What a searched source is to find: its own classes, or those of `[scrape.classes]`.
pub fn wants(search: &SearchSource, shared: &SearchWords) -> Vec<Want> {
    let classes = if search.classes.is_empty() { shared } else { &search.classes };
    let want = |(class, queries): (&String, &Vec<String>)| Want {
        class: class.clone(),
        queries: queries.clone(),
        count: search.per_class,
    };
    classes.iter().map(want).collect()
}

/// The API's address: the configuration's, or the usual one. Either was checked when the configuration was read.
pub fn base(search: &SearchSource, usual: &str) -> Result<Url, Fault> {
    let text = if search.api.is_empty() { usual } else { &search.api };
    web::parse_url(text).map_err(|failure| Fault::Broken(format!("{failure}: `{text}`")))
}

/// `base` with a query of `pairs`, in this order: the same question is always the same text.
pub fn with_query<'a>(mut base: Url, pairs: impl IntoIterator<Item = (&'a str, String)>) -> Url {
    base.query_pairs_mut().extend_pairs(pairs);
    base
}

/// Reads an answer as JSON.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::Broken(format!("its answer cannot be read: {error}")))
}

/// A number that may come as text, be missing, be negative or be no number at all: then 0.
pub fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    Ok(number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0))
}

/// Text that may be missing or something else: then empty.
pub fn text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::String(text) => text,
        serde_json::Value::Number(number) => number.to_string(),
        _ => String::new(),
    })
}
