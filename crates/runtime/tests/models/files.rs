//! Tests of the files for the training API of ONNX Runtime: two models and a checkpoint.

use graph::Model;
use graph::builder::{Builder, Node};
use graph::head::Head;
use ndarray::{Array1, Array2};
use runtime::training::{Options, TrainingArtifacts, artifacts};

use crate::nets::{head, operators, rng};

fn training_files() -> TrainingArtifacts {
    artifacts(&head(), &Options::default()).unwrap()
}

#[test]
fn the_training_model_has_inputs_and_outputs_in_the_order_of_onnx_runtime() {
    let model = Model::from_own_bytes("training", training_files().training_model).unwrap();
    assert_eq!(
        model.inputs(),
        [
            "features",
            "mask0",
            "mask1",
            "labels",
            "learning_rate",
            "step",
            "first_moments",
            "second_moments",
            "fc7.weight",
            "fc7.bias",
            "fc8.weight",
            "fc8.bias",
            "lazy_reset_grad",
        ]
    );
    assert_eq!(
        model.outputs(),
        ["loss", "fc7.weight.updated", "fc7.bias.updated", "fc8.weight.updated", "fc8.bias.updated"]
    );
    assert!(!operators(&model).contains(&"Softmax"), "the loss is computed from the logits");
}

#[test]
fn the_evaluation_model_has_no_dropout_and_computes_probabilities() {
    let model = Model::from_own_bytes("eval", training_files().eval_model).unwrap();
    assert_eq!(model.inputs(), ["features", "labels", "fc7.weight", "fc7.bias", "fc8.weight", "fc8.bias"]);
    assert_eq!(model.outputs(), ["loss", "probabilities"]);
    assert_eq!(operators(&model), ["Gemm", "Relu", "Gemm", "SoftmaxCrossEntropyLoss", "Softmax"]);
}

#[test]
fn names_and_shapes_of_inputs_masks_and_weights_are_listed() {
    let made = training_files();
    let pairs = |list: &[runtime::training::NamedShape]| -> Vec<(String, Vec<usize>)> {
        list.iter().map(|sized| (sized.name.clone(), sized.shape.clone())).collect()
    };
    let expected = |list: &[(&str, &[usize])]| -> Vec<(String, Vec<usize>)> {
        list.iter().map(|(name, shape)| ((*name).to_owned(), shape.to_vec())).collect()
    };
    assert_eq!(pairs(&made.inputs), expected(&[("features", &[12])]));
    assert_eq!(pairs(&made.masks), expected(&[("mask0", &[12]), ("mask1", &[7])]));
    let parameters: [(&str, &[usize]); 4] =
        [("fc7.weight", &[7, 12]), ("fc7.bias", &[7]), ("fc8.weight", &[3, 7]), ("fc8.bias", &[3])];
    assert_eq!(pairs(&made.parameters), expected(&parameters));
}

#[test]
fn flat_weights_are_written_into_the_model() {
    let (made, mut model) = (training_files(), head());
    let flat: Vec<f32> = (0..7 * 12 + 7 + 3 * 7 + 3).map(|value| value as f32).collect();
    made.apply(&flat, &mut model).unwrap();
    assert_eq!(model.weight("fc7.bias").unwrap().first(), Some(&84.0));
    assert_eq!(model.weight("fc8.bias").unwrap().last(), Some(&114.0));
    let error = made.apply(&flat[1..], &mut model).unwrap_err();
    assert_eq!(error.to_string(), "head: its trained weights are 115 values, not 114");
    assert!(made.apply(&[flat.as_slice(), &[0.0]].concat(), &mut model).is_err());
}

#[test]
fn old_operator_sets_are_rejected() {
    let mut net = Builder::new("old");
    net.opset(6).batch_input("x", &[4]).weight("w", &Array2::<f32>::eye(4));
    net.node(Node::new("MatMul", "fc8").inputs(["x", "w"]));
    let error = artifacts(&net.finish(&["fc8"]).unwrap(), &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), "old: it uses operator set 6, supported are 7 and later");
}

#[test]
fn logits_of_another_shape_are_rejected() {
    let options = Options { logits: "pool1".to_owned(), ..Options::default() };
    let error = artifacts(&crate::nets::branched(), &options).unwrap_err();
    assert!(error.to_string().contains("`pool1` does not have the shape [n, classes]"), "{error}");
}

#[test]
fn the_last_dense_layer_of_a_head_is_fc8() {
    let build = |hidden: &[usize]| Head { features: 4, hidden: hidden.to_vec(), classes: 2 }.build(&mut rng());
    let deep = build(&[3; 7]).unwrap();
    let dense = deep.nodes().iter().filter(|node| node.op_type() == "Gemm").map(graph::onnx::NodeProto::name);
    assert!(dense.eq(["fc1", "fc2", "fc3", "fc4", "fc5", "fc6", "fc7", "fc8"]));
    assert!(build(&[3; 8]).is_err() && build(&[0]).is_err());
    assert_eq!(deep.to_bytes(), build(&[3; 7]).unwrap().to_bytes(), "the same seed gives the same head");
}

/// Returns the little-endian number at an offset of a file.
fn number(bytes: &[u8], place: usize) -> usize {
    u32::from_le_bytes(bytes[place..place + 4].try_into().unwrap()) as usize
}

/// Follows an offset of a `FlatBuffer`.
fn follow(bytes: &[u8], place: usize) -> usize {
    place + number(bytes, place)
}

/// Returns the offset of a field of a `FlatBuffer` table, or `None` if the field is missing.
fn field(bytes: &[u8], table: usize, index: usize) -> Option<usize> {
    let short = |place: usize| usize::from(u16::from_le_bytes(bytes[place..place + 2].try_into().unwrap()));
    let directory = table.wrapping_add_signed(-(number(bytes, table) as i32 as isize));
    let entry = 4 + 2 * index;
    let offset = if entry < short(directory) { short(directory + entry) } else { 0 };
    (offset > 0).then_some(table + offset)
}

#[test]
fn the_checkpoint_has_the_flatbuffer_format_of_onnx_runtime() {
    let mut net = Builder::new("partly frozen");
    net.batch_input("x", &[2]).weight("w", &Array2::<f32>::eye(2)).weight("b", &Array1::<f32>::from_elem(2, 0.5));
    net.node(Node::new("Gemm", "fc8").inputs(["x", "w", "b"]));
    let trained = Options { trained: Some(vec!["b".to_owned()]), ..Options::default() };
    let bytes = artifacts(&net.finish(&["fc8"]).unwrap(), &trained).unwrap().checkpoint;

    assert_eq!(&bytes[4..8], b"ODTC");
    let root = follow(&bytes, 0);
    assert_eq!(number(&bytes, field(&bytes, root, 0).unwrap()), 2);
    assert_eq!((field(&bytes, root, 2), field(&bytes, root, 3)), (None, None));
    let module = follow(&bytes, field(&bytes, root, 1).unwrap());
    let trained = follow(&bytes, field(&bytes, module, 0).unwrap());
    assert_eq!(number(&bytes, trained), 0, "the checkpoint has no gradients");
    let list = follow(&bytes, field(&bytes, module, 1).unwrap());
    assert_eq!(number(&bytes, list), 1, "the frozen weight is not in the checkpoint");
    let tensor = follow(&bytes, list + 4);
    let text = follow(&bytes, field(&bytes, tensor, 0).unwrap());
    assert_eq!(&bytes[text + 4..text + 4 + number(&bytes, text)], b"b");
    let stored = follow(&bytes, field(&bytes, tensor, 2).unwrap());
    assert_eq!((number(&bytes, stored), number(&bytes, stored + 4)), (1, 2));
    assert_eq!(number(&bytes, field(&bytes, tensor, 3).unwrap()), 1, "float32");
    let raw = follow(&bytes, field(&bytes, tensor, 4).unwrap());
    let raw = &bytes[raw + 4..raw + 4 + number(&bytes, raw)];
    let floats: Vec<f32> = raw.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect();
    assert_eq!(floats, [0.5, 0.5]);
}
