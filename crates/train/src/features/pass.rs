//! The pass that fills the cache: images through the frozen trunk.

use anyhow::{Result, bail};
use imaging::RgbImage;
use inference::Trunk;
use ndarray::Axis;
use pipeline::stop;

use super::images::Images;
use super::row::FeatureRow;
use super::shard::Key;
use super::space;
use super::store::Store;
use crate::cut::Cut;
use crate::view::Run;

/// Number of images that are read at once when the records are pixels.
const AT_ONCE: usize = 32;

/// Computes the records of `wanted` that `store` lacks.
pub(super) fn run(
    run: &Run,
    images: &Images,
    cut: &Cut,
    store: &mut Store,
    wanted: &[(Key, FeatureRow)],
) -> Result<()> {
    let missing = store.missing(wanted);
    let place = if cut.trunk.is_some() { cut.tensor.as_str() } else { "the input" };
    if missing.is_empty() {
        run.say(&format!("the features of {} images at {place} come from the cache", wanted.len()));
        return Ok(());
    }
    let need = store.need(missing.len());
    let what = format!("the features of {} images at {place}", missing.len());
    space::check(store.folder(), need, &what)?;
    tracing::info!(
        cut = place,
        missing = missing.len(),
        cached = wanted.len() - missing.len(),
        bytes = need,
        "features"
    );
    let progress = run.progress(&format!("computing features at {place}"), missing.len());
    let mut trunk = cut.running_trunk()?.map(|trunk| Trunk::open(&trunk, images.input(), run.threads())).transpose()?;
    let at_once = trunk.as_ref().map_or(AT_ONCE, Trunk::batch);
    store.fill(&missing, |rows| {
        let mut records = Vec::new();
        inference::in_batches(
            rows.len(),
            at_once,
            |at| images.read(rows[at]),
            |first, batch| {
                stop::check()?;
                let count = batch.len();
                match &mut trunk {
                    Some(trunk) => add_features(trunk, images, &rows[first..first + count], &batch, &mut records)?,
                    None => batch.into_iter().for_each(|image| records.extend(image.into_raw())),
                }
                progress.inc(count as u64);
                Ok::<(), anyhow::Error>(())
            },
        )?;
        Ok(records)
    })
}

/// Runs the trunk on `batch` and appends their features to `records`, little-endian.
fn add_features(
    trunk: &mut Trunk,
    source: &Images,
    rows: &[FeatureRow],
    batch: &[RgbImage],
    records: &mut Vec<u8>,
) -> Result<()> {
    let features = trunk.run(batch)?;
    for (row, values) in rows.iter().zip(features.axis_iter(Axis(0))) {
        if values.iter().any(|value| !value.is_finite()) {
            bail!("the trunk's features of {} are not finite numbers", source.name(*row));
        }
        records.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    Ok(())
}
