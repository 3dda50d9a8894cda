//! What lies at a cut: made once for each picture and each augmented copy, then read from a cache.
//!
//! `artifacts/train/features/<cut>/` holds the values at one cut, `<cut>` being [`Cut::key`]. A record's key is made of
//! the picture's bytes and of what augmentation does to them, so a new picture or class adds only its own records, and
//! a run that was killed goes on where it stopped. Cuts of one network lie side by side as long as a run needs them.
//!
//! At the input the records are the pixels, a quarter of the size of the tensor that they become when they are read.

mod cache;
mod pass;
pub(crate) mod pictures;
mod row;
mod shard;
mod space;
mod store;

pub(crate) use cache::{Features, drop_other_cuts};
pub(crate) use row::{Copies, Row};
