//! The walk backwards over the nodes of a graph.

use std::collections::BTreeMap;

use super::gradients::Gradients;
use super::rectifier::Rectifier;
use super::rules::rule;
use super::walk::Walk;
use crate::node::node_name;
use crate::{Error, Model, Shapes};

/// Builds the gradients by the `wanted` tensors of a model. The tensor `seed` holds the gradient of the tensor `top`.
/// `rectifier` decides what `Relu` passes. No new tensor gets a name in `taken`.
///
/// # Errors
/// Returns an error when `top` does not depend on a wanted tensor, and when an operator in between has no gradient rule.
pub fn differentiate(
    model: &Model,
    shapes: &Shapes,
    [top, seed]: [&str; 2],
    wanted: &[String],
    taken: &[&str],
    rectifier: Rectifier,
) -> Result<Gradients, Error> {
    shapes.accept(model.label())?;
    let mut walk = Walk::new(model, shapes, wanted, rectifier);
    walk.reserve([seed].iter().chain(taken));
    walk.pass(top, seed.to_owned());
    for node in model.nodes().iter().rev() {
        if node.input.iter().any(|input| walk.wants(input)) && walk.reached(node) {
            let rule = rule(node).ok_or_else(|| "there is no gradient rule for this operator".to_owned());
            rule.and_then(|rule| rule(&mut walk, node)).map_err(|reason| Error::Gradient {
                model: model.label().to_owned(),
                node: node_name(node).to_owned(),
                operator: node.op_type().to_owned(),
                reason,
                deepest: None,
            })?;
        }
    }
    let mut of = BTreeMap::new();
    for tensor in wanted {
        let gradient = walk.gradient(tensor).ok_or_else(|| Error::Tensor {
            model: model.label().to_owned(),
            tensor: tensor.clone(),
            reason: format!("`{top}` does not depend on it, so it has no gradient"),
        })?;
        of.insert(tensor.clone(), gradient);
    }
    Ok(walk.finish(of))
}
