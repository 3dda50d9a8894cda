//! The known values of small integer tensors. Exporters compute the target of a `Reshape` node by node (`Shape`, `Gather`,
//! `Concat`, …). Without these values no shape behind the `Reshape` would be known.

use super::rule::At;
use super::shapes::Shapes;
use super::value::Value;
use crate::node::{attribute, input, int_attribute, ints_attribute, node_name};
use crate::onnx::{NodeProto, tensor_proto::DataType};
use crate::tensor;

/// The longest list that is followed. Longer lists are not shapes.
const LONGEST: usize = 64;

/// Returns the values of a stored tensor, or `None` when it is not a small list of integers.
pub(super) fn stored(tensor: &crate::onnx::TensorProto) -> Option<Vec<Value>> {
    let small = tensor::dims(tensor).and_then(|dims| tensor::count(&dims)).is_ok_and(|count| count <= LONGEST);
    let values = tensor::integers(tensor).ok().filter(|_| small)?;
    Some(values.into_iter().map(Value::Known).collect())
}

/// Returns the list of integers that a node computes from known values, or `None` when it is not known.
pub(super) fn of(at: &At<'_>) -> Option<Vec<Value>> {
    if !crate::node::is_standard(at.node) {
        return None;
    }
    let found = match at.node.op_type() {
        "Constant" => constant(at.node),
        "Shape" => shape(at.node, at.shapes),
        "Identity" | "Squeeze" | "Unsqueeze" | "Reshape" | "Flatten" => at.values(0).map(<[Value]>::to_vec),
        "Cast" => {
            let to = int_attribute(at.node, "to");
            let whole = [DataType::Int64 as i64, DataType::Int32 as i64];
            at.values(0).filter(|_| to.is_some_and(|to| whole.contains(&to))).map(<[Value]>::to_vec)
        }
        "Concat" => {
            let parts: Option<Vec<&[Value]>> = (0..at.node.input.len()).map(|place| at.values(place)).collect();
            parts.map(|parts| parts.concat())
        }
        "Gather" => gather(at),
        "Slice" => slice(at),
        "Add" | "Sub" | "Mul" | "Div" => arithmetic(at),
        "Equal" => equal(at),
        "Where" => choice(at),
        "ConstantOfShape" => repeated(at),
        "ReduceProd" => {
            let factors = at.constant(0)?;
            let product = factors.iter().try_fold(1_i64, |product, factor| product.checked_mul(*factor))?;
            Some(vec![Value::Known(product)])
        }
        _ => None,
    };
    found.filter(|values| values.len() <= LONGEST)
}

fn constant(node: &NodeProto) -> Option<Vec<Value>> {
    if let Some(tensor) = attribute(node, "value").and_then(|value| value.t.as_deref()) {
        return stored(tensor);
    }
    let many = ints_attribute(node, "value_ints").map(<[i64]>::to_vec);
    let values = many.or_else(|| int_attribute(node, "value_int").map(|value| vec![value]))?;
    Some(values.into_iter().map(Value::Known).collect())
}

fn shape(node: &NodeProto, shapes: &Shapes) -> Option<Vec<Value>> {
    let dims = shapes.get(input(node, 0)?)?;
    Some(dims.get(span(node, dims.len()))?.iter().map(Value::from).collect())
}

/// Returns the axes whose sizes a `Shape` node returns, from its attributes `start` and `end`.
pub(super) fn span(node: &NodeProto, rank: usize) -> std::ops::Range<usize> {
    let place = |key: &str, otherwise: usize| {
        int_attribute(node, key).map_or(otherwise, |value| {
            let wrapped = if value < 0 { value.saturating_add(rank as i64) } else { value };
            wrapped.clamp(0, rank as i64) as usize
        })
    };
    let (start, end) = (place("start", 0), place("end", rank));
    start..end.max(start)
}

fn gather(at: &At<'_>) -> Option<Vec<Value>> {
    let (data, places) = (at.values(0)?, at.constant(1)?);
    let pick = |place: i64| {
        let wrapped = if place < 0 { place.checked_add(data.len() as i64)? } else { place };
        data.get(usize::try_from(wrapped).ok()?).cloned()
    };
    places.into_iter().map(pick).collect()
}

fn slice(at: &At<'_>) -> Option<Vec<Value>> {
    let data = at.values(0)?;
    let (start, end) = match (ints_attribute(at.node, "starts"), ints_attribute(at.node, "ends")) {
        (Some([start]), Some([end])) => (*start, *end),
        _ => match (at.constant(1)?.as_slice(), at.constant(2)?.as_slice()) {
            ([start], [end]) => (*start, *end),
            _ => return None,
        },
    };
    if input(at.node, 4).is_some() && at.constant(4)? != [1] {
        return None;
    }
    let rank = data.len() as i64;
    let place = |value: i64| (if value < 0 { value.saturating_add(rank) } else { value }).clamp(0, rank) as usize;
    Some(data.get(place(start)..place(end)).unwrap_or_default().to_vec())
}

/// Returns 1 where two lists are equal and 0 where they are not.
fn equal(at: &At<'_>) -> Option<Vec<Value>> {
    let (left, right) = (at.constant(0)?, at.constant(1)?);
    let length = left.len().max(right.len());
    let one =
        |place: usize| Some(Value::Known(i64::from(picked(&left, place, length)? == picked(&right, place, length)?)));
    (0..length).map(one).collect()
}

/// Returns a list with the values of the second input where the first input is not 0, and of the third input where it is 0.
fn choice(at: &At<'_>) -> Option<Vec<Value>> {
    let (chosen, yes, no) = (at.constant(0)?, at.values(1)?, at.values(2)?);
    let length = chosen.len().max(yes.len()).max(no.len());
    let one = |place: usize| {
        let list = if *picked(&chosen, place, length)? == 0 { no } else { yes };
        picked(list, place, length).cloned()
    };
    (0..length).map(one).collect()
}

/// Returns the value with index `place` of a list of `length` values. A list of one value is repeated.
fn picked<T>(list: &[T], place: usize, length: usize) -> Option<&T> {
    match list {
        [one] => Some(one),
        list if list.len() == length => list.get(place),
        _ => None,
    }
}

/// Returns the list of equal integers that `ConstantOfShape` makes.
fn repeated(at: &At<'_>) -> Option<Vec<Value>> {
    let shape = at.constant(0)?;
    let [length] = shape.as_slice() else { return None };
    let length = usize::try_from(*length).ok().filter(|length| *length <= LONGEST)?;
    let value = stored(at.attribute("value")?.t.as_deref()?)?;
    let [value] = value.as_slice() else { return None };
    Some(vec![value.clone(); length])
}

fn arithmetic(at: &At<'_>) -> Option<Vec<Value>> {
    let (left, right) = (at.values(0)?, at.values(1)?);
    let length = if left.len() == 1 { right.len() } else { left.len() };
    if ![1, length].contains(&right.len()) {
        return None;
    }
    let one = |place: usize| {
        let side = |values: &[Value]| values.get(if values.len() == 1 { 0 } else { place }).cloned();
        let (left, right) = (side(left)?, side(right)?);
        let Value::Known(b) = right else {
            return match (at.node.op_type(), left) {
                ("Mul", Value::Known(1)) | ("Add", Value::Known(0)) => Some(right),
                _ => Some(open(at, place)),
            };
        };
        let Value::Known(a) = left else {
            let same = matches!((at.node.op_type(), b), ("Mul" | "Div", 1) | ("Add" | "Sub", 0));
            return Some(if same { left } else { open(at, place) });
        };
        let value = match at.node.op_type() {
            "Add" => a.checked_add(b),
            "Sub" => a.checked_sub(b),
            "Mul" => a.checked_mul(b),
            _ => a.checked_div(b),
        };
        value.map(Value::Known)
    };
    (0..length).map(one).collect()
}

/// Returns a new name for a value that is not known before the model runs.
fn open(at: &At<'_>, place: usize) -> Value {
    Value::Open(format!("{}.value.{place}", node_name(at.node)))
}
