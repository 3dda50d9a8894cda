//! Decoding of all formats, of damaged files and of other content.

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use imaging::{DecodeError, Fingerprint, Format, Limits, decode, inspect, sniff};
use testkit::images::{is_upright, quadrants};
use testkit::{files, hostile};

fn valid() -> Vec<(&'static str, Vec<u8>)> {
    let upright = quadrants(96, 64);
    let plain = |format| files::encode(upright.clone(), format);
    let rgba = DynamicImage::from(upright.clone()).into_rgba8();
    vec![
        ("png", files::png(&upright)),
        ("png16", files::png16(&upright)),
        ("png with alpha", files::encode(rgba, ImageFormat::Png)),
        ("apng", files::animated_png(&upright, [0, 0, 0])),
        ("jpeg", files::jpeg(&upright)),
        ("progressive jpeg", files::progressive_jpeg(&upright)),
        ("cmyk jpeg", files::cmyk_jpeg(&upright, false)),
        ("ycck jpeg", files::cmyk_jpeg(&upright, true)),
        ("gif", files::animated_gif(&[upright.clone(), RgbImage::new(96, 64)])),
        ("webp", plain(ImageFormat::WebP)),
        ("bmp", plain(ImageFormat::Bmp)),
        ("tiff", plain(ImageFormat::Tiff)),
    ]
}

#[test]
fn every_format_is_decoded_and_oriented() {
    for (kind, bytes) in valid() {
        let image = decode(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(image.dimensions(), (96, 64), "{kind}");
        assert!(is_upright(&image, 8), "{kind} has wrong colours or a wrong orientation");
    }
}

#[test]
fn every_exif_orientation_is_applied() {
    for orientation in 1..=8 {
        let bytes = files::rotated_jpeg(&quadrants(96, 64), orientation);
        let image = decode(&bytes, &Limits::default()).unwrap();
        assert_eq!(image.dimensions(), (96, 64), "orientation {orientation}");
        assert!(is_upright(&image, 12), "orientation {orientation}");
    }
}

#[test]
fn grey_and_palette_images_become_rgb() {
    let gray = image::GrayImage::from_fn(40, 30, |x, _| image::Luma([(x * 6) as u8]));
    for format in [ImageFormat::Png, ImageFormat::Tiff, ImageFormat::Jpeg] {
        let image = decode(&files::encode(gray.clone(), format), &Limits::default()).unwrap();
        let [r, g, b] = image.get_pixel(20, 15).0;
        assert!(r == g && g == b && r.abs_diff(120) <= 2, "{format:?}: {r} {g} {b}");
    }
    // A GIF always has a palette.
    let gif = files::animated_gif(&[quadrants(8, 8)]);
    assert!(is_upright(&decode(&gif, &Limits::default()).unwrap(), 8));
}

#[test]
fn a_truncated_file_is_an_error() {
    let detailed = testkit::images::draw("disc", 1, 96);
    let mut cuts = valid();
    cuts.push(("detailed jpeg", files::jpeg(&detailed)));
    cuts.push(("detailed progressive jpeg", files::progressive_jpeg(&detailed)));
    cuts.push(("detailed png", files::png(&detailed)));
    cuts.push(("detailed gif", files::animated_gif(std::slice::from_ref(&detailed))));
    cuts.push(("detailed webp", files::encode(detailed, ImageFormat::WebP)));
    let mut wrong = Vec::new();
    for (kind, bytes) in cuts {
        // Only the first frame matters, so later frames and the trailer may be missing.
        let parts = if kind.contains("gif") || kind == "apng" { 1..6 } else { 1..10 };
        for tenth in parts {
            let cut = &bytes[..bytes.len() * tenth / 10];
            match decode(cut, &Limits::default()) {
                Err(DecodeError::Truncated { .. }) => {}
                other => wrong.push(format!("{kind} cut to {tenth}/10: {:?}", other.map(|p| p.dimensions()))),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_jpeg_with_invalid_data_is_damaged() {
    let mut bytes = files::jpeg(&testkit::images::draw("disc", 1, 200));
    let middle = bytes.len() / 2;
    // A Huffman code never consists of ones only.
    bytes[middle..middle + 8].copy_from_slice(&[0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0]);
    match decode(&bytes, &Limits::default()) {
        Err(DecodeError::Damaged { format: Format::Jpeg, .. }) => {}
        other => panic!("{:?}", other.map(|image| image.dimensions())),
    }
    // An intact image may have the grey of missing data.
    let gray = files::jpeg(&RgbImage::from_pixel(64, 64, Rgb([128; 3])));
    assert!(decode(&gray, &Limits::default()).is_ok());
}

#[test]
fn strips_that_overlap_are_refused() {
    // 1000 strips of one row each, all at the same place.
    let rows = 1000u16;
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    let entries: [(u16, u16, u32, u32); 8] = [
        (256, 3, 1, 100),
        (257, 3, 1, u32::from(rows)),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, u32::from(rows), 200),
        (278, 3, 1, 1),
        (279, 4, u32::from(rows), 200 + 4 * u32::from(rows)),
    ];
    file.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(count.to_le_bytes());
        file.extend(value.to_le_bytes());
    }
    file.resize(200, 0);
    let lists = [20_000u32, 100].map(|value| value.to_le_bytes().repeat(usize::from(rows)));
    file.extend(lists.concat());
    file.resize(20_100, 7);
    let error = decode(&file, &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("overlap"), "{error}");
}

#[test]
fn a_jpeg_with_thousands_of_scans_is_refused() {
    let bytes = files::progressive_jpeg(&quadrants(96, 64));
    // The last scan refines the lowest bits. Its header and data are repeated.
    let place = bytes.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    let scan = &bytes[place..bytes.len() - 2];
    let mut many = bytes[..place].to_vec();
    many.extend(scan.repeat(1000));
    many.extend([0xff, 0xd9]);
    let error = decode(&many, &Limits::default()).unwrap_err();
    assert!(error.to_string().contains("more than 200 scans"), "{error}");
}

#[test]
fn the_limits_are_checked_on_the_header() {
    let limits = |max_pixels, max_bytes| Limits { max_pixels, max_bytes };
    let huge = files::png_claiming(60_000, 60_000);
    let error = decode(&huge, &Limits::default()).unwrap_err();
    assert_eq!(error, DecodeError::TooManyPixels { width: 60_000, height: 60_000, limit: 100_000_000 });
    let mut gif = files::animated_gif(&[quadrants(8, 8)]);
    gif[6..10].fill(0xff);
    assert!(matches!(decode(&gif, &Limits::default()), Err(DecodeError::TooManyPixels { .. })));

    let bytes = files::progressive_jpeg(&quadrants(200, 100));
    assert!(decode(&bytes, &limits(20_000, 1 << 20)).is_ok());
    assert!(matches!(decode(&bytes, &limits(19_999, 1 << 20)), Err(DecodeError::TooManyPixels { .. })));
    let header = inspect(&bytes, &limits(20_000, 1 << 20)).unwrap();
    assert_eq!((header.format, header.width, header.height), (Format::Jpeg, 200, 100));
    // Three bytes per pixel, and 16-bit coefficients with one and a half samples per pixel.
    assert!(header.memory >= 20_000 * 6, "{}", header.memory);
    assert!(decode(&bytes, &limits(20_000, header.memory)).is_ok());
    assert!(matches!(decode(&bytes, &limits(20_000, header.memory - 1)), Err(DecodeError::TooMuchMemory { .. })));
}

#[test]
fn the_error_says_what_the_content_is() {
    let default = Limits::default();
    let say = |bytes: &[u8]| decode(bytes, &default).unwrap_err().to_string();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("text", b"Dear Sir,\nBMW and GIF".to_vec()),
        ("latin text", "Größe, naïve\n".repeat(200).into_bytes()),
        ("html", b"\n<!DOCTYPE html><html><head>404".to_vec()),
        ("svg", b"<?xml version='1.0'?>\n<!-- by hand -->\n<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        ("xml", b"<?xml version='1.0'?><feed/>".to_vec()),
        ("json", b"{\"error\": \"not found\"}".to_vec()),
        ("avif", b"\0\0\0\x20ftypavif\0\0\0\0".to_vec()),
        ("heic", b"\0\0\0\x18ftypheic\0\0\0\0".to_vec()),
        ("mp4", b"\0\0\0\x18ftypisom\0\0\0\0".to_vec()),
        ("psd", b"8BPS\0\x01rest".to_vec()),
        ("netpbm", b"P6\n2 2\n255\n............".to_vec()),
        ("pdf", b"%PDF-1.7\n".to_vec()),
        ("zip", b"PK\x03\x04............".to_vec()),
        ("a few bytes", vec![0, 1, 2]),
        ("noise", (0..64u8).map(|i| i.wrapping_mul(151) ^ 0xa5).collect()),
        ("huge png", files::png_claiming(60_000, 60_000)),
        ("png without pixels", files::png_claiming(0, 5)),
        ("png damaged", {
            let mut bytes = files::png(&testkit::images::draw("disc", 1, 64));
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
            bytes
        }),
        ("jpeg start", vec![0xff, 0xd8, 0xff]),
        ("jpeg without an image", vec![0xff, 0xd8, 0xff, 0xd9]),
    ];
    let table: Vec<String> = cases.iter().map(|(name, bytes)| format!("{name}: {}", say(bytes))).collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn the_content_determines_the_format() {
    for (kind, bytes) in valid() {
        let format = sniff(&bytes).unwrap();
        assert!(kind.contains(&format.to_string().to_lowercase()) || kind == "apng", "{kind}: {format}");
    }
    assert_eq!(sniff(b"BMW is a car maker, and this is a text"), None);
    assert_eq!(sniff(b""), None);
}

#[test]
fn hostile_files_are_decoded_or_rejected() {
    let folder = testkit::Workspace::new("");
    for case in hostile::write_folder(folder.path()) {
        let read = imaging::read(&folder.join(&case.path), &Limits::default());
        match (case.outcome, read) {
            (hostile::Outcome::Quadrants, Ok(image)) => {
                assert!(is_upright(&image, 16), "{}", case.path.display());
            }
            // This crate does not reject small images.
            (hostile::Outcome::Usable | hostile::Outcome::Unusable("1x1" | "20000x10"), Ok(_))
            | (hostile::Outcome::Unusable("folder" | "link"), Err(imaging::ReadError::File { .. })) => {}
            (hostile::Outcome::Unusable(text), Err(imaging::ReadError::Content { path, source })) => {
                assert!(source.to_string().contains(text), "{}: {source}", path.display());
            }
            (wanted, got) => panic!("{}: wanted {wanted:?}, got {got:?}", case.path.display()),
        }
    }
}

fn fingerprint(bytes: &[u8], limits: &Limits) -> Result<(Fingerprint, [u32; 2]), DecodeError> {
    Fingerprint::decode(bytes, &inspect(bytes, limits)?, limits)
}

#[test]
fn hashes_from_luma_match_those_from_colours() {
    let detailed = testkit::images::draw("disc", 1, 96);
    let mut kinds: Vec<(String, Vec<u8>)> = valid().into_iter().map(|(kind, bytes)| (kind.to_owned(), bytes)).collect();
    kinds.push(("detailed jpeg".into(), files::jpeg(&detailed)));
    kinds.push(("detailed progressive jpeg".into(), files::progressive_jpeg(&detailed)));
    // Sizes that are no multiple of a block.
    for (width, height) in [(17, 9), (33, 8), (7, 40)] {
        let part = image::imageops::crop_imm(&detailed, 20, 20, width, height).to_image();
        kinds.push((format!("{width}x{height}"), files::jpeg(&part)));
    }
    for orientation in 1..=8 {
        kinds.push((format!("turned {orientation}"), files::rotated_jpeg(&detailed, orientation)));
    }
    for (kind, bytes) in kinds {
        let image = decode(&bytes, &Limits::default()).unwrap();
        let (found, size) = fingerprint(&bytes, &Limits::default()).unwrap();
        assert_eq!(size, [image.width(), image.height()], "{kind}");
        let off = found.distance(&Fingerprint::of(&image));
        // Colours outside the range of RGB are clipped, which changes their luma.
        assert!(off <= 12, "{kind}: {off}");
    }
}

#[test]
fn hashing_and_decoding_return_the_same_errors() {
    let limits = Limits { max_pixels: 10_000, ..Limits::default() };
    for (kind, bytes) in valid() {
        for cut in [bytes.len() / 3, bytes.len() * 9 / 10, bytes.len()] {
            let bytes = &bytes[..cut];
            let [image, found] = [decode(bytes, &limits).err(), fingerprint(bytes, &limits).err()];
            assert_eq!(image.map(|e| e.to_string()), found.map(|e| e.to_string()), "{kind} cut at {cut}");
        }
    }
}
