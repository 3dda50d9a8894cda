//! The check of a file's bytes before they are decoded. The messages must be complete, and decoding must need memory in
//! proportion to the file. An empty message has 2 bytes in a file and hundreds in memory, so a small hostile file could
//! fill the memory without this check.

use std::mem::size_of;

use prost::encoding::{WireType, decode_key, decode_varint};

use crate::onnx::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, SparseTensorProto,
    StringStringEntryProto, TensorAnnotation, TensorProto, TensorShapeProto, TrainingInfoProto, TypeProto,
    ValueInfoProto, tensor_shape_proto, type_proto,
};

/// Decoded messages may need this many times the bytes of the file.
const GROWTH: usize = 16;
/// Decoded messages may need this many bytes in addition.
const ALLOWANCE: usize = 64 << 20;
/// The deepest nesting that `prost` decodes.
const DEEPEST: u32 = 100;

/// Messages that can contain many others.
#[derive(Clone, Copy)]
enum MessageKind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    Value,
    Type,
    TensorType,
    /// The type of a sequence or of an optional value.
    Wrapped,
    MapType,
    Shape,
    Dimension,
    Function,
    Annotation,
    Training,
    OperatorSet,
    Entry,
}

impl MessageKind {
    /// Returns the bytes of one decoded message, without its contents.
    fn size(self) -> usize {
        match self {
            Self::Model => size_of::<ModelProto>(),
            Self::Graph => size_of::<GraphProto>(),
            Self::Node => size_of::<NodeProto>(),
            Self::Attribute => size_of::<AttributeProto>(),
            Self::Tensor => size_of::<TensorProto>(),
            Self::Sparse => size_of::<SparseTensorProto>(),
            Self::Value => size_of::<ValueInfoProto>(),
            Self::Type => size_of::<TypeProto>(),
            Self::TensorType => size_of::<type_proto::Tensor>(),
            Self::Wrapped | Self::MapType => size_of::<type_proto::Map>(),
            Self::Shape => size_of::<TensorShapeProto>(),
            Self::Dimension => size_of::<tensor_shape_proto::Dimension>(),
            Self::Function => size_of::<FunctionProto>(),
            Self::Annotation => size_of::<TensorAnnotation>(),
            Self::Training => size_of::<TrainingInfoProto>(),
            Self::OperatorSet => size_of::<OperatorSetIdProto>(),
            Self::Entry => size_of::<StringStringEntryProto>(),
        }
    }

    /// Returns the kind of messages in a field, or `None` if it contains no messages. The numbers are those of
    /// `onnx-ml.proto`.
    fn field(self, number: u32) -> Option<Self> {
        Some(match (self, number) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) | (Self::Training, 1 | 2) => Self::Graph,
            (Self::Model, 8) | (Self::Function, 9) => Self::OperatorSet,
            (Self::Model, 20) => Self::Training,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Self::Tensor,
            (Self::Graph, 11..=13) | (Self::Function, 12) => Self::Value,
            (Self::Graph, 14) => Self::Annotation,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::Sparse,
            (Self::Node, 5) | (Self::Function, 11) => Self::Attribute,
            (Self::Attribute, 14 | 15) | (Self::Value | Self::MapType, 2) | (Self::Wrapped, 1) => Self::Type,
            (Self::Type, 1 | 8) => Self::TensorType,
            (Self::Type, 4 | 9) => Self::Wrapped,
            (Self::Type, 5) => Self::MapType,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Shape, 1) => Self::Dimension,
            (Self::Model | Self::Function, 14)
            | (Self::Graph | Self::Tensor, 16)
            | (Self::Node, 9)
            | (Self::Tensor, 13)
            | (Self::Value, 4)
            | (Self::Training, 3 | 4)
            | (Self::Annotation, 2) => Self::Entry,
            _ => return None,
        })
    }
}

/// Checks the bytes of a model.
pub(crate) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut budget = bytes.len().saturating_mul(GROWTH).saturating_add(ALLOWANCE);
    message(bytes, MessageKind::Model, 0, &mut budget)
}

fn message(mut bytes: &[u8], kind: MessageKind, depth: u32, budget: &mut usize) -> Result<(), String> {
    let too_many = || "it contains far too many parts for its size".to_owned();
    *budget = budget.checked_sub(kind.size()).ok_or_else(too_many)?;
    if depth > DEEPEST {
        return Err("it is nested too deeply".to_owned());
    }
    let foreign = |error: prost::DecodeError| format!("it is damaged, or another kind of file ({error})");
    while !bytes.is_empty() {
        let (number, wire) = decode_key(&mut bytes).map_err(foreign)?;
        let length = match wire {
            WireType::Varint => {
                decode_varint(&mut bytes).map_err(foreign)?;
                continue;
            }
            WireType::ThirtyTwoBit => 4,
            WireType::SixtyFourBit => 8,
            WireType::LengthDelimited => decode_varint(&mut bytes).map_err(foreign)?,
            WireType::StartGroup | WireType::EndGroup => {
                return Err("it is damaged, or another kind of file".to_owned());
            }
        };
        let inside = usize::try_from(length).ok().and_then(|length| bytes.split_at_checked(length));
        let Some((inside, rest)) = inside else {
            return Err("it is truncated, or another kind of file".to_owned());
        };
        bytes = rest;
        if let (Some(kind), WireType::LengthDelimited) = (kind.field(number), wire) {
            message(inside, kind, depth + 1, budget)?;
        }
    }
    Ok(())
}
