//! Altered models give training files and a rewrite, or an error, and never a panic.

use graph::Model;
use proptest::prelude::*;
use runtime::training::{Options, artifacts};
use runtime::{Convolutions, with_own_operators};

use crate::nets::{branched, head};

proptest! {
    #[test]
    fn altered_bytes_never_panic(
        of_head in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        removed in prop::option::of((any::<prop::sample::Index>(), 1_usize..8)),
    ) {
        let mut bytes = if of_head { head().to_bytes() } else { branched().to_bytes() };
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Some((place, length)) = removed {
            let place = place.index(bytes.len());
            bytes.drain(place..(place + length).min(bytes.len()));
        }
        if let Ok(model) = Model::from_own_bytes("altered", bytes) {
            let logits = model.nodes().last().and_then(|node| node.input.first()).cloned().unwrap_or_default();
            // Any error will do.
            artifacts(&model, &Options { logits, ..Options::default() }).ok();
            with_own_operators(&model, Convolutions::Own).ok();
        }
    }
}
