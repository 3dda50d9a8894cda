//! The memory and the work of one image, from the inferred shapes.

use std::collections::BTreeMap;

use super::contents::error;
use crate::node::{ints_attribute, reads};
use crate::onnx::{NodeProto, tensor_proto::DataType};
use crate::{Dim, Error, Model, Shapes, cost};

/// The most bytes of the tensors that are in use at the same time for one image: 1 GiB.
pub(crate) const MEMORY: u64 = 1 << 30;
/// The most operations for one image, about 10^12. The largest classifiers need a tenth of them.
pub(crate) const WORK: u64 = 1 << 40;

/// Checks the memory and the work of a model with these shapes, as far as they are known. Tensors of unknown size do not
/// count.
pub(crate) fn check(model: &Model, shapes: &Shapes) -> Result<(), Error> {
    if let Some((tensor, bytes)) = peak(model, shapes).filter(|(_, bytes)| *bytes > MEMORY) {
        let mebibytes = |bytes: u64| bytes >> 20;
        let reason = format!(
            "the network needs {} MiB for one image when it computes this tensor, supported are {}",
            mebibytes(bytes),
            mebibytes(MEMORY)
        );
        return Err(Error::Tensor { model: model.label().to_owned(), tensor, reason });
    }
    let mut work = 0_u64;
    for node in model.nodes() {
        work = work.saturating_add(operations(node, shapes));
        if work > WORK {
            let reason = format!("the network needs more than {WORK} operations for one image");
            return Err(error(model, node, reason));
        }
    }
    Ok(())
}

/// Checks that the size of every tensor is known.
pub(crate) fn all_known(model: &Model, shapes: &Shapes) -> Result<(), Error> {
    for node in model.nodes() {
        let sized = |shape: &[Dim]| shape.iter().all(|dim| dim.size().is_some());
        let known = |name: &String| name.is_empty() || shapes.get(name).is_some_and(sized);
        if !node.output.iter().take(1).all(known) {
            let reason = "the size of its result is not known before the model runs".to_owned();
            return Err(error(model, node, reason));
        }
    }
    Ok(())
}

/// Returns the bytes of a tensor for one image, or `None` when its size is not known. The result saturates.
fn bytes(shapes: &Shapes, tensor: &str) -> Option<u64> {
    let element = shapes.element(tensor).and_then(|kind| DataType::try_from(kind).ok());
    let width = match element {
        Some(DataType::Double | DataType::Int64 | DataType::Uint64) => 8,
        Some(DataType::Bool | DataType::Int8 | DataType::Uint8) => 1,
        Some(DataType::Float16 | DataType::Bfloat16 | DataType::Int16 | DataType::Uint16) => 2,
        _ => 4,
    };
    Some(values(shapes.get(tensor)?)?.saturating_mul(width))
}

/// Returns the number of values of a shape. An open first axis is the batch, which counts once.
fn values(shape: &[Dim]) -> Option<u64> {
    shape.iter().enumerate().try_fold(1_u64, |product, (axis, dim)| {
        let size = dim.size().or((axis == 0).then_some(1))?;
        Some(product.saturating_mul(size as u64))
    })
}

/// Returns the operations of a node: its multiply-adds, the values that its windows read, and the values that it computes.
fn operations(node: &NodeProto, shapes: &Shapes) -> u64 {
    let output = node.output.first().and_then(|name| values(shapes.get(name)?)).unwrap_or_default();
    let window = match node.op_type() {
        "MaxPool" | "AveragePool" | "LpPool" => {
            let kernel = ints_attribute(node, "kernel_shape").unwrap_or_default();
            kernel.iter().fold(1_u64, |product, size| product.saturating_mul(size.unsigned_abs()))
        }
        _ => 1,
    };
    let read = node.input.iter().filter_map(|name| values(shapes.get(name)?)).fold(0, u64::saturating_add);
    let products = cost::multiply_adds(node, shapes).unwrap_or_default();
    products.saturating_add(output.saturating_mul(window)).saturating_add(read)
}

/// Returns the largest number of bytes that tensors need at the same time when the nodes run in order, with the tensor that is
/// computed at that time. Stored weights do not count. Returns `None` for a model without a tensor of known size.
pub(crate) fn peak(model: &Model, shapes: &Shapes) -> Option<(String, u64)> {
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    let end = model.nodes().len();
    for (place, node) in model.nodes().iter().enumerate() {
        last.extend(reads(node).into_iter().map(|name| (name, place)));
    }
    last.extend(model.outputs().into_iter().map(|name| (name, end)));
    let mut gone: Vec<Vec<u64>> = vec![Vec::new(); end + 1];
    let mut used = 0_u64;
    let mut most: Option<(String, u64)> = None;
    let mut begin = |name: &str, place: usize, used: &mut u64, gone: &mut Vec<Vec<u64>>| {
        let Some(bytes) = bytes(shapes, name) else { return };
        *used = used.saturating_add(bytes);
        gone[last.get(name).copied().unwrap_or(place).max(place)].push(bytes);
        if most.as_ref().is_none_or(|(_, before)| *used > *before) {
            most = Some((name.to_owned(), *used));
        }
    };
    for input in model.inputs() {
        begin(input, 0, &mut used, &mut gone);
    }
    for (place, node) in model.nodes().iter().enumerate() {
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            begin(output, place, &mut used, &mut gone);
        }
        used = gone[place].iter().fold(used, |used, bytes| used.saturating_sub(*bytes));
    }
    most
}
