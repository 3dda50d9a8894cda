//! Gradients as a model of its own, for those who look at a network instead of training it.

use super::differentiate::differentiate;
use super::rectifier::Rectifier;
use super::vendor;
use crate::builder::Node;
use crate::onnx::ValueInfoProto;
use crate::{Error, Model, opset};

/// A model that computes `top` and how it changes with other tensors, for an ordinary inference session.
///
/// It takes what `model` takes for `top`, and `<top>_grad` of the shape of `top`: how much each value of `top` counts,
/// say 1 for one class's logit and 0 for the others. It gives out `top` and, for each tensor of `of` (an input, a
/// weight, or any tensor in between), `<of>_grad` of that tensor's shape: the sum over `top`'s values of that count
/// times their slope. [`Model::expose`] adds further outputs. Dropout does nothing, statistics of batch normalization
/// are constants.
///
/// Where a slope has a jump, as that of `Relu` at 0, it is that on the side where it is 0.
///
/// # Errors
/// A tensor that the model does not have, or that `top` does not depend on; an operator between them without a rule.
pub fn backward(model: &Model, top: &str, of: &[&str]) -> Result<Model, Error> {
    backward_through(model, top, of, Rectifier::Slope)
}

/// The same, where `Relu` lets pass something else than its slope says: what comes out are then no gradients, but views
/// of what the network looks at.
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
        let reason = format!("a tensor of the name `{clash}` is there already");
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
