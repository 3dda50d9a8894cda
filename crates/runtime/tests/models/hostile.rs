//! Tests with altered models. They give training files and a rewrite, or an error. They never cause a panic.

use graph::Model;
use proptest::prelude::*;
use runtime::training::{Options, artifacts};
use runtime::{Convolutions, with_own_operators};

use crate::altered::altered_bytes;

proptest! {
    #[test]
    fn altered_bytes_never_panic(bytes in altered_bytes()) {
        if let Ok(model) = Model::from_own_bytes("altered", bytes) {
            let logits = model.nodes().last().and_then(|node| node.input.first()).cloned().unwrap_or_default();
            // The kind of the error does not matter.
            artifacts(&model, &Options { logits, ..Options::default() }).ok();
            with_own_operators(&model, Convolutions::Own).ok();
        }
    }
}
