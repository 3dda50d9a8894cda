//! `log.jsonl`: the events of a run, one JSON object per line. The file is not an output.

use std::path::Path;
use std::sync::Mutex;

use anyhow::Result;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

/// Writes the `tracing` events of this process, from level `info`, to the file at `path`.
pub(crate) fn begin(path: &Path) -> Result<()> {
    let file = fs_err::File::create(path)?.into_file();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(Mutex::new(file)).with_filter(LevelFilter::INFO);
    // Fails when a test runs a second stage in one process. The log of the first stage stays then.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).ok();
    Ok(())
}
