//! Tests with invalid and hostile files. They cause an error that names the file. They never cause a panic or use much memory.

use graph::onnx::{ModelProto, StringStringEntryProto, TensorProto, tensor_proto::DataLocation};
use graph::{Error, Model, tuning};
use proptest::prelude::*;
use prost::Message;

use crate::altered::altered_bytes;
use crate::nets::{branched, rng};

fn refusal(bytes: impl Into<Vec<u8>>) -> String {
    Model::from_bytes("models/pets.onnx", bytes.into()).unwrap_err().to_string()
}

fn broken(break_it: impl FnOnce(&mut ModelProto)) -> String {
    let mut proto = branched().to_proto();
    break_it(&mut proto);
    refusal(proto.encode_to_vec())
}

fn first_weight(proto: &mut ModelProto) -> &mut TensorProto {
    &mut proto.graph.as_mut().unwrap().initializer[0]
}

#[test]
fn files_that_are_not_models_are_rejected() {
    assert_eq!(refusal([]), "models/pets.onnx: not a usable ONNX model: the file is empty");
    for bytes in [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], b"<!DOCTYPE html>", b"PK\x03\x04", &[0; 64]] {
        let refusal = refusal(bytes);
        assert!(refusal.starts_with("models/pets.onnx: not a usable ONNX model: it "), "{refusal}");
        assert!(refusal.contains("another kind of file"), "{refusal}");
    }
    let missing = Model::read("no/such/model.onnx").unwrap_err();
    assert!(missing.to_string().starts_with("no/such/model.onnx: cannot read it: "), "{missing}");
}

#[test]
fn every_truncated_file_is_rejected() {
    let bytes = branched().to_bytes();
    // The list of operator sets follows the graph. A model without it is invalid too.
    for length in 0..bytes.len() {
        assert!(Model::from_bytes("cut", bytes[..length].to_vec()).is_err(), "at {length} of {}", bytes.len());
    }
}

#[test]
fn external_data_is_rejected() {
    let entry = StringStringEntryProto { key: Some("location".to_owned()), value: Some("weights.bin".to_owned()) };
    let refusal = broken(|proto| {
        let weight = first_weight(proto);
        weight.data_location = Some(DataLocation::External as i32);
        weight.external_data.push(entry);
        weight.raw_data = None;
    });
    assert_eq!(
        refusal,
        "models/pets.onnx: tensor `conv1.weight` keeps its values in another file (`weights.bin`): \
         save the model as one single file"
    );
}

#[test]
fn shapes_that_contradict_the_data_are_rejected() {
    let refusal = broken(|proto| first_weight(proto).dims[0] = 1 << 40);
    assert!(refusal.contains("`conv1.weight`: its shape needs 118747255799808 bytes, it has 432"), "{refusal}");
    let refusal = broken(|proto| first_weight(proto).dims = vec![i64::MAX; 3]);
    assert!(refusal.contains("is too large"), "{refusal}");
    let refusal = broken(|proto| first_weight(proto).dims[0] = -4);
    assert!(refusal.contains("a dimension has the size -4"), "{refusal}");
    let refusal = broken(|proto| first_weight(proto).data_type = Some(99));
    assert!(refusal.contains("unknown element type 99"), "{refusal}");
}

#[test]
fn inconsistent_graphs_are_rejected() {
    let refusal = broken(|proto| proto.graph.as_mut().unwrap().node.swap(0, 1));
    assert!(refusal.contains("node `relu1` uses `conv1`, which nothing before it computes"), "{refusal}");
    let refusal = broken(|proto| proto.graph.as_mut().unwrap().node[1].output[0] = "conv1".to_owned());
    assert!(refusal.contains("two nodes compute `conv1`"), "{refusal}");
    let refusal = broken(|proto| proto.graph.as_mut().unwrap().output[0].name = Some("elsewhere".to_owned()));
    assert!(refusal.contains("its output `elsewhere` is computed nowhere"), "{refusal}");
    let refusal = broken(|proto| proto.opset_import.clear());
    assert!(refusal.contains("does not import the standard operators"), "{refusal}");
    let refusal = broken(|proto| proto.graph = None);
    assert!(refusal.contains("it has no graph"), "{refusal}");
}

#[test]
fn a_small_file_with_many_nodes_is_rejected() {
    // A graph (field 7) of ten million empty nodes (field 1), two bytes each.
    let nodes = [0x0a, 0x00].repeat(10_000_000);
    let mut bytes = vec![0x3a];
    prost::encode_length_delimiter(nodes.len(), &mut bytes).unwrap();
    bytes.extend(nodes);
    assert!(refusal(bytes).contains("far too many parts for its size"));
}

#[test]
fn deeply_nested_graphs_are_rejected() {
    // A graph in an attribute of a node of a graph, nested a thousand times.
    let mut inner: Vec<u8> = Vec::new();
    for field in [0x32, 0x2a, 0x0a].into_iter().cycle().take(3000) {
        let mut outer = vec![field];
        prost::encode_length_delimiter(inner.len(), &mut outer).unwrap();
        outer.append(&mut inner);
        inner = outer;
    }
    let mut bytes = vec![0x3a];
    prost::encode_length_delimiter(inner.len(), &mut bytes).unwrap();
    bytes.append(&mut inner);
    assert!(refusal(bytes).contains("nested too deeply"));
}

/// Calls every function of the crate on a model.
fn use_all(model: &Model) -> Result<(), Error> {
    let shapes = model.shapes();
    for tensor in model.tensors() {
        shapes.per_item(tensor);
        model.cut(tensor)?.expose(&[tensor])?;
    }
    model.weights()?;
    let plain = model.without_dropout()?;
    graph::head::features(&plain, plain.outputs()[0], graph::head::Pooling::Average)?;
    let logits = model.nodes().last().and_then(|node| node.input.first()).cloned().unwrap_or_default();
    let weights = tuning::trainable(model);
    let weights: Vec<&str> = weights.iter().map(String::as_str).collect();
    graph::backward(model, &logits, &weights)?;
    graph::redraw_weights(&mut model.clone(), &mut rng())
}

proptest! {
    #[test]
    fn altered_bytes_never_panic(bytes in altered_bytes()) {
        Model::from_bytes("altered", bytes.clone()).ok();
        if let Ok(model) = Model::from_own_bytes("altered", bytes) {
            // The kind of the error does not matter.
            use_all(&model).ok();
        }
    }
}

/// Numbers that cause overflows, and ordinary numbers.
const NUMBERS: [i64; 12] = [0, 1, 2, 3, -1, -2, 7, 1 << 31, 1 << 61, i64::MAX, i64::MIN, 1 << 20];

#[test]
fn random_attributes_give_gradients_or_an_error() {
    use graph::builder::{Builder, Node};
    use rand_chacha::rand_core::Rng;

    const OPERATORS: [&str; 26] = [
        "Conv",
        "Gemm",
        "MatMul",
        "Add",
        "Sub",
        "Div",
        "Clip",
        "PRelu",
        "MaxPool",
        "AveragePool",
        "GlobalAveragePool",
        "LRN",
        "BatchNormalization",
        "Concat",
        "Flatten",
        "Reshape",
        "Squeeze",
        "Unsqueeze",
        "Transpose",
        "Softmax",
        "ReduceMean",
        "ReduceSum",
        "Split",
        "Slice",
        "Pad",
        "Expand",
    ];
    let mut rng = crate::nets::rng();
    let mut differentiated = 0;
    for case in 0..8_000 {
        let mut pick = |count: usize| rng.next_u32() as usize % count;
        let mut net = Builder::new("hostile");
        net.opset(if pick(3) == 0 { 9 } else { 15 });
        let sizes: Vec<usize> = (0..pick(4)).map(|_| [1, 2, 3, 8, 0, 1 << 40][pick(6)]).collect();
        net.batch_input("x", &sizes);
        for input in ["a", "b", "c", "d"] {
            let dims: Vec<usize> = (0..pick(5)).map(|_| [1, 2, 3, 0, 1, 2, 3][pick(7)]).collect();
            if pick(2) == 0 {
                let list: Vec<i64> = (0..pick(5)).map(|_| NUMBERS[pick(12)]).collect();
                net.integers(input, &list);
            } else {
                net.weight(input, &ndarray::ArrayD::<f32>::ones(dims));
            }
        }
        let inputs =
            [vec!["x"], vec!["x", "a"], vec!["a", "x"], vec!["x", "a", "b"], vec!["x", "a", "b", "c", "d"], vec![]];
        let operator = OPERATORS[case % OPERATORS.len()];
        let mut node = Node::new(operator, "y").inputs(inputs[pick(6)].iter().copied());
        for key in ["kernel_shape", "strides", "pads", "dilations", "perm", "axes", "split", "starts", "ends"] {
            if pick(3) == 0 {
                let list: Vec<i64> = (0..pick(5)).map(|_| NUMBERS[pick(12)]).collect();
                node = node.ints(key, list);
            }
        }
        for key in ["axis", "group", "size", "ceil_mode", "transA", "keepdims", "storage_order"] {
            if pick(3) == 0 {
                node = node.int(key, NUMBERS[pick(12)]);
            }
        }
        if pick(4) == 0 {
            node = node.text("auto_pad", ["SAME_UPPER", "VALID", "NOTSET", "?"][pick(4)]);
        }
        let outputs: &[&str] = [&["y"][..], &["y", "z"][..]][pick(2)];
        net.node(node.outputs(outputs.iter().copied()));
        let Ok(model) = net.finish(&["y"]) else { continue };
        let _ = graph::tuning::split(&model, "x");
        differentiated += usize::from(graph::backward(&model, "y", &["x"]).is_ok());
    }
    assert!(differentiated > 200, "most models must have gradients: {differentiated}");
}
