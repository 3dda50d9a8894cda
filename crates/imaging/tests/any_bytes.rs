//! No input makes the decoder panic or exceed the limits.

use std::sync::LazyLock;

use image::ImageFormat;
use imaging::{Limits, decode};
use proptest::prelude::*;
use testkit::files;
use testkit::images::draw;

static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let image = draw("disc", 7, 40);
    let mut all = vec![
        files::jpeg(&image),
        files::progressive_jpeg(&image),
        files::cmyk_jpeg(&image, false),
        files::cmyk_jpeg(&image, true),
        files::rotated_jpeg(&image, 6),
        files::png16(&image),
        files::animated_png(&image, [9, 9, 9]),
        files::animated_gif(&[image.clone(), draw("square", 7, 40)]),
    ];
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Tiff] {
        all.push(files::encode(image.clone(), format));
    }
    all
});

const LIMITS: Limits = Limits { max_pixels: 1_000_000, max_bytes: 32 << 20 };

/// One change to a file.
#[derive(Clone, Debug)]
enum Change {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    /// A change in the first bytes, because headers matter most.
    SetEarly(u8, u8),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, value)| Change::Set(at, value)),
        6 => (0..200u8, any::<u8>()).prop_map(|(at, value)| Change::SetEarly(at, value)),
        1 => any::<prop::sample::Index>().prop_map(Change::Cut),
        1 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => (any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 1..9))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match change {
        Change::Set(at, value) => bytes[at.index(length)] = *value,
        Change::SetEarly(at, value) => bytes[usize::from(*at).min(length - 1)] = *value,
        Change::Cut(at) => bytes.truncate(at.index(length)),
        Change::Remove(at, count) => {
            let at = at.index(length);
            bytes.drain(at..(at + usize::from(*count)).min(length));
        }
        Change::Insert(at, new) => {
            let at = at.index(length);
            bytes.splice(at..at, new.iter().copied());
        }
    }
}

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    match decode(bytes, &LIMITS) {
        Ok(image) => {
            let pixels = u64::from(image.width()) * u64::from(image.height());
            prop_assert!(pixels > 0 && pixels <= LIMITS.max_pixels);
        }
        Err(error) => {
            let text = error.to_string();
            prop_assert!(!text.is_empty() && !text.contains('\n'), "{:?}", text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files(which in any::<prop::sample::Index>(), changes in prop::collection::vec(change(), 1..6)) {
        let mut bytes = FILES[which.index(FILES.len())].clone();
        for change in &changes {
            apply(&mut bytes, change);
        }
        check(&bytes)?;
    }

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes)?;
    }
}

#[test]
fn the_corpus_of_the_fuzzer_is_decoded_or_rejected() {
    let folder = testkit::workspace_root().join("fuzz/corpus/header");
    let files: Vec<Vec<u8>> =
        std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    let read = files.iter().filter_map(|bytes| imaging::inspect(bytes, &LIMITS).ok()).count();
    assert!(files.len() >= 10 && read > 0 && read < files.len(), "{read} of {}", files.len());
    for bytes in files {
        let _ = decode(&bytes, &LIMITS);
    }
}
