//! Decodes the files and resizes the usable images to the input size of the network.

use std::path::Path;

use crate::view::Run;
use anyhow::Result;
use contract::Dataset;
use imaging::{Limits, RgbImage, decode, inspect, perceptual_hash, png, square};
use pipeline::stop;
use rayon::prelude::*;

use crate::budget::Budget;
use crate::duplicates::Usable;
use crate::quarantine::Quarantine;
use crate::scraped::ScrapedFile;

/// The limits for an image.
struct Rules {
    limits: Limits,
    min_side: u32,
    budget: Budget,
}

/// Decodes every file and writes the usable images with `size` x `size` pixels. The others go to the quarantine.
///
/// It uses all threads. The result has the order of `found`.
pub(crate) fn all(run: &Run, found: Vec<ScrapedFile>, size: u32, quarantine: &mut Quarantine) -> Result<Vec<Usable>> {
    let settings = &run.config.preprocess;
    let limits = Limits { max_pixels: settings.max_pixels, max_bytes: settings.max_memory_mb.saturating_mul(1 << 20) };
    let rules = Rules { limits, min_side: settings.min_side, budget: Budget::new(limits.max_bytes) };
    let progress = run.progress("decoding images", found.len());
    let examined: Result<Vec<_>> = found
        .into_par_iter()
        .map(|found| {
            stop::check()?;
            let result = match examine(&found.file, &rules) {
                Ok(image) => Ok(publish(run, &found, &image, size)?),
                Err(reason) => Err(reason),
            };
            progress.inc(1);
            Ok((found, result))
        })
        .collect();
    progress.finish();
    let mut images = Vec::new();
    for (found, result) in examined? {
        match result {
            Ok(image) => images.push(image),
            Err(reason) => quarantine.add(found.class, found.source, reason),
        }
    }
    Ok(images)
}

/// Returns the oriented image in `file`, or why it cannot be used.
fn examine(file: &Path, rules: &Rules) -> Result<RgbImage, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("cannot be read: it is a folder, pipe, socket or device, not a file".to_owned());
    }
    let length = metadata.len();
    if length > rules.limits.max_bytes {
        return Err(format!(
            "the file has {} MiB, over the memory limit of {} MiB",
            length >> 20,
            rules.limits.max_bytes >> 20
        ));
    }
    // A thread that waits for memory must not hold any. So the file is read twice: for its header, and again once the memory for
    // its pixels is available. The second read comes from the cache of the operating system.
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

/// Writes the image with the input size of the network and computes its perceptual hash.
fn publish(run: &Run, found: &ScrapedFile, image: &RgbImage, size: u32) -> Result<Usable> {
    let input = square(image, size);
    let path = Dataset::image_file(&found.id);
    run.write(&path, &png(&input))?;
    Ok(Usable {
        id: found.id.clone(),
        class: found.class.clone(),
        source: found.source.clone(),
        path,
        width: image.width(),
        height: image.height(),
        hash: perceptual_hash(&input),
    })
}
