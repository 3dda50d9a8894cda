//! What the configuration asks for must be there before the old outputs are given up.

use crate::view::Scope;
use anyhow::Result;
use contract::Dataset;
use contract::stages;
use pipeline::HintExt;
use pipeline::error::UsageError;

use crate::choose;
use crate::maps;
use crate::tsne::LOGITS;
use crate::tuned::Tuned;

/// Refuses images, layers, channels and windows that the run could not find.
pub(crate) fn check(scope: Scope) -> Result<()> {
    let asked = &scope.config.analyze;
    let network = zoo::Network::read(&scope.environment.stage(stages::TRAIN)).hint("run `just train --force`")?;
    maps::windows(&asked.occlusion, network.input.size)?;
    images_and_layers(scope)?;
    let layers = [&asked.tsne.layer, &asked.maps.layer].map(String::as_str);
    let layers: Vec<&str> = layers.into_iter().filter(|layer| !layer.is_empty() && *layer != LOGITS).collect();
    if layers.is_empty() { Ok(()) } else { tuned(scope)?.has(&layers) }
}

/// Refuses images, layers and channels that are not there.
pub(crate) fn images_and_layers(scope: Scope) -> Result<()> {
    let asked = &scope.config.analyze;
    choose::asked(&asked.pictures, &Dataset::read(&scope.environment.artifacts)?)?;
    if asked.layers.is_empty() {
        return Ok(());
    }
    let tuned = tuned(scope)?;
    let layers: Vec<&str> = asked.layers.iter().map(String::as_str).collect();
    tuned.has(&layers)?;
    let shapes = tuned.model.shapes();
    for layer in layers {
        let count = shapes.per_item(layer).and_then(|shape| shape.first().copied());
        let none = asked.activations.channels.iter().find(|channel| count.is_some_and(|count| **channel >= count));
        if let (Some(none), Some(count)) = (none, count) {
            return Err(UsageError(format!("layer {layer} has no channel {none}")))
                .hint(format!("its channels are 0 to {}", count.saturating_sub(1)));
        }
    }
    Ok(())
}

fn tuned(scope: Scope) -> Result<Tuned> {
    Tuned::open(&scope.environment.stage(stages::TRAIN), scope.environment.threads)
}
