//! Damages images at random. `scrape`, `preprocess` and `classify` use them or say why not.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use testkit::Workspace;
use testkit::files;
use testkit::images::{self, draw};

use super::{Counts, number, rng, run, workspace};

/// Number of damaged images in one run.
const PER_RUN: usize = 100;

fn valid() -> Vec<(&'static str, Vec<u8>)> {
    use image::ImageFormat::{Bmp, Gif, Tiff, WebP};
    let image = draw("disc", 3, 96);
    let mut all = vec![
        ("png", files::png(&image)),
        ("png", files::png16(&image)),
        ("jpg", files::jpeg(&image)),
        ("jpg", files::progressive_jpeg(&image)),
        ("jpg", files::cmyk_jpeg(&image, true)),
        ("jpg", files::rotated_jpeg(&image, 6)),
    ];
    for (extension, format) in [("bmp", Bmp), ("gif", Gif), ("tif", Tiff), ("webp", WebP)] {
        all.push((extension, files::encode(image.clone(), format)));
    }
    all
}

/// Flips bytes, cuts, repeats or inserts a part, or joins two files.
fn damage(bytes: &[u8], other: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let length = bytes.len();
    let (one, two) = (rng.random_range(0..length), rng.random_range(0..length));
    let part = one.min(two)..one.max(two);
    match rng.random_range(0..6) {
        0 => (0..rng.random_range(1..20)).for_each(|_| bytes[rng.random_range(0..length)] = rng.random()),
        // Bytes of the header have the largest effect.
        1 => (0..3).for_each(|_| bytes[rng.random_range(0..length.min(64))] = rng.random()),
        2 => bytes.truncate(one),
        3 => bytes[part].fill(0),
        4 => drop(bytes.drain(part)),
        _ => bytes.splice(part, other[..other.len() / 2].iter().copied()).for_each(drop),
    }
    bytes
}

fn write(workspace: &Workspace, rng: &mut ChaCha8Rng) {
    let valid = valid();
    fs_err::remove_dir_all(workspace.join("photos")).unwrap();
    images::write_classes(&workspace.join("photos"), &["disc", "stripes"], 10, 96);
    for at in 0..PER_RUN {
        let (extension, bytes) = valid.choose(rng).unwrap();
        let other = &valid.choose(rng).unwrap().1;
        workspace.write(format!("photos/disc/damaged{at:03}.{extension}"), damage(bytes, other, rng));
    }
}

#[test]
#[ignore = "takes long; FAULTS is the number of runs with 100 damaged images each"]
fn damaged_images_stop_no_stage() {
    let workspace = workspace();
    let (mut rng, mut counts, mut quarantined, mut used) = (rng(), Counts::default(), 0, 0);
    for fault in 0..number("FAULTS", 50) {
        write(&workspace, &mut rng);
        for name in ["scrape", "preprocess"] {
            let output = run(&workspace, name, &["--quiet"]);
            let code = counts.add(&output, &(fault, name));
            assert!(matches!(code, 0 | 4), "{fault} {name}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let rows = |file: &str| workspace.text(file).lines().filter(|line| line.contains("damaged")).count();
        let (refused, decoded) =
            (rows("artifacts/preprocess/quarantine.csv"), rows("artifacts/preprocess/dataset.csv"));
        assert!(refused + decoded >= PER_RUN, "{fault}: {refused} refused, {decoded} decoded of {PER_RUN}");
        (quarantined, used) = (quarantined + refused, used + decoded);
        let names = fs_err::read_dir(workspace.join("photos/disc")).unwrap().map(|entry| entry.unwrap().path());
        let names: Vec<String> = names.map(|path| path.to_str().unwrap().to_owned()).collect();
        let mut args = vec!["classify", "--network", "squeezenet"];
        args.extend(names.iter().map(String::as_str));
        let output = run(&workspace, "evaluate", &args);
        counts.add(&output, &(fault, "classify"));
    }
    println!("damaged images: {counts:?}; {quarantined} in quarantine, {used} used");
}
