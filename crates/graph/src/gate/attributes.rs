//! Settings of operators that ONNX Runtime does not check itself, or checks only after it has used them.

use std::collections::BTreeSet;

use super::contents::error;
use crate::node::{input, int_attribute, ints_attribute, text_attribute};
use crate::onnx::{NodeProto, attribute_proto::AttributeType, tensor_proto::DataType};
use crate::shape::Value;
use crate::{Error, Model, Shapes};

/// The largest stride, kernel, pad or group.
const LARGEST: i64 = 1 << 20;
/// Lists whose numbers are counts.
const COUNTS: [&str; 3] = ["strides", "dilations", "kernel_shape"];
/// Single counts.
const SINGLE: [&str; 2] = ["group", "num_outputs"];
/// Operators with windows, whose `pads` are counts of zeros. `Pad` also takes negative ones, which crop.
const WINDOWS: [&str; 4] = ["Conv", "MaxPool", "AveragePool", "LpPool"];

pub(super) fn check(model: &Model, shapes: &Shapes) -> Result<(), Error> {
    for node in model.nodes() {
        well_formed(node).map_err(|reason| error(model, node, reason))?;
        of_node(node, shapes).map_err(|reason| error(model, node, reason))?;
    }
    Ok(())
}

/// Checks that each attribute exists once and states its type, and that none of its numbers is NaN.
fn well_formed(node: &NodeProto) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for attribute in &node.attribute {
        let name = attribute.name();
        if !names.insert(name) {
            return Err(format!("it has two attributes `{name}`"));
        }
        if matches!(attribute.r#type(), AttributeType::Undefined) {
            return Err(format!("its attribute `{name}` has no type"));
        }
        if attribute.f.iter().chain(&attribute.floats).any(|value| value.is_nan()) {
            return Err(format!("its attribute `{name}` is not a number (NaN)"));
        }
    }
    Ok(())
}

fn of_node(node: &NodeProto, shapes: &Shapes) -> Result<(), String> {
    for key in COUNTS {
        let values = ints_attribute(node, key).unwrap_or_default();
        if let Some(bad) = values.iter().find(|value| !(1..=LARGEST).contains(*value)) {
            return Err(format!("`{key}` contains {bad}, supported are 1 to {LARGEST}"));
        }
    }
    for key in SINGLE {
        if let Some(bad) = int_attribute(node, key).filter(|value| !(1..=LARGEST).contains(value)) {
            return Err(format!("`{key}` is {bad}, supported are 1 to {LARGEST}"));
        }
    }
    match node.op_type() {
        operator if WINDOWS.contains(&operator) => {
            let pads = ints_attribute(node, "pads").unwrap_or_default();
            match pads.iter().find(|value| !(0..=LARGEST).contains(*value)) {
                Some(bad) => Err(format!("`pads` contains {bad}, supported are 0 to {LARGEST}")),
                None => Ok(()),
            }
        }
        "LRN" => match int_attribute(node, "size") {
            Some(size) if (1..=LARGEST).contains(&size) => Ok(()),
            found => Err(format!("`size` is {}, supported are 1 to {LARGEST}", found.unwrap_or_default())),
        },
        "Pad" => pad(node, shapes),
        "Div" => division(node, shapes),
        "ReduceMean" if whole_numbers(node, shapes) => Err("a mean of whole numbers is not supported".to_owned()),
        _ => Ok(()),
    }
}

/// Returns whether the first input of a node is known to be a tensor of integers.
fn whole_numbers(node: &NodeProto, shapes: &Shapes) -> bool {
    let kind = input(node, 0).and_then(|name| shapes.element(name));
    let float = [DataType::Float, DataType::Float16, DataType::Bfloat16, DataType::Double];
    kind.is_some_and(|kind| float.iter().all(|float| *float as i32 != kind))
}

/// Checks that all divisors of a division of integers are known and above 0. The processor stops the process when it divides
/// integers by 0.
fn division(node: &NodeProto, shapes: &Shapes) -> Result<(), String> {
    if !whole_numbers(node, shapes) {
        return Ok(());
    }
    let divisor = input(node, 1).and_then(|name| shapes.values(name)).unwrap_or_default();
    let sound = |value: &Value| value.known().is_some_and(|value| value > 0);
    if !divisor.is_empty() && divisor.iter().all(sound) {
        return Ok(());
    }
    Err("it divides whole numbers by a number that is not known to be above 0".to_owned())
}

/// Checks that a `Pad` which repeats values of its input adds fewer values than the axis has.
fn pad(node: &NodeProto, shapes: &Shapes) -> Result<(), String> {
    if matches!(text_attribute(node, "mode"), None | Some(b"" | b"constant")) {
        return Ok(());
    }
    if input(node, 3).is_some() {
        return Err("its mode repeats values along named axes".to_owned());
    }
    let shape = input(node, 0).and_then(|name| shapes.get(name)).unwrap_or_default();
    let pads = ints_attribute(node, "pads").map(<[i64]>::to_vec);
    let pads = pads.or_else(|| shapes.values(input(node, 1)?)?.iter().map(Value::known).collect());
    let fits = |(place, pad): (usize, i64)| {
        let size = shape.get(place % shape.len().max(1)).and_then(crate::Dim::size);
        pad == 0 || size.is_some_and(|size| usize::try_from(pad).is_ok_and(|pad| pad < size))
    };
    match pads {
        Some(pads) if !shape.is_empty() && pads.iter().copied().enumerate().all(fits) => Ok(()),
        _ => Err("its mode repeats more values than there are known to be".to_owned()),
    }
}
