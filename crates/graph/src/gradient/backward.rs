//! Gradients as a model, for the analysis of a network.

use super::differentiate::differentiate;
use super::rectifier::Rectifier;
use super::vendor;
use crate::builder::Node;
use crate::onnx::ValueInfoProto;
use crate::{Error, Model, opset};

/// Returns a model that computes the tensor `top` and its gradients, for an ordinary inference session.
///
/// Its inputs are those of `model` that `top` depends on, and `<top>_grad` with the shape of `top`. `<top>_grad` has a weight
/// for each value of `top`, for example 1 for the logit of one class and 0 for the others. Its outputs are `top` and a tensor
/// `<tensor>_grad` for each tensor in `of` (an input, a weight, or any tensor in between), with the shape of that tensor. This
/// output is the gradient of the weighted sum of the values of `top`. [`Model::expose`] adds further outputs. Dropout is removed, and
/// statistics of batch normalization are constants.
///
/// Where a slope jumps, as that of `Relu` at 0, the gradient is 0.
///
/// # Errors
/// Returns an error when the model does not have one of the tensors, when `top` does not depend on a tensor in `of`, and when
/// an operator in between has no gradient rule.
pub fn backward(model: &Model, top: &str, of: &[&str]) -> Result<Model, Error> {
    backward_through(model, top, of, Rectifier::Slope)
}

/// Returns a model like [`backward`], in which `rectifier` decides what `Relu` passes. With another choice than
/// [`Rectifier::Slope`] the results are not gradients, but views of what the network looks at.
///
/// # Errors
/// The same as those of [`backward`].
pub fn backward_through(model: &Model, top: &str, of: &[&str], rectifier: Rectifier) -> Result<Model, Error> {
    let forward = model.cut(top)?.without_dropout()?.modernized()?;
    let known = forward.tensors();
    for tensor in of {
        if !known.contains(tensor) && !forward.graph().initializer.iter().any(|weight| weight.name() == *tensor) {
            return Err(match model.require(&[tensor]) {
                Err(unknown) => unknown,
                Ok(()) => Error::Tensor {
                    model: model.label().to_owned(),
                    tensor: (*tensor).to_owned(),
                    reason: format!("`{top}` does not depend on it, so it has no gradient"),
                },
            });
        }
    }
    let shapes = forward.shapes();
    let seed = format!("{top}_grad");
    let mut wanted: Vec<String> = Vec::new();
    for tensor in of.iter().map(|tensor| (*tensor).to_owned()) {
        if !wanted.contains(&tensor) {
            wanted.push(tensor);
        }
    }
    let outputs: Vec<String> = wanted.iter().map(|tensor| format!("{tensor}_grad")).collect();
    let taken: Vec<&str> = outputs.iter().map(String::as_str).collect();
    if let Some(clash) = taken.iter().find(|name| known.contains(name) || **name == seed) {
        let reason = format!("it already has a tensor of the name `{clash}`");
        return Err(Error::Unsuitable { model: model.label().to_owned(), reason });
    }
    let gradients = differentiate(&forward, &shapes, [top, &seed], &wanted, &taken, rectifier)?;
    let mut graph = forward.graph().clone();
    gradients.complete(&mut graph.node);
    graph.input.push(ValueInfoProto { name: Some(seed), ..shapes.describe(top) });
    for (tensor, output) in wanted.iter().zip(&outputs) {
        graph.output.push(ValueInfoProto { name: Some(output.clone()), ..shapes.describe(tensor) });
    }
    let copies = wanted.iter().zip(&outputs).filter_map(|(tensor, output)| {
        gradients.of.get(tensor).map(|gradient| Node::new("Identity", output).inputs([gradient]).into())
    });
    let copies: Vec<_> = copies.collect();
    graph.node.extend(gradients.nodes);
    graph.node.extend(copies);
    graph.initializer.extend(gradients.constants);
    graph.value_info.extend(gradients.described);
    let mut proto = forward.to_proto();
    opset::import(&mut proto, vendor::DOMAIN);
    proto.graph = Some(graph);
    Model::from_proto(&format!("{} (backward)", model.label()), proto)
}
