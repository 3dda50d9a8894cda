//! Images: decoding untrusted bytes to 8-bit sRGB, resizing, augmentation, tensors, perceptual hashes and encoding.
//!
//! All crates decode images with [`decode`]. The limits, the supported formats and the orientation are therefore the same
//! everywhere. The crate knows nothing about networks.
//!
//! ```
//! let image = image::RgbImage::from_pixel(300, 200, image::Rgb([200, 40, 40]));
//! let bytes = imaging::png(&image);
//! let again = imaging::decode(&bytes, &imaging::Limits::default())?;
//! let input = imaging::square(&again, 224);
//! let tensor = imaging::tensor::nchw(
//!     &input, imaging::tensor::ChannelOrder::Rgb, 1.0 / 255.0, [0.5; 3], [0.25; 3],
//! );
//! assert_eq!(tensor.dim(), (3, 224, 224));
//! # Ok::<(), imaging::DecodeError>(())
//! ```
//!
//! Colour profiles (ICC) are applied. docs/images.md lists the supported kinds of each format.

mod augment;
mod bmp;
mod color;
mod content;
mod convert;
mod decode;
mod encode;
mod error;
mod fingerprint;
mod format;
mod guard;
mod hash;
mod header;
mod jpeg;
mod limits;
mod metadata;
mod png;
mod resize;
mod sheet;
mod spectrum;
pub mod tensor;
mod tiff;

pub use augment::{Augment, Transform};
pub use decode::{decode, read};
pub use encode::{jpeg, png};
pub use error::{DecodeError, ReadError};
pub use fingerprint::{Fingerprint, FingerprintIndex};
pub use format::{Format, sniff};
pub use hash::{PerceptualHash, near_duplicate_groups, perceptual_hash};
pub use header::{Header, inspect};
pub use image::{Rgb, RgbImage};
pub use limits::Limits;
pub use resize::{square, thumbnail};
pub use sheet::{SheetLayout, contact_sheet};
