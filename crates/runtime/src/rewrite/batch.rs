//! The number of images in one run of a session.

use graph::{Model, cost};

use crate::operators::names::DENSE;

/// Largest tensor, in bytes, of a run of [`MANY`] images.
const LARGEST: usize = 64 << 20;
/// Images in a usual run.
const FEW: usize = 32;
/// Images in a run of a model with our own dense layers: such a layer reads its weights from memory once in each run.
const MANY: usize = 64;

/// Returns how many images a session of `model` takes at once when there are many: 32, or 64 for a model with our own
/// dense layers ([`super::with_own_operators`]) and no tensor above 64 MiB.
pub fn images_per_run(model: &Model) -> usize {
    let shapes = model.shapes_for_one();
    let inputs = model.inputs().into_iter().map(|input| shapes.per_item(input));
    let values = inputs.chain(cost::of(model).into_iter().map(|cost| cost.shape));
    let largest =
        values.map(|shape| Some(shape?.iter().product::<usize>())).max_by_key(|values| values.unwrap_or(usize::MAX));
    let fits = largest.flatten().is_some_and(|values| values <= LARGEST / size_of::<f32>() / MANY);
    if fits && model.has_operator(DENSE) { MANY } else { FEW }
}
