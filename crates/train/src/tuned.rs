//! The tuned network: the trunk and the chosen head as `model.onnx`, and its description `model.json`.

use anyhow::{Context, Result, bail, ensure};
use contract::{Dataset, Split};
use graph::Model;
use inference::Layers;
use runtime::Session;
use zoo::{Features, Layer, Network, Parent};

use crate::cut::{Base, Cut};
use crate::examples::Examples;
use crate::features::images::read;
use crate::sweep::Sweep;
use crate::view::Run;

/// Writes the tuned network. Checks first that its probabilities equal those of its parts.
pub(crate) fn save(run: &Run, base: &Base, sweep: &Sweep, dataset: &Dataset, examples: &Examples) -> Result<()> {
    let head = sweep.head.without_dropout()?;
    let model = sweep.cut.join(&head)?;
    let bytes = model.to_bytes();
    check(run, base, sweep, &head, &model, dataset, examples)?;
    let network = describe(base, &sweep.cut, &model, &bytes, dataset)?;
    run.write(zoo::MODEL, &bytes)?;
    run.write(zoo::TUNED_DESCRIPTION, network.to_json().as_bytes())
}

/// Returns the description of the tuned network.
fn describe(base: &Base, cut: &Cut, model: &Model, bytes: &[u8], dataset: &Dataset) -> Result<Network> {
    let below = &base.network;
    let mut layers: Vec<Layer> = Vec::new();
    for layer in &below.layers {
        layers.push(layer.clone());
        if layer.name == below.features.layer {
            break;
        }
    }
    // The tuned network has no `Dropout` any more.
    let tensors = model.tensors();
    layers.retain(|layer| tensors.contains(&layer.name.as_str()));
    let features = match layers.last() {
        Some(last) if !tensors.contains(&below.features.layer.as_str()) => {
            Features { layer: last.name.clone(), ..below.features.clone() }
        }
        _ => below.features.clone(),
    };
    let shapes = model.shapes();
    let known: Vec<String> = layers.iter().map(|layer| layer.name.clone()).collect();
    let first_new = model.nodes().iter().rposition(|node| node.output.iter().any(|name| known.contains(name)));
    for node in model.nodes().iter().skip(first_new.map_or(0, |at| at + 1)) {
        let name = node.output.first().context("a node of the model has no output")?;
        let shape = shapes.per_item(name).with_context(|| format!("the shape of {name} is not known"))?;
        layers.push(Layer { name: name.clone(), operator: node.op_type().to_owned(), shape });
    }
    Ok(Network {
        name: format!("{}-tuned", below.name),
        input: below.input.clone(),
        layers,
        features,
        logits: Some(cut.logits.clone()),
        probabilities: Some(cut.probabilities.clone()),
        classes: dataset.classes.clone(),
        origin: format!(
            "{} with a new head, tuned by Tunescope on {} images",
            below.name,
            dataset.split(Split::Train).len()
        ),
        sha256: zoo::sha256(bytes),
        parent: Some(Parent { name: below.name.clone(), sha256: below.sha256.clone() }),
    })
}

/// Compares the probabilities of the whole network for some images with those of the head for their cached features.
fn check(
    run: &Run,
    base: &Base,
    sweep: &Sweep,
    head: &Model,
    whole: &Model,
    dataset: &Dataset,
    examples: &Examples,
) -> Result<()> {
    const IMAGES: usize = 8;
    const TOLERANCE: f32 = 1e-4;
    let Some((rows, _)) = examples.val.blocks(IMAGES).next() else { bail!("the val split is empty") };
    let input = &base.network.input;
    let images = rows.iter().map(|row| read(input, dataset, row.image)).collect::<Result<Vec<_>>>()?;
    let output = sweep.cut.probabilities.as_str();
    let from_images = Layers::open(whole, input, &[output], run.threads())?.run(&images)?;
    let rows = sweep.features.batch(&rows);
    let from_features = Session::new(head, run.threads())?.run(&[(&sweep.cut.tensor, rows.view())])?;
    let from_features = from_features.iter().find(|(name, _)| name == output).map(|(_, values)| values);
    let (Some(from_images), Some(from_features)) = (from_images.first(), from_features) else {
        bail!("the network has no output of probabilities")
    };
    ensure!(from_images.shape() == from_features.shape(), "the saved network has another number of classes");
    let apart = (from_images - from_features).iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    if apart.is_nan() || apart > TOLERANCE {
        bail!("the probabilities of the saved network differ by {apart} from those in training");
    }
    Ok(())
}
