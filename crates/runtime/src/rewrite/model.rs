//! The rewrite of a whole model.

use graph::onnx::GraphProto;
use graph::{Error, Model, opset};

use super::convolutions::Convolutions;
use super::replace::changed;
use super::{convolution, dense_layers};
use crate::operators::names::DOMAIN;

/// Returns the model with our own operators in place of convolutions, of gradients of convolutions that
/// [`graph::backward`] built, and of dense layers of 2^20 weights and more. With [`Convolutions::Runtime`] the result is
/// the model itself.
///
/// A `Relu` that is the only reader of such a layer becomes part of it, and behind a convolution a `MaxPool` too. The
/// tensors in between no longer exist in the result. `Conv` and `ConvTranspose` nodes with contradicting attributes stay
/// as they are, and the runtime rejects them.
///
/// # Errors
/// The result is checked as every model is. The check fails only for a model that was not sound before.
pub fn with_own_operators(model: &Model, which: Convolutions) -> Result<Model, Error> {
    let mut graph = model.graph().clone();
    let convolved = convolutions(&mut graph, which);
    let dense = which != Convolutions::Runtime && changed(&mut graph, |graph, _| dense_layers::rewrite(graph, model));
    if !convolved && !dense {
        return Ok(model.clone());
    }
    let mut proto = model.to_proto();
    opset::import(&mut proto, DOMAIN);
    proto.graph = Some(graph);
    Model::from_proto(model.label(), proto)
}

/// Replaces the convolutions of a graph and their gradients by our own operators, and returns whether any was replaced. The
/// order of the nodes stays.
///
/// A caller that adds graph outputs later must not add a tensor between a convolution and its `Relu` or `MaxPool`.
pub(crate) fn convolutions(graph: &mut GraphProto, which: Convolutions) -> bool {
    which != Convolutions::Runtime && changed(graph, |graph, shapes| convolution::rewrite(graph, which, shapes))
}
