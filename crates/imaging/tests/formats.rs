//! Compares decoded images with the pixels that independent decoders find (formats/README.md).

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use imaging::{Fingerprint, Limits, RgbImage, decode, inspect};
use serde_json::Value;

/// The tolerance of the means of quadrants, in levels of 256.
const TOLERANCE: f64 = 3.0;

/// Returns the expectations by file name.
fn expected() -> BTreeMap<String, Value> {
    serde_json::from_str(include_str!("formats/expected.json")).unwrap()
}

/// Returns the mean colours of the quadrants: top left, top right, bottom left, bottom right. An empty quadrant has none.
fn quadrants(image: &RgbImage) -> [Option<[f64; 3]>; 4] {
    let (mut sums, mut counts) = ([[0.0; 3]; 4], [0.0; 4]);
    for (x, y, pixel) in image.enumerate_pixels() {
        let at = usize::from(x >= image.width() / 2) + 2 * usize::from(y >= image.height() / 2);
        counts[at] += 1.0;
        for (sum, sample) in sums[at].iter_mut().zip(pixel.0) {
            *sum += f64::from(sample);
        }
    }
    std::array::from_fn(|at| (counts[at] > 0.0).then(|| sums[at].map(|sum| sum / counts[at])))
}

/// Compares the decoded `bytes` with an expectation. Returns what is wrong.
fn compare(bytes: &[u8], expected: &Value) -> Result<(), String> {
    let limits = Limits::default();
    let decoded = decode(bytes, &limits);
    // The copy search decodes only the luma, and must accept the same files.
    let hashed = inspect(bytes, &limits).and_then(|header| Fingerprint::decode(bytes, &header, &limits));
    let [error, hash_error] =
        [decoded.as_ref().err(), hashed.as_ref().err()].map(|error| error.map(ToString::to_string));
    if error != hash_error {
        return Err(format!("decoding says {error:?}, but hashing says {hash_error:?}"));
    }
    if let Some(reason) = expected["refused"].as_str() {
        return match error {
            Some(found) if found.starts_with(reason) => Ok(()),
            Some(found) => Err(format!("refused with `{found}` instead of `{reason}`")),
            None => Err(format!("decoded instead of refused with `{reason}`")),
        };
    }
    let image = decoded.map_err(|error| format!("refused: {error}"))?;
    let size = [image.width(), image.height()].map(u64::from);
    if expected["size"] != serde_json::json!(size) {
        return Err(format!("{size:?} pixels instead of {}", expected["size"]));
    }
    for (at, found) in quadrants(&image).iter().enumerate() {
        let wanted: Option<[f64; 3]> = serde_json::from_value(expected["quadrants"][at].clone()).unwrap();
        let near = match (found, &wanted) {
            (Some(found), Some(wanted)) => found.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= TOLERANCE),
            (None, None) => true,
            _ => false,
        };
        if !near {
            return Err(format!("quadrant {at} is {found:.1?} instead of {wanted:?}"));
        }
    }
    Ok(())
}

/// Compares all files and returns the number of decoded and of refused ones.
fn compare_all(files: impl Iterator<Item = (String, Vec<u8>)>) -> (usize, usize) {
    let expected = expected();
    let (mut decoded, mut refused, mut wrong) = (0, 0, Vec::new());
    for (name, bytes) in files {
        let expected = &expected[&name];
        match compare(&bytes, expected) {
            Ok(()) if expected["refused"].is_string() => refused += 1,
            Ok(()) => decoded += 1,
            Err(problem) => wrong.push(format!("{name}: {problem}")),
        }
    }
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} files differ from the reference:\n{}", wrong.join("\n"));
    (decoded, refused)
}

/// Returns the committed files by name.
fn committed() -> BTreeMap<String, Vec<u8>> {
    let mut archive = Vec::new();
    GzDecoder::new(&include_bytes!("formats/subset.tar.gz")[..]).read_to_end(&mut archive).unwrap();
    let mut archive = tar::Archive::new(archive.as_slice());
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), bytes)
    });
    files.collect()
}

#[test]
fn the_committed_files_match_the_reference() {
    let (decoded, refused) = compare_all(committed().into_iter());
    assert!(decoded >= 90 && refused >= 30, "{decoded} decoded, {refused} refused");
}

#[test]
fn a_tiff_whose_last_jpeg_stream_is_cut_is_refused() {
    let files = committed();
    for name in ["tiff/jpeg_ycbcr_22_strips.tif", "tiff/jpeg_ycbcr_22_tiles.tif"] {
        let bytes = &files[name];
        let decoded = |bytes: &[u8]| {
            decode(bytes, &Limits { max_pixels: 1_000_000, max_bytes: 64 << 20 })
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        assert_eq!(decoded(bytes), Ok(()), "{name}");
        for cut in [1, 2, 9, 100, 400, 800] {
            let said = decoded(&bytes[..bytes.len() - cut]).unwrap_err();
            assert!(said.starts_with("truncated: the TIFF data ends"), "{name} without {cut} bytes: {said}");
        }
    }
}

/// Compares the more than 1000 files that `formats/make.py` writes.
#[test]
fn all_generated_files_match_the_reference() {
    let folder = testkit::workspace_root().join("target/formats");
    if !folder.is_dir() {
        println!("skipped: {} does not exist; formats/README.md says how to write it", folder.display());
        return;
    }
    let read = |name: String| {
        let bytes = std::fs::read(folder.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, bytes)
    };
    let (decoded, refused) = compare_all(expected().into_keys().map(read));
    println!("{decoded} files decoded within {TOLERANCE} levels, {refused} refused with the pinned reason");
    assert!(decoded + refused >= 1000);
}

/// Compares files that users' programs wrote wrongly, which lie outside of the project.
#[test]
fn the_shared_cases_match_the_reference() {
    let folder = testkit::workspace_root().join("../shared/cases/pictures");
    let Ok(text) = std::fs::read_to_string(folder.join("expected.json")) else {
        println!("skipped: {} does not exist", folder.display());
        return;
    };
    let expected: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    for (name, expected) in expected {
        let read = imaging::read(&folder.join(&name), &Limits::default());
        if expected["expect"] == "quarantine" {
            assert!(read.is_err(), "{name} is decoded");
            continue;
        }
        let image = read.unwrap_or_else(|error| panic!("{error}"));
        for (part, key) in [(image.clone(), "quadrant_means"), (centre_square(&image), "centre_square_quadrant_means")]
        {
            for (found, wanted) in quadrants(&part).iter().zip(expected[key].as_array().unwrap()) {
                let wanted: [f64; 3] = serde_json::from_value(wanted.clone()).unwrap();
                if wanted.iter().any(|mean| *mean > 255.0) || is_unreliable(&name) {
                    continue;
                }
                let near = found.unwrap().iter().zip(wanted).all(|(a, b)| (a - b).abs() <= TOLERANCE);
                assert!(near, "{name}: {found:.1?} instead of {wanted:?}");
            }
        }
    }
}

/// Returns whether the reference of a shared case is wrong. The means of the premultiplied TIFF are above 255. Its correct means
/// are `c + 255 - alpha`, and `formats/` has files of this kind with a correct reference.
fn is_unreliable(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|name| name == "tiff_premultiplied.tif")
}

fn centre_square(image: &RgbImage) -> RgbImage {
    let side = image.width().min(image.height());
    let (left, top) = ((image.width() - side) / 2, (image.height() - side) / 2);
    image::imageops::crop_imm(image, left, top, side, side).to_image()
}
