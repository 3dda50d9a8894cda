//! From a file to a picture of the network's input size, or to the reason why not.

use std::path::Path;

use crate::view::Run;
use anyhow::Result;
use contract::Dataset;
use imaging::{Limits, RgbImage, decode, inspect, perceptual_hash, png, square};
use pipeline::stop;
use rayon::prelude::*;

use crate::budget::Budget;
use crate::duplicates::Look;
use crate::quarantine::Quarantine;
use crate::scraped::Found;

/// What a picture has to keep to.
struct Rules {
    limits: Limits,
    min_side: u32,
    budget: Budget,
}

/// Examines every file on all threads, writes the usable pictures at `size` x `size` pixels, and
/// puts the others into the quarantine. The order is that of `found`.
pub(crate) fn all(run: &Run, found: Vec<Found>, size: u32, quarantine: &mut Quarantine) -> Result<Vec<Look>> {
    let settings = &run.config.preprocess;
    let limits = Limits { max_pixels: settings.max_pixels, max_bytes: settings.max_memory_mb.saturating_mul(1 << 20) };
    let rules = Rules { limits, min_side: settings.min_side, budget: Budget::new(limits.max_bytes) };
    let progress = run.progress("reading pictures", found.len());
    let examined: Result<Vec<_>> = found
        .into_par_iter()
        .map(|found| {
            stop::check()?;
            let result = match examine(&found.file, &rules) {
                Ok(picture) => Ok(publish(run, &found, &picture, size)?),
                Err(reason) => Err(reason),
            };
            progress.inc(1);
            Ok((found, result))
        })
        .collect();
    progress.finish();
    let mut looks = Vec::new();
    for (found, result) in examined? {
        match result {
            Ok(look) => looks.push(look),
            Err(reason) => quarantine.add(found.class, found.source, reason),
        }
    }
    Ok(looks)
}

/// The picture in `file`, upright, or why it cannot be used.
fn examine(file: &Path, rules: &Rules) -> Result<RgbImage, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let length = std::fs::metadata(file).map_err(unreadable)?.len();
    if length > rules.limits.max_bytes {
        return Err(format!(
            "the file has {} MiB, over the memory limit of {} MiB",
            length >> 20,
            rules.limits.max_bytes >> 20
        ));
    }
    // The header is looked at first, and the file read again when its turn has come: a thread that
    // waits for memory must not hold any. The second reading comes from the system's cache.
    let header = {
        let _loan = rules.budget.borrow(2 * length);
        let bytes = std::fs::read(file).map_err(unreadable)?;
        inspect(&bytes, &rules.limits).map_err(|error| error.to_string())?
    };
    let (width, height) = (header.width, header.height);
    if width.min(height) < rules.min_side {
        return Err(format!("too small: {width}x{height} pixels, and each side has to be {} or more", rules.min_side));
    }
    let _loan = rules.budget.borrow(header.memory);
    let bytes = std::fs::read(file).map_err(unreadable)?;
    decode(&bytes, &rules.limits).map_err(|error| error.to_string())
}

/// Writes the picture at the network's size and notes what it looks like.
fn publish(run: &Run, found: &Found, picture: &RgbImage, size: u32) -> Result<Look> {
    let input = square(picture, size);
    let path = Dataset::image_file(&found.id);
    run.write(&path, &png(&input))?;
    Ok(Look {
        id: found.id.clone(),
        class: found.class.clone(),
        source: found.source.clone(),
        path,
        width: picture.width(),
        height: picture.height(),
        hash: perceptual_hash(&input),
    })
}
