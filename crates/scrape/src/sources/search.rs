//! Shared code of the sources with a search API.

use contract::config::{SearchSource, SearchWords};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use web::Url;

use crate::api_client::Fault;
use crate::candidate::Quota;

/// Returns the quotas of the source's own classes, or of `[scrape.classes]` if it has none.
pub fn quotas(search: &SearchSource, shared: &SearchWords) -> Vec<Quota> {
    let classes = if search.classes.is_empty() { shared } else { &search.classes };
    let quota = |(class, queries): (&String, &Vec<String>)| Quota {
        class: class.clone(),
        queries: queries.clone(),
        count: search.per_class,
    };
    classes.iter().map(quota).collect()
}

/// Returns the address of the API: the address in the configuration, or `default`.
pub fn base(search: &SearchSource, default: &str) -> Result<Url, Fault> {
    let text = if search.api.is_empty() { default } else { &search.api };
    web::parse_url(text).map_err(|failure| Fault::Broken(format!("{failure}: `{text}`")))
}

/// Returns `base` with a query string of `pairs`, in this order. The journal compares such addresses.
pub fn with_query<'a>(mut base: Url, pairs: impl IntoIterator<Item = (&'a str, String)>) -> Url {
    base.query_pairs_mut().extend_pairs(pairs);
    base
}

/// Parses an answer as JSON. Any other answer gives [`Fault::Passing`], because it comes from an overloaded server or a proxy.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::Passing(format!("the answer cannot be read: {error}")))
}

/// Reads a number or a text that contains a number. Any other value gives 0.
pub fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    Ok(number.and_then(|number| u32::try_from(number).ok()).unwrap_or(0))
}

/// Reads a text or a number as text. Any other value gives an empty text.
pub fn text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::String(text) => text,
        serde_json::Value::Number(number) => number.to_string(),
        _ => String::new(),
    })
}
