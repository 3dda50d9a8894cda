//! Reservations of content, which servers state in headers and in `robots.txt`.
//!
//! * `X-Robots-Tag`: `noai`, `noimageai`, `noindex`, `noimageindex` and `none`, for every robot or for our name;
//! * `TDM-Reservation: 1` (W3C community group, Text and Data Mining Reservation Protocol);
//! * `Content-Signal: ai-train=no` (contentsignals.org) and `Content-Usage: train-ai=n` (IETF AI Preferences, draft), both as
//!   headers and as lines of `robots.txt`. They count because the images are fetched for training.

use http::HeaderMap;

/// A reservation against the use of content for training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum OptOut {
    /// `X-Robots-Tag: noai`.
    #[error("noai")]
    NoAi,
    /// `X-Robots-Tag: noimageai`.
    #[error("noimageai")]
    NoImageAi,
    /// `X-Robots-Tag: noindex`, or `none`, which implies it.
    #[error("noindex")]
    NoIndex,
    /// `X-Robots-Tag: noimageindex`.
    #[error("noimageindex")]
    NoImageIndex,
    /// `TDM-Reservation: 1`.
    #[error("tdm-reservation")]
    TdmReservation,
    /// `Content-Signal: ai-train=no`.
    #[error("ai-train=no")]
    AiTrain,
    /// `Content-Usage: train-ai=n`.
    #[error("train-ai=n")]
    TrainAi,
}

/// Returns the first reservation in `headers` that applies to `product`, the name in our User-Agent.
pub fn header(headers: &HeaderMap, product: &str) -> Option<OptOut> {
    let all =
        |name: &'static str| headers.get_all(name).into_iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    all("x-robots-tag")
        .find_map(|value| opt_out(&value, product))
        .or_else(|| all("tdm-reservation").any(|value| value.trim() == "1").then_some(OptOut::TdmReservation))
        .or_else(|| all("content-signal").find_map(|value| signal(&value)))
        .or_else(|| all("content-usage").find_map(|value| usage(&value)))
}

/// Returns the first reservation in one value of `X-Robots-Tag` that applies to `product`.
///
/// Commas separate the parts. `name:` before a part restricts it and the following parts to that name, except for directives with a
/// value (`max-image-preview: none`).
pub fn opt_out(value: &str, product: &str) -> Option<OptOut> {
    let mut ours = true;
    value.split(',').find_map(|part| {
        let mut part = part.trim();
        if let Some((name, rest)) = part.split_once(':') {
            let name = name.trim();
            if WITH_VALUE.iter().any(|known| known.eq_ignore_ascii_case(name)) || name.contains(char::is_whitespace) {
                return None;
            }
            ours = name == "*" || name.eq_ignore_ascii_case(product);
            part = rest.trim();
        }
        DIRECTIVES.iter().find(|(word, _)| ours && word.eq_ignore_ascii_case(part)).map(|(_, opt_out)| *opt_out)
    })
}

const DIRECTIVES: [(&str, OptOut); 5] = [
    ("noai", OptOut::NoAi),
    ("noimageai", OptOut::NoImageAi),
    ("noindex", OptOut::NoIndex),
    ("none", OptOut::NoIndex),
    ("noimageindex", OptOut::NoImageIndex),
];

const WITH_VALUE: [&str; 4] = ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];

/// Returns the reservation in a value of `Content-Signal`.
pub(crate) fn signal(value: &str) -> Option<OptOut> {
    says(value, "ai-train", "no").then_some(OptOut::AiTrain)
}

/// Returns the reservation in a value of `Content-Usage`.
pub(crate) fn usage(value: &str) -> Option<OptOut> {
    says(value, "train-ai", "n").then_some(OptOut::TrainAi)
}

/// Returns whether `key=answer` is among the parts of `value`.
fn says(value: &str, key: &str, answer: &str) -> bool {
    value.split(',').filter_map(|part| part.split_once('=')).any(|(k, v)| {
        let v = v.split(';').next().unwrap_or_default();
        k.trim().eq_ignore_ascii_case(key) && v.trim().eq_ignore_ascii_case(answer)
    })
}
