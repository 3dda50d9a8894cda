//! Aligned memory that is reused: newly allocated memory costs as much time as the transform of a tile.

mod aligned;
mod pooled;

pub(crate) use aligned::AlignedBuffer;
pub use pooled::PooledBuffer;
