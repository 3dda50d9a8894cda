//! The number of images in one run of a session.

use graph::{Model, cost, tensor};

use crate::operators::names::DENSE;

/// Largest tensor, in bytes, of a run of [`MANY`] images.
const LARGEST: usize = 64 << 20;
/// Images in a usual run.
const FEW: usize = 32;
/// Images in a run of a model with our own dense layers: such a layer reads its weights from memory once in each run.
const MANY: usize = 64;

/// Bytes that the tensors of one run may take together.
const MEMORY: u64 = 1 << 30;

/// Returns the largest number of images, at least 1 and at most `most`, whose tensors take at most about 1 GiB in one run of
/// `model`.
pub fn fitting(model: &Model, most: usize) -> usize {
    let fit = MEMORY / model.memory_for_one().max(1);
    usize::try_from(fit).unwrap_or(most).clamp(1, most.max(1))
}

/// Returns how many images a session of `model` takes at once when there are many: 32, or 64 for a model with our own
/// dense layers ([`super::with_own_operators`]) and no tensor above 64 MiB. Fewer when they would take more than 1 GiB.
pub fn images_per_run(model: &Model) -> usize {
    let shapes = model.shapes_for_one();
    let inputs = model.inputs().into_iter().map(|input| shapes.per_item(input));
    let values = inputs.chain(cost::of(model).into_iter().map(|cost| cost.shape));
    let largest = values.map(|shape| tensor::count(&shape?).ok()).max_by_key(|values| values.unwrap_or(usize::MAX));
    let fits = largest.flatten().is_some_and(|values| values <= LARGEST / size_of::<f32>() / MANY);
    fitting(model, if fits && model.has_operator(DENSE) { MANY } else { FEW })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use graph::builder::{Builder, Node};

    #[test]
    fn large_images_run_in_small_batches() {
        let model = |side: usize| {
            let mut net = Builder::new("sides");
            net.batch_input("image", &[3, side, side]);
            net.node(Node::new("Sigmoid", "output").inputs(["image"])).finish(&["output"]).unwrap()
        };
        assert_eq!(images_per_run(&model(224)), FEW);
        // Two tensors of 3 x 4096 x 4096 values of 4 bytes are 384 MiB, and two of these fit into 1 GiB.
        assert_eq!((images_per_run(&model(4096)), fitting(&model(4096), 16)), (2, 2));
        assert_eq!(fitting(&model(1 << 20), 16), 1);
    }
}
