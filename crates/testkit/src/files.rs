//! Encoders for image files of every kind.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Frame, ImageFormat, RgbImage, imageops};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// Encodes `image` in a format of the crate `image`.
pub fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Encodes `image` as a PNG with 8 bits per sample.
pub fn png(image: &RgbImage) -> Vec<u8> {
    encode(image.clone(), ImageFormat::Png)
}

/// Encodes `image` as a PNG with 16 bits per sample.
pub fn png16(image: &RgbImage) -> Vec<u8> {
    encode(DynamicImage::from(image.clone()).into_rgb16(), ImageFormat::Png)
}

/// Encodes `image` as a baseline JPEG of quality 90.
pub fn jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(image).unwrap();
    bytes
}

/// Encodes `image` as a progressive JPEG of quality 90, with chroma subsampling 4:2:0.
pub fn progressive_jpeg(image: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_progressive(true);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let (width, height) = image.dimensions();
    encoder.encode(image.as_raw(), width as u16, height as u16, ColorType::Rgb).unwrap();
    bytes
}

/// Encodes `image` as a JPEG with four components and Adobe's inverted inks.
///
/// The colour space is YCCK when `ycck` is set, and CMYK otherwise. The separation uses as much black as possible.
pub fn cmyk_jpeg(image: &RgbImage, ycck: bool) -> Vec<u8> {
    let inks: Vec<u8> = image
        .pixels()
        .flat_map(|pixel| {
            let white = u16::from(*pixel.0.iter().max().unwrap()).max(1);
            let ink = pixel.0.map(|value| 255 - (u16::from(value) * 255 / white) as u8);
            [ink[0], ink[1], ink[2], 255 - white as u8]
        })
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 95);
    encoder.set_sampling_factor(SamplingFactor::F_1_1);
    let (width, height) = image.dimensions();
    let kind = if ycck { ColorType::CmykAsYcck } else { ColorType::Cmyk };
    encoder.encode(&inks, width as u16, height as u16, kind).unwrap();
    bytes
}

/// Encodes a JPEG that shows `upright` after a reader applies its EXIF `orientation` (1 to 8).
pub fn rotated_jpeg(upright: &RgbImage, orientation: u8) -> Vec<u8> {
    let stored = match orientation {
        1 => upright.clone(),
        2 => imageops::flip_horizontal(upright),
        3 => imageops::rotate180(upright),
        4 => imageops::flip_vertical(upright),
        5 => imageops::flip_horizontal(&imageops::rotate90(upright)),
        6 => imageops::rotate270(upright),
        7 => imageops::flip_horizontal(&imageops::rotate270(upright)),
        8 => imageops::rotate90(upright),
        _ => panic!("no EXIF orientation {orientation}"),
    };
    // Big-endian TIFF header, one entry: tag 0x0112 (orientation), type SHORT, one value.
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut bytes = jpeg(&stored);
    let mut segment = vec![0xff, 0xe1];
    segment.extend((exif.len() as u16 + 2).to_be_bytes());
    segment.extend(exif);
    bytes.splice(2..2, segment);
    bytes
}

/// Encodes `frames` as an animated GIF, with a tenth of a second per frame.
pub fn animated_gif(frames: &[RgbImage]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for frame in frames {
        let frame = DynamicImage::from(frame.clone()).into_rgba8();
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    bytes
}

/// Encodes an animated PNG of two frames: `first`, and an image of the same size in the colour `then`.
pub fn animated_png(first: &RgbImage, then: [u8; 3]) -> Vec<u8> {
    let (width, height) = first.dimensions();
    let second = png(&RgbImage::from_pixel(width, height, image::Rgb(then)));
    let frame_control = |sequence: u32| {
        let mut data = [sequence, width, height, 0, 0].map(u32::to_be_bytes).concat();
        data.extend([0, 1, 0, 10, 0, 0]);
        png_chunk(*b"fcTL", &data)
    };
    let still = png(first);
    let mut bytes = still[..33].to_vec();
    bytes.extend(png_chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]));
    bytes.extend(frame_control(0));
    for data in image_data(&still) {
        bytes.extend(png_chunk(*b"IDAT", data));
    }
    bytes.extend(frame_control(1));
    let data = [vec![0, 0, 0, 2], image_data(&second).concat()].concat();
    bytes.extend(png_chunk(*b"fdAT", &data));
    bytes.extend(png_chunk(*b"IEND", &[]));
    bytes
}

/// Returns a PNG file whose header claims `width` x `height` pixels, with almost no pixel data.
pub fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut header = [width, height].map(u32::to_be_bytes).concat();
    header.extend([8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(png_chunk(*b"IHDR", &header));
    bytes.extend(png_chunk(*b"IDAT", b"\x78\x9c\x63\x00\x00\x00\x01\x00\x01"));
    bytes.extend(png_chunk(*b"IEND", &[]));
    bytes
}

/// Returns the data of each IDAT chunk of a PNG file.
fn image_data(png: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut at = 8;
    while at + 12 <= png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        if &png[at + 4..at + 8] == b"IDAT" {
            found.push(&png[at + 8..at + 8 + length]);
        }
        at += 12 + length;
    }
    found
}

/// Returns a PNG chunk with its length and checksum.
pub fn png_chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut bytes = (data.len() as u32).to_be_bytes().to_vec();
    bytes.extend(name);
    bytes.extend(data);
    let checksum = bytes[4..].iter().fold(u32::MAX, |checksum, byte| {
        (0..8).fold(checksum ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
    });
    bytes.extend((!checksum).to_be_bytes());
    bytes
}
