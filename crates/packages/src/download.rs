//! Downloads a file into a partial file, which a later try or a later run continues.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use reqwest::header::CONTENT_RANGE;
use reqwest::{Response, StatusCode};
use sha2::{Digest, Sha256};
use url::Url;

use crate::client::{Client, Trouble, failed};
use crate::local::{hash_into, length};
use crate::retry::Retry;
use crate::wanted::Wanted;

/// The most tries for one file, even when every try makes progress.
const MOST_TRIES: usize = 1000;

/// An event of [`Index::fetch`](crate::Index::fetch).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// The download begins from this address or folder.
    Source(&'a str),
    /// This number of bytes of the file has arrived so far.
    Arrived(u64),
    /// A request failed and is sent again after a wait.
    Waiting(&'a str, Duration),
}

/// The reason why a download has ended without the file.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The server does not send it.
    Trouble(Trouble),
    /// The server sends another file.
    OtherFile(String),
    /// The file cannot be written.
    Disk(io::Error),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Downloads `wanted` from `url` to the file `part`, and checks it. Continues what `part` already contains.
pub(crate) async fn download(
    client: &Client,
    url: &Url,
    wanted: &Wanted<'_>,
    part: &Path,
    report: &mut dyn FnMut(Event),
) -> Result<(), Ended> {
    let mut retry = Retry::new(client.settings());
    for _ in 0..MOST_TRIES {
        let before = length(part);
        let trouble = match attempt(client, url, wanted, part, report).await {
            Err(Ended::Trouble(trouble)) => trouble,
            ended => return ended,
        };
        if length(part) > before {
            retry.progressed();
        }
        let (wait, why) = retry.after(trouble).map_err(Ended::Trouble)?;
        report(Event::Waiting(&why, wait));
        tokio::time::sleep(wait).await;
    }
    Err(Ended::Trouble(Trouble::Final(format!("the connection broke {MOST_TRIES} times"))))
}

async fn attempt(
    client: &Client,
    url: &Url,
    wanted: &Wanted<'_>,
    part: &Path,
    report: &mut dyn FnMut(Event),
) -> Result<(), Ended> {
    let mut hasher = Sha256::new();
    let mut began = length(part);
    if began > wanted.bytes {
        fs_err::remove_file(part)?;
        began = 0;
    }
    if began < wanted.bytes {
        // The media type asks for the file as it is. A server that compresses the file once more would send other bytes.
        let (mut response, _) =
            client.get(url, "application/octet-stream, */*", began).await.map_err(Ended::Trouble)?;
        if began > 0 && !continues(&response, began) {
            fs_err::remove_file(part)?;
            began = 0;
            if response.status() == StatusCode::PARTIAL_CONTENT {
                return Err(Ended::Trouble(Trouble::Temporary(
                    "the server sent another part of the file".into(),
                    None,
                )));
            }
        }
        if response.content_length().is_some_and(|length| began + length != wanted.bytes) {
            let bytes = began + response.content_length().unwrap_or_default();
            return Err(Ended::OtherFile(format!("it has {bytes} bytes, not {}", wanted.bytes)));
        }
        hash_into(&mut hasher, part, began)?;
        append(&mut response, wanted, part, began, &mut hasher, report).await?;
    } else {
        hash_into(&mut hasher, part, began)?;
    }
    let found = crate::local::text(hasher);
    if found == wanted.sha256 {
        return Ok(());
    }
    fs_err::remove_file(part)?;
    if began > 0 {
        return Err(Ended::Trouble(Trouble::Temporary("the continued file is damaged".to_owned(), None)));
    }
    Err(Ended::OtherFile(format!("its SHA-256 is {found}, not {}", wanted.sha256)))
}

/// Writes the body of the answer behind the first `began` bytes of `part`.
async fn append(
    response: &mut Response,
    wanted: &Wanted<'_>,
    part: &Path,
    began: u64,
    hasher: &mut Sha256,
    report: &mut dyn FnMut(Event),
) -> Result<(), Ended> {
    let mut file = fs_err::OpenOptions::new().create(true).append(true).open(part)?;
    let mut bytes = began;
    report(Event::Arrived(bytes));
    while let Some(chunk) = response.chunk().await.map_err(|error| Ended::Trouble(failed(error)))? {
        bytes += chunk.len() as u64;
        if bytes > wanted.bytes {
            drop(file);
            fs_err::remove_file(part)?;
            return Err(Ended::OtherFile(format!("it has more than {} bytes", wanted.bytes)));
        }
        file.write_all(&chunk)?;
        hasher.update(&chunk);
        report(Event::Arrived(bytes));
    }
    file.sync_all()?;
    if bytes < wanted.bytes {
        return Err(Ended::Trouble(Trouble::Temporary("the connection ended too early".to_owned(), None)));
    }
    Ok(())
}

/// Returns whether the answer contains the bytes of the file from `began` on.
fn continues(response: &Response, began: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
    let first = range.and_then(|range| range.trim().strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok());
    response.status() == StatusCode::PARTIAL_CONTENT && first == Some(began)
}
