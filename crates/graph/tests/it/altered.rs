//! Models with altered bytes, for tests of hostile files.

use proptest::prelude::*;

use crate::nets::{branched, head};

/// Draws the bytes of a small model, of which some are changed and some are removed.
pub fn altered_bytes() -> impl Strategy<Value = Vec<u8>> {
    let index = any::<prop::sample::Index>;
    let changes = prop::collection::vec((index(), any::<u8>()), 1..6);
    let removed = prop::option::of((index(), 1_usize..8));
    (any::<bool>(), changes, removed).prop_map(|(is_head, changes, removed)| {
        let mut bytes = if is_head { head().to_bytes() } else { branched().to_bytes() };
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Some((place, length)) = removed {
            let place = place.index(bytes.len());
            bytes.drain(place..(place + length).min(bytes.len()));
        }
        bytes
    })
}
