//! Checks of the configuration before a run.
//!
//! A request that cannot succeed is rejected before the stage does any work.

use crate::view::Scope;
use anyhow::Result;
use contract::Dataset;
use contract::stages;
use pipeline::error::UsageError;
use pipeline::{HintExt, run_again};

use crate::maps;
use crate::selection;
use crate::tsne::LOGITS;
use crate::tuned::Tuned;

/// Rejects images, layers, channels and occlusion windows that do not exist.
pub(crate) fn check(scope: Scope) -> Result<()> {
    let config = &scope.config.analyze;
    let network = zoo::Network::read(&scope.environment.stage(stages::TRAIN)).hint(run_again(stages::TRAIN))?;
    maps::windows(&config.occlusion, network.input.size)?;
    images_and_layers(scope)?;
    let layers = [&config.tsne.layer, &config.maps.layer].map(String::as_str);
    let layers: Vec<&str> = layers.into_iter().filter(|layer| !layer.is_empty() && *layer != LOGITS).collect();
    if layers.is_empty() {
        return Ok(());
    }
    let tuned = tuned(scope)?;
    tuned.has(&layers)?;
    maps_layer(&tuned, &config.maps.layer)
}

/// Rejects a layer for the gradient maps that has no feature maps.
fn maps_layer(tuned: &Tuned, layer: &str) -> Result<()> {
    let shapes = tuned.model.shapes();
    let has_maps = |layer: &str| shapes.per_item(layer).is_some_and(|shape| shape.len() == 3 && shape[1..] != [1, 1]);
    if layer.is_empty() || has_maps(layer) {
        return Ok(());
    }
    let last = tuned.network.layers.iter().map(|layer| layer.name.as_str()).rfind(|layer| has_maps(layer));
    Err(UsageError(format!("`analyze.maps.layer`: {layer} has no feature maps"))).hint(last.map_or_else(
        || "choose another layer".to_owned(),
        |last| format!("the last layer with feature maps is {last}"),
    ))
}

/// Rejects images, layers and channels that do not exist.
pub(crate) fn images_and_layers(scope: Scope) -> Result<()> {
    let config = &scope.config.analyze;
    selection::by_id(&config.pictures, &Dataset::read(&scope.environment.artifacts)?)?;
    if config.layers.is_empty() {
        return Ok(());
    }
    let tuned = tuned(scope)?;
    let layers: Vec<&str> = config.layers.iter().map(String::as_str).collect();
    tuned.has(&layers)?;
    let shapes = tuned.model.shapes();
    for layer in layers {
        let Some(count) = shapes.per_item(layer).and_then(|shape| shape.first().copied()) else { continue };
        if let Some(missing) = config.activations.channels.iter().find(|channel| **channel >= count) {
            return Err(UsageError(format!("layer {layer} has no channel {missing}")))
                .hint(format!("its channels are 0 to {}", count.saturating_sub(1)));
        }
    }
    Ok(())
}

fn tuned(scope: Scope) -> Result<Tuned> {
    Tuned::open(&scope.environment.stage(stages::TRAIN), scope.environment.threads)
}
