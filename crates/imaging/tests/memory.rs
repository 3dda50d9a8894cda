//! Compressed metadata take no memory beyond the limits. The file has one test, because it measures the peak of its process.
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

#[test]
fn metadata_that_inflate_take_no_memory() {
    let png = files::png(&RgbImage::from_pixel(64, 48, image::Rgb([10, 200, 30])));
    let stream = bomb(400);
    let bombs = [
        ("iCCP", with_chunk(&png, *b"iCCP", &[b"icc\0\0".as_slice(), &stream].concat())),
        ("zTXt", with_chunk(&png, *b"zTXt", &[b"Comment\0\0".as_slice(), &stream].concat())),
        ("iTXt", with_chunk(&png, *b"iTXt", &[b"XML:com.adobe.xmp\0\x01\0\0\0".as_slice(), &stream].concat())),
    ];
    drop(stream);
    let before = peak();
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
