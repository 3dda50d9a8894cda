//! Stored tensors of a model: their shapes, and their values as arrays.

use ndarray::{ArrayBase, ArrayD, Data, Dimension, IxDyn};
use prost::bytes::Bytes;

use crate::onnx::{TensorProto, tensor_proto::DataLocation, tensor_proto::DataType};

/// Returns the sizes of a tensor, or why they are invalid.
pub fn dims(tensor: &TensorProto) -> Result<Vec<usize>, String> {
    tensor
        .dims
        .iter()
        .map(|&size| usize::try_from(size).map_err(|_| format!("a dimension has the size {size}")))
        .collect()
}

/// Returns the number of values of a shape, or an error when the number overflows `usize`.
pub fn count(dims: &[usize]) -> Result<usize, String> {
    dims.iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        .ok_or_else(|| format!("the shape {dims:?} is too large"))
}

/// Returns the file that holds the values of a tensor outside of the model, or `None` when the model holds them.
pub(crate) fn external(tensor: &TensorProto) -> Option<&str> {
    (tensor.data_location() == DataLocation::External || !tensor.external_data.is_empty()).then(|| {
        let location = tensor.external_data.iter().find(|entry| entry.key() == "location");
        location.map_or("not named", |entry| entry.value())
    })
}

/// Checks that the shape and the stored values agree. It allocates no memory, however large the shape claims to be.
pub(crate) fn check(tensor: &TensorProto) -> Result<(), String> {
    let expected = count(&dims(tensor)?)?;
    let kind =
        DataType::try_from(tensor.data_type()).map_err(|_| format!("unknown element type {}", tensor.data_type()))?;
    if tensor.segment.is_some() {
        return Err("it is stored in segments, which no runtime supports".to_owned());
    }
    let bits = bits(kind);
    if !tensor.raw_data().is_empty() {
        let Some(bits) = bits else { return Err(format!("elements of type {kind:?} cannot be raw bytes")) };
        let expected = expected.checked_mul(bits).ok_or("its size overflows")?.div_ceil(8);
        return agree("bytes", tensor.raw_data().len(), expected);
    }
    let (values, per_value) = match kind {
        DataType::Float => (tensor.float_data.len(), 1),
        DataType::Complex64 => (tensor.float_data.len(), 2),
        DataType::Double => (tensor.double_data.len(), 1),
        DataType::Complex128 => (tensor.double_data.len(), 2),
        DataType::Int64 => (tensor.int64_data.len(), 1),
        DataType::Uint32 | DataType::Uint64 => (tensor.uint64_data.len(), 1),
        DataType::String => (tensor.string_data.len(), 1),
        DataType::Int4 | DataType::Uint4 => {
            return agree("values", tensor.int32_data.len(), expected.div_ceil(2));
        }
        DataType::Undefined => return Err("it has no element type".to_owned()),
        _ => (tensor.int32_data.len(), 1),
    };
    agree("values", values, expected.checked_mul(per_value).ok_or("its size overflows")?)
}

fn agree(what: &str, found: usize, expected: usize) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("its shape needs {expected} {what}, it has {found}")) }
}

/// Returns the number of bits of one element, or `None` when elements have no fixed width.
fn bits(kind: DataType) -> Option<usize> {
    Some(match kind {
        DataType::Undefined | DataType::String => return None,
        DataType::Uint4 | DataType::Int4 => 4,
        DataType::Uint8
        | DataType::Int8
        | DataType::Bool
        | DataType::Float8e4m3fn
        | DataType::Float8e4m3fnuz
        | DataType::Float8e5m2
        | DataType::Float8e5m2fnuz => 8,
        DataType::Uint16 | DataType::Int16 | DataType::Float16 | DataType::Bfloat16 => 16,
        DataType::Float | DataType::Int32 | DataType::Uint32 => 32,
        DataType::Double | DataType::Int64 | DataType::Uint64 | DataType::Complex64 => 64,
        DataType::Complex128 => 128,
    })
}

/// Returns the values of a `float32` tensor, or why it has none.
pub(crate) fn floats(tensor: &TensorProto) -> Result<ArrayD<f32>, String> {
    check(tensor)?;
    if tensor.data_type() != DataType::Float as i32 {
        let kind = DataType::try_from(tensor.data_type()).unwrap_or_default();
        return Err(format!("its elements are {}, not float32", kind.as_str_name().to_lowercase()));
    }
    let values = match tensor.raw_data() {
        [] => tensor.float_data.clone(),
        raw => raw.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
    };
    ArrayD::from_shape_vec(IxDyn(&dims(tensor)?), values).map_err(|error| error.to_string())
}

/// Returns the values of an `int64` tensor as a flat list, or why it has none.
pub(crate) fn integers(tensor: &TensorProto) -> Result<Vec<i64>, String> {
    check(tensor)?;
    if tensor.data_type() != DataType::Int64 as i32 {
        return Err("its elements are not int64".to_owned());
    }
    Ok(match tensor.raw_data() {
        [] => tensor.int64_data.clone(),
        raw => raw.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect(),
    })
}

/// Makes a stored `float32` tensor of an array.
pub fn from_array<S: Data<Elem = f32>, D: Dimension>(name: &str, array: &ArrayBase<S, D>) -> TensorProto {
    let raw: Vec<u8> = array.iter().flat_map(|value| value.to_le_bytes()).collect();
    let dims = array.shape().iter().map(|&size| size as i64).collect();
    raw_tensor(name, DataType::Float, dims, raw)
}

/// Makes a stored `int64` tensor of one dimension.
pub fn from_integers(name: &str, values: &[i64]) -> TensorProto {
    let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    raw_tensor(name, DataType::Int64, vec![values.len() as i64], raw)
}

fn raw_tensor(name: &str, kind: DataType, dims: Vec<i64>, raw: Vec<u8>) -> TensorProto {
    TensorProto {
        name: Some(name.to_owned()),
        data_type: Some(kind as i32),
        dims,
        raw_data: Some(Bytes::from(raw)),
        ..TensorProto::default()
    }
}
