//! The check that stored values are finite numbers.

use crate::onnx::{TensorProto, tensor_proto::DataType};
use crate::{Error, Model};

pub(super) fn check(model: &Model) -> Result<(), Error> {
    let graph = model.graph();
    let inside = graph.node.iter().flat_map(|node| &node.attribute);
    let inside = inside.flat_map(|attribute| attribute.t.as_deref().into_iter().chain(&attribute.tensors));
    graph.initializer.iter().chain(inside).try_for_each(|stored| {
        finite(stored).map_err(|reason| Error::Tensor {
            model: model.label().to_owned(),
            tensor: stored.name().to_owned(),
            reason,
        })
    })
}

/// Checks the values of a floating-point tensor. A single value, such as the bound of a `Clip`, may be infinite.
fn finite(stored: &TensorProto) -> Result<(), String> {
    let raw = stored.raw_data();
    // The largest exponent stands for infinity if the fraction is 0, and for NaN otherwise.
    let (infinite, nan) = match DataType::try_from(stored.data_type()).unwrap_or_default() {
        DataType::Float => found(
            raw.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).chain(stored.float_data.iter().copied()),
            f32::is_infinite,
            f32::is_nan,
        ),
        DataType::Double => found(
            raw.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).chain(stored.double_data.iter().copied()),
            f64::is_infinite,
            f64::is_nan,
        ),
        DataType::Float16 => halves(stored, 0x7c00),
        DataType::Bfloat16 => halves(stored, 0x7f80),
        _ => return Ok(()),
    };
    if nan {
        return Err("a value is not a number (NaN)".to_owned());
    }
    let single = stored.dims.iter().all(|size| *size == 1);
    if infinite && !single { Err("a value is infinite".to_owned()) } else { Ok(()) }
}

/// Returns whether the values of 16 bits contain infinity, and whether they contain NaN. `exponent` has all bits of the
/// exponent set.
fn halves(stored: &TensorProto, exponent: u16) -> (bool, bool) {
    let raw = stored.raw_data().as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes));
    let values = raw.chain(stored.int32_data.iter().map(|value| *value as u16));
    found(values, |value| value & 0x7fff == exponent, |value| value & 0x7fff > exponent)
}

fn found<T: Copy>(
    values: impl Iterator<Item = T>,
    infinite: impl Fn(T) -> bool,
    nan: impl Fn(T) -> bool,
) -> (bool, bool) {
    values.fold((false, false), |(any_infinite, any_nan), value| (any_infinite | infinite(value), any_nan | nan(value)))
}
