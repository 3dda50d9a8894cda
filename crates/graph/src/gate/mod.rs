//! The gate for models from files: the checks by which [`crate::Model::read`] refuses graphs that are sound but not safe to run.
//!
//! ONNX Runtime trusts the model that it runs. A stride of 0 or an integer division by 0 ends the process with a signal, a
//! loop can run forever, and a few bytes can claim any amount of memory. A network from a file passes these checks before it
//! reaches the runtime:
//!
//! - `contents`: one plain graph of standard operators, without functions, subgraphs and other files, with usable names,
//! - `attributes`: settings in the range that the operator is defined for,
//! - `values`: finite weights,
//! - `sizes`: known sizes that need at most [`sizes::MEMORY`] bytes and [`sizes::WORK`] operations for one image.
//!
//! Models that this project derives from a checked model, such as a gradient, do not pass the gate again. They contain
//! operators of their own.

mod attributes;
mod contents;
pub(crate) mod sizes;
mod values;

use crate::{Error, Model};

/// Checks a model from a file.
///
/// # Errors
/// Returns the first reason to refuse the model. The error names the model, and the node or the tensor.
pub(crate) fn check(model: &Model) -> Result<(), Error> {
    contents::check(model)?;
    let shapes = model.shapes_for_one();
    attributes::check(model, &shapes)?;
    values::check(model)?;
    shapes.accept(model.label())?;
    sizes::check(model, &shapes)
}
