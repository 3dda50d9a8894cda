//! `log.jsonl`: what happened in a run, one JSON object a line. Not hashed.

use std::path::Path;
use std::sync::Mutex;

use anyhow::Result;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

/// Sends the `tracing` events of this process, from `info` up, to the file at `path`.
pub(crate) fn begin(path: &Path) -> Result<()> {
    let file = fs_err::File::create(path)?.into_file();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(Mutex::new(file)).with_filter(LevelFilter::INFO);
    // A second stage in one process (a test) keeps the first one's log.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).ok();
    Ok(())
}
