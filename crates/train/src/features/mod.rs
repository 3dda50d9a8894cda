//! Features at a cut, computed once for each image and each augmented copy, then read from a cache.
//!
//! The folder `artifacts/train/features/<cut>/` holds the features at one cut. `<cut>` is
//! [`Cut::key`](crate::cut::Cut::key). The key of a record is a hash of the image's bytes and of its augmentation. A new
//! image or class adds only its own records, and a killed run resumes after its last file. The folders of several cuts
//! exist as long as one run needs them.
//!
//! When the cut is at the input, a record holds the pixels of the image. They take a quarter of the space of the tensor.

mod cache;
pub(crate) mod images;
mod pass;
mod row;
mod shard;
mod space;
mod store;

pub(crate) use cache::{Features, drop_other_cuts};
pub(crate) use row::{Copies, FeatureRow};
