//! Files that are no models, and models that reach beyond their file.

use graph::onnx::tensor_proto::{DataLocation, DataType};
use graph::onnx::{AttributeProto, SparseTensorProto, StringStringEntryProto, TensorProto, TrainingInfoProto};
use prost::Message;

use super::Case;
use super::small::{graph, insert, model, store, weight};

fn external(stored: &mut TensorProto, location: &str) {
    let entry = |key: &str, value: &str| StringStringEntryProto { key: Some(key.into()), value: Some(value.into()) };
    stored.data_location = Some(DataLocation::External as i32);
    stored.external_data = vec![entry("location", location), entry("length", "432")];
    stored.raw_data = None;
}

/// Returns a tensor whose values are in another file.
fn elsewhere() -> TensorProto {
    let mut stored = TensorProto { dims: vec![108], data_type: Some(DataType::Float as i32), ..TensorProto::default() };
    external(&mut stored, "/etc/passwd");
    stored
}

/// Returns the content of a graph in which `depth` graphs are nested: each is in an attribute of a node of the one around it.
fn nested(depth: usize) -> Vec<u8> {
    let mut inner: Vec<u8> = Vec::new();
    for field in [0x32, 0x2a, 0x0a].into_iter().cycle().take(3 * depth) {
        let mut outer = vec![field];
        prost::encode_length_delimiter(inner.len(), &mut outer).unwrap();
        outer.append(&mut inner);
        inner = outer;
    }
    inner
}

fn as_graph(content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x3a];
    prost::encode_length_delimiter(content.len(), &mut bytes).unwrap();
    bytes.extend(content);
    bytes
}

pub(super) fn cases() -> Vec<Case> {
    let whole = model().encode_to_vec();
    let another = "another kind of file";
    vec![
        Case::of_bytes("empty file", "the file is empty", Vec::new()),
        Case::of_bytes("a PNG", another, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        Case::of_bytes("a web page", another, b"<!DOCTYPE html>".to_vec()),
        Case::of_bytes("zeros", another, vec![0; 4096]),
        Case::of_bytes("first half", "truncated", whole[..whole.len() / 2].to_vec()),
        Case::of_bytes("1000 nested graphs", "nested too deeply", as_graph(&nested(1000))),
        Case::of_bytes("ten million empty nodes", "far too many parts", as_graph(&[0x0a, 0x00].repeat(10_000_000))),
        Case::changed("weights in /etc/passwd", "in another file (`/etc/passwd`)", |model| {
            external(weight(model, "conv1.weight"), "/etc/passwd");
        }),
        Case::changed("weights above the folder", "in another file", |model| {
            external(weight(model, "conv1.weight"), "../../../secret.bin");
        }),
        Case::changed("weights beside the model", "in another file (`weights.bin`)", |model| {
            external(weight(model, "conv1.weight"), "weights.bin");
        }),
        Case::changed("a constant in another file", "in another file", |model| {
            let value = AttributeProto { t: Some(Box::new(elsewhere())), ..AttributeProto::default() };
            graph(model).node[0].attribute.push(value);
        }),
        Case::changed("a sparse attribute in another file", "in another file", |model| {
            let sparse = SparseTensorProto { values: Some(elsewhere()), ..SparseTensorProto::default() };
            let value = AttributeProto { sparse_tensors: vec![sparse], ..AttributeProto::default() };
            graph(model).node[0].attribute.push(value);
        }),
        Case::changed("a sparse weight", "sparse", |model| {
            let values = TensorProto {
                name: Some("huge".into()),
                dims: vec![1],
                data_type: Some(DataType::Float as i32),
                float_data: vec![1.0],
                ..TensorProto::default()
            };
            let indices = TensorProto {
                dims: vec![1],
                data_type: Some(DataType::Int64 as i32),
                int64_data: vec![0],
                ..TensorProto::default()
            };
            let sparse = SparseTensorProto { values: Some(values), indices: Some(indices), dims: vec![1 << 40] };
            graph(model).sparse_initializer.push(sparse);
        }),
        Case::changed("a graph for training", "graphs for training", |model| {
            model.training_info.push(TrainingInfoProto::default());
        }),
        Case::changed("more values than the shape", "its shape needs", |model| {
            weight(model, "conv1.weight").dims[0] = 3;
        }),
        Case::changed("a shape of 2^40 filters", "its shape needs", |model| {
            weight(model, "conv1.weight").dims[0] = 1 << 40;
        }),
        Case::changed("a shape that overflows", "is too large", |model| {
            weight(model, "conv1.weight").dims = vec![i64::MAX; 3];
        }),
        Case::changed("a negative size", "a dimension has the size -4", |model| {
            weight(model, "conv1.weight").dims[0] = -4;
        }),
        Case::changed("an unknown element type", "unknown element type 99", |model| {
            weight(model, "conv1.weight").data_type = Some(99);
        }),
        Case::changed("texts as weights", "its elements are string", |model| {
            let words = TensorProto {
                name: Some("words".into()),
                dims: vec![1],
                data_type: Some(DataType::String as i32),
                string_data: vec![b"word".to_vec()],
                ..TensorProto::default()
            };
            store(model, words);
        }),
        Case::changed("an operator without a name", "has no operator", |model| {
            insert(model, vec![graph::builder::Node::new("", "nothing").inputs(["pool1"]).into()]);
        }),
    ]
}
