//! The answers of misbehaving hosts.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use image::{Rgb, RgbImage};
use testkit::{files, images};
use tokio::io::AsyncWriteExt;

use crate::badly::{Received, Reply, answer, endlessly, head, script};

/// Returns a complete answer with a body of the media type `kind`.
pub fn body(kind: &'static str, bytes: Vec<u8>) -> impl Fn(&Received, usize) -> Reply + Send + Sync {
    move |_, _| answer("200 OK", &[("content-type", kind)], &bytes)
}

/// Returns a complete answer with a JPEG body.
pub fn jpeg_answer(bytes: Vec<u8>) -> impl Fn(&Received, usize) -> Reply + Send + Sync {
    body("image/jpeg", bytes)
}

/// Returns an answer without a body.
pub fn bare(
    status: &'static str,
    fields: &'static [(&'static str, &'static str)],
) -> impl Fn(&Received, usize) -> Reply {
    move |_, _| answer(status, fields, b"")
}

/// Returns an answer with `status` to the first request, and an image to later requests.
pub fn first(status: &'static str, index: u32) -> impl Fn(&Received, usize) -> Reply {
    move |_, before| match before {
        0 => answer(status, &[("retry-after", "1")], b""),
        _ => answer("200 OK", &[("content-type", "image/jpeg")], &jpeg(index)),
    }
}

/// Announces `announced` bytes, sends `sent` bytes of an image, and stalls.
pub fn stalls(announced: &'static str, sent: usize) -> impl Fn(&Received, usize) -> Reply {
    move |_, _| {
        let start = [head("200 OK", &[("content-length", announced)]), jpeg(1)[..sent].to_vec()].concat();
        script(move |mut stream| async move {
            drop(stream.write_all(&start).await);
            tokio::time::sleep(Duration::from_secs(60)).await;
        })
    }
}

/// Sends `first`, and then `again` after each `pause`.
pub fn drips(first: Vec<u8>, again: Vec<u8>, pause: Duration) -> impl Fn(&Received, usize) -> Reply {
    move |_, _| {
        let (first, again) = (first.clone(), again.clone());
        script(move |stream| endlessly(stream, first, again, pause))
    }
}

/// Returns the JPEG image number `index`.
pub fn jpeg(index: u32) -> Vec<u8> {
    files::jpeg(&images::draw("disc", index, 96))
}

/// Returns an image with almost as many pixels as the default configuration allows.
pub fn largest(blue: u8) -> Vec<u8> {
    files::png(&RgbImage::from_fn(6000, 6000, |x, y| {
        let disc = (x.abs_diff(1500 + 10 * u32::from(blue)).pow(2) + y.abs_diff(2500).pow(2)) < 1_000_000;
        Rgb([if disc { 250 } else { 40 }, (y / 40) as u8, blue])
    }))
}

/// Returns a gzip stream of 200 MiB of zeros.
pub fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    (0..200).for_each(|_| encoder.write_all(&vec![0; 1 << 20]).unwrap());
    encoder.finish().unwrap()
}

/// Returns a PNG image whose colour profile inflates to 200 MiB.
pub fn profile_bomb() -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(b"icc\0\0".to_vec(), Compression::fast());
    (0..200).for_each(|_| encoder.write_all(&vec![0; 1 << 20]).unwrap());
    let image = files::png(&images::draw("disc", 7, 96));
    let chunk = files::png_chunk(*b"iCCP", &encoder.finish().unwrap());
    [&image[..33], &chunk, &image[33..]].concat()
}

/// Returns a ZIP archive with one stored file.
pub fn zip() -> Vec<u8> {
    let mut bytes = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a".to_vec();
    let directory = bytes.len() as u8;
    bytes.extend(
        b"PK\x01\x02\x0a\0\x0a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0a",
    );
    bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0");
    bytes.extend([directory, 0, 0, 0, 0, 0]);
    bytes
}

/// Returns a JPEG image with a comment, which decoders ignore.
pub fn commented(index: u32, comment: &[u8]) -> Vec<u8> {
    let whole = jpeg(index);
    let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    [&whole[..2], b"\xff\xfe", &length, comment, &whole[2..]].concat()
}
