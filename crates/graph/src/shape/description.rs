//! Descriptions of tensors as ONNX stores them.

use crate::Dim;
use crate::onnx::{TensorShapeProto, TypeProto, ValueInfoProto, tensor_shape_proto, type_proto};

/// Describes a tensor for ONNX. `element` is the number of its element type.
pub fn value_info(name: &str, element: i32, shape: Option<&[Dim]>) -> ValueInfoProto {
    use tensor_shape_proto::{Dimension, dimension::Value};
    let dim = |dim: &Dim| Dimension {
        value: Some(match dim {
            Dim::Size(size) => Value::DimValue(*size as i64),
            Dim::Symbol(name) => Value::DimParam(name.clone()),
        }),
        ..Dimension::default()
    };
    let tensor = type_proto::Tensor {
        elem_type: Some(element),
        shape: shape.map(|shape| TensorShapeProto { dim: shape.iter().map(dim).collect() }),
    };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(kind), ..ValueInfoProto::default() }
}

/// Returns the element type and the shape that the model declares for a tensor, if it declares any.
pub(super) fn declared(info: &ValueInfoProto) -> Option<(i32, Option<Vec<Dim>>)> {
    use tensor_shape_proto::dimension::Value;
    let Some(type_proto::Value::TensorType(tensor)) = &info.r#type.as_ref()?.value else { return None };
    let shape = tensor.shape.as_ref().map(|shape| {
        let dims = shape.dim.iter().enumerate();
        let dims = dims.map(|(axis, dim)| match &dim.value {
            Some(Value::DimValue(size)) if *size > 0 => Dim::Size(*size as usize),
            Some(Value::DimParam(name)) if !name.is_empty() => Dim::Symbol(name.clone()),
            _ => Dim::Symbol(format!("{}.{axis}", info.name())),
        });
        dims.collect()
    });
    Some((tensor.elem_type(), shape))
}
