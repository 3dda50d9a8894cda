//! Metadata and compressed pixels take no memory beyond the limits. The file has one test, because it measures the peak of its process.
#![allow(clippy::unwrap_used)]

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use imaging::{DecodeError, Limits, RgbImage, decode, inspect};
use testkit::files;

const MEBIBYTE: u64 = 1 << 20;

/// Returns a zlib stream that inflates to `mebibytes` MiB of zeros.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let block = vec![0; MEBIBYTE as usize];
    for _ in 0..mebibytes {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}

/// Returns `png` with one more chunk after its header.
fn with_chunk(png: &[u8], kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = png[..33].to_vec();
    bytes.extend(files::png_chunk(kind, data));
    bytes.extend(&png[33..]);
    bytes
}

/// Returns the peak memory of this process in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Sets the peak to the present memory, and returns it in bytes.
fn reset_peak() -> u64 {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    peak()
}

/// Returns the result of decoding `bytes`. Checks that neither the header nor the pixels take more than `limit` MiB of memory.
fn within(name: &str, bytes: &[u8], limit: u64) -> Result<RgbImage, DecodeError> {
    let before = reset_peak();
    let inspected = inspect(bytes, &Limits::default());
    let more = peak() - before;
    assert!(more < limit * MEBIBYTE, "{name}: the header took {} MiB", more / MEBIBYTE);
    let before = reset_peak();
    let decoded = decode(bytes, &Limits::default());
    let more = peak() - before;
    assert!(more < limit * MEBIBYTE, "{name}: decoding took {} MiB", more / MEBIBYTE);
    if let Err(error) = inspected {
        assert_eq!(decoded.as_ref().err(), Some(&error), "{name}");
    }
    decoded
}

#[test]
fn no_file_takes_more_memory_than_its_limit() {
    inflating_chunks_of_png();
    large_chunks_of_webp();
    inflating_strips_of_tiff();
    many_segments_of_jpeg();
}

fn inflating_chunks_of_png() {
    let png = files::png(&RgbImage::from_pixel(64, 48, image::Rgb([10, 200, 30])));
    let stream = bomb(400);
    let bombs = [
        ("iCCP", with_chunk(&png, *b"iCCP", &[b"icc\0\0".as_slice(), &stream].concat())),
        ("zTXt", with_chunk(&png, *b"zTXt", &[b"Comment\0\0".as_slice(), &stream].concat())),
        ("iTXt", with_chunk(&png, *b"iTXt", &[b"XML:com.adobe.xmp\0\x01\0\0\0".as_slice(), &stream].concat())),
    ];
    drop(stream);
    let before = reset_peak();
    for (kind, bytes) in &bombs {
        // `inspect` alone runs when a file comes from the web, and before a decoder waits for memory.
        let inspected = inspect(bytes, &Limits::default()).map(|header| header.memory);
        let decoded = decode(bytes, &Limits::default());
        if *kind == "iCCP" {
            let too_large = DecodeError::ProfileTooLarge { limit: 10 * MEBIBYTE };
            assert_eq!((inspected, decoded.err()), (Err(too_large.clone()), Some(too_large)));
        } else {
            assert!(inspected.unwrap() < 2 * bytes.len() as u64);
            assert_eq!(decoded.unwrap().get_pixel(3, 3).0, [10, 200, 30], "{kind}");
        }
    }
    let more = peak() - before;
    assert!(more < 8 * MEBIBYTE, "decoding took {} MiB", more / MEBIBYTE);

    // A profile below the maximum counts towards the memory limit.
    let large = with_chunk(&png, *b"iCCP", &[b"icc\0\0".as_slice(), &bomb(8)].concat());
    let limit = |mebibytes| Limits { max_bytes: mebibytes * MEBIBYTE, ..Limits::default() };
    assert!(matches!(inspect(&large, &limit(40)), Err(DecodeError::TooMuchMemory { .. })));
    assert!(decode(&large, &limit(64)).is_ok());
    let more = peak() - before;
    assert!(more < 64 * MEBIBYTE, "decoding took {} MiB", more / MEBIBYTE);
}

/// Returns a RIFF chunk.
fn riff_chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u32).to_le_bytes();
    [&kind[..], &length, data, &[0][..data.len() % 2]].concat()
}

fn large_chunks_of_webp() {
    let image = RgbImage::from_pixel(64, 48, image::Rgb([10, 200, 30]));
    let plain = files::encode(image, image::ImageFormat::WebP);
    // The canvas size minus 1, behind the flags for a profile and for EXIF data.
    let header = riff_chunk(*b"VP8X", &[0x28, 0, 0, 0, 63, 0, 0, 47, 0, 0]);
    let large = vec![7; 60 << 20];
    for (name, profile, exif) in [("ICCP", &large[..], &[7][..]), ("EXIF", &[7], &large), ("both", &large, &large)] {
        let chunks = [&header[..], &riff_chunk(*b"ICCP", profile), &plain[12..], &riff_chunk(*b"EXIF", exif)].concat();
        let bytes = [&b"RIFF"[..], &(chunks.len() as u32 + 4).to_le_bytes(), b"WEBP", &chunks].concat();
        drop(chunks);
        let decoded = within(name, &bytes, 8);
        if name == "EXIF" {
            assert_eq!(decoded.unwrap().get_pixel(3, 3).0, [10, 200, 30]);
        } else {
            assert_eq!(decoded.unwrap_err(), DecodeError::ProfileTooLarge { limit: 10 * MEBIBYTE });
        }
    }
}

/// Returns a TIFF with RGB pixels of 8 bits, Deflate compression, and one strip or tile with the data `stream`.
fn tiff([width, height]: [u32; 2], tile: Option<[u32; 2]>, stream: &[u8]) -> Vec<u8> {
    let at = 8 + stream.len().next_multiple_of(2) as u32;
    let mut tags: Vec<(u16, u32)> = vec![(256, width), (257, height), (258, 8), (259, 8), (262, 2)];
    let length = stream.len() as u32;
    match tile {
        None => tags.extend([(273, 8), (277, 3), (278, height), (279, length)]),
        Some([width, height]) => tags.extend([(277, 3), (322, width), (323, height), (324, 8), (325, length)]),
    }
    let mut bytes = [&b"II*\0"[..], &at.to_le_bytes(), stream, &[0][..stream.len() % 2]].concat();
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, value) in &tags {
        // The values are longs, except for the three numbers of bits behind the directory.
        let (kind, count, value) =
            if *tag == 258 { (3u16, 3u32, at + 6 + 12 * tags.len() as u32) } else { (4, 1, *value) };
        bytes
            .extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat());
    }
    bytes.extend([0, 0, 0, 0, 8, 0, 8, 0, 8, 0]);
    bytes
}

fn inflating_strips_of_tiff() {
    let stream = bomb(1331);
    for (name, size, tile) in
        [("a strip of a small image", [64, 48], None), ("a tile of a small image", [64, 48], Some([64, 48]))]
    {
        let decoded = within(name, &tiff(size, tile, &stream), 8).unwrap();
        assert_eq!(decoded.dimensions(), (64, 48), "{name}");
    }
    let decoded = within("a large tile of a small image", &tiff([64, 48], Some([21_600; 2]), &stream), 8);
    assert!(decoded.is_ok(), "{decoded:?}");
    for (name, tile) in [("a strip", None), ("a tile", Some([21_600; 2]))] {
        let error = within(name, &tiff([21_600; 2], tile, &stream), 8).unwrap_err();
        assert!(matches!(error, DecodeError::TooManyPixels { .. }), "{name}: {error}");
        // Within the limit of pixels, the memory decides.
        let error = within(name, &tiff([9_990; 2], tile, &stream), 8).unwrap_err();
        assert!(matches!(error, DecodeError::TooMuchMemory { .. }), "{name}: {error}");
    }
}

/// Returns `jpeg` with `segments` behind its first marker.
fn with_segments(jpeg: &[u8], segments: impl Iterator<Item = (u8, Vec<u8>)>) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    for (marker, data) in segments {
        bytes.extend([0xff, marker]);
        bytes.extend((data.len() as u16 + 2).to_be_bytes());
        bytes.extend(data);
    }
    bytes.extend(&jpeg[2..]);
    bytes
}

fn many_segments_of_jpeg() {
    let jpeg = files::jpeg(&RgbImage::from_pixel(64, 48, image::Rgb([10, 200, 30])));
    let content = vec![7; 65_000];
    let part = |number: u8, count: u8| (0xe2, [b"ICC_PROFILE\0", &[number, count][..], &content].concat());
    let too_large = DecodeError::ProfileTooLarge { limit: 10 * MEBIBYTE };
    let all = with_segments(&jpeg, (1..=255).map(|number| part(number, 255)));
    assert_eq!(within("255 parts", &all, 8).unwrap_err(), too_large);
    let repeated = with_segments(&jpeg, (0..1_000).map(|at| part((at % 255 + 1) as u8, 255)));
    assert_eq!(within("1000 parts", &repeated, 8).unwrap_err(), too_large);
    // A part is missing, so the file has no profile.
    let incomplete = with_segments(&jpeg, (0..1_000).map(|at| part((at % 254 + 1) as u8, 255)));
    assert_eq!(within("a missing part", &incomplete, 8).unwrap_err(), too_large);
    let incomplete = with_segments(&jpeg, (1..=100).map(|number| part(number, 255)));
    assert_eq!(within("many missing parts", &incomplete, 16).unwrap().dimensions(), (64, 48));

    // Directories whose entries claim 4 GiB of values each, and an entry that refers to its own directory.
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value.to_be_bytes()].concat()
    };
    let entries: Vec<u8> =
        (0..5_000).flat_map(|at| entry(if at % 2 == 0 { 0x8769 } else { 0x0112 }, 4, u32::MAX, 8)).collect();
    let exif = [&b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"[..], &entries].concat();
    let bytes = with_segments(&jpeg, (0..1_000).map(|_| (0xe1, exif.clone())));
    assert_eq!(within("EXIF", &bytes, 8).unwrap().dimensions(), (64, 48));
    let texts = [(0xe1, &b"http://ns.adobe.com/xap/1.0/\0"[..]), (0xed, b"Photoshop 3.0\0")];
    for (marker, prefix) in texts {
        let bytes = with_segments(&jpeg, (0..1_000).map(|_| (marker, [prefix, &content[..]].concat())));
        let name = String::from_utf8_lossy(prefix);
        assert_eq!(within(&name, &bytes, 8).unwrap().dimensions(), (64, 48));
    }
    let png = files::png(&RgbImage::from_pixel(64, 48, image::Rgb([10, 200, 30])));
    // The decoder joins the parts of XMP. The header counts this memory.
    let parts = (0..1_000u32).map(|at| {
        let place = [65_000_000u32.to_be_bytes(), (at * 65_000).to_be_bytes()].concat();
        (0xe1, [&b"http://ns.adobe.com/xmp/extension/\0"[..], &[7; 32], &place[..], &content].concat())
    });
    let bytes = with_segments(&jpeg, parts);
    let needed = inspect(&bytes, &Limits::default()).unwrap().memory - bytes.len() as u64;
    assert_eq!(within("XMP", &bytes, needed / MEBIBYTE).unwrap().dimensions(), (64, 48));
    let large = [&exif[6..], &vec![0xff; 60 << 20]].concat();
    assert_eq!(within("eXIf", &with_chunk(&png, *b"eXIf", &large), 8).unwrap().dimensions(), (64, 48));
}
