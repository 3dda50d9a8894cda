//! The tensor at which a network is cut.

use graph::Model;

/// Returns the part of `model` that computes `outputs` from `tensor`, or `None` if they cannot be computed from it alone.
pub(super) fn above(model: &Model, tensor: &str, outputs: &[&str]) -> Option<Model> {
    let order = model.tensors();
    let top = outputs.iter().max_by_key(|output| order.iter().position(|tensor| tensor == *output))?;
    model.above(tensor, top).and_then(|above| above.expose(outputs)).ok()
}
