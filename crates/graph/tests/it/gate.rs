//! Tests of the gate for models from files. `tests/end_to_end/models/` has more hostile models.

use graph::builder::{Builder, Node};
use graph::{Error, Model};
use ndarray::Array2;

use crate::nets::{branched, head};

#[test]
fn sound_models_pass() {
    for model in [branched(), head()] {
        let read = Model::from_bytes("pets.onnx", model.to_bytes()).unwrap();
        assert_eq!(read.to_bytes(), model.to_bytes());
    }
    Model::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/light_bvlc_alexnet.onnx")).unwrap();
}

#[test]
fn a_model_of_our_own_may_contain_other_operators_and_a_file_may_not() {
    let mut net = Builder::new("own");
    net.batch_input("x", &[3]).import("tunescope", 1);
    net.node(Node::new("Twice", "y").domain("tunescope").inputs(["x"]));
    let bytes = net.finish(&["y"]).unwrap().to_bytes();
    Model::from_own_bytes("own", bytes.clone()).unwrap();
    let error = Model::from_bytes("file.onnx", bytes).unwrap_err();
    let expected =
        "file.onnx: node `y` (Twice): the operator set `tunescope` is not supported, only the standard one is";
    assert_eq!(error.to_string(), expected);
    assert!(error.advice().contains("docs/networks.md"));
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    // The file is sparse, so it takes no space.
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(1 << 40).unwrap();
    let error = Model::read(file.path()).unwrap_err();
    assert!(error.to_string().contains("it has more than 2147483647 bytes"), "{error}");
}

#[test]
fn memory_is_that_of_the_tensors_in_use_at_the_same_time() {
    // The output of the convolution and that of the rectifier, each 4 x 16 x 16 values of 4 bytes.
    assert_eq!(branched().memory_for_one(), 2 * 4 * 16 * 16 * 4);
}

#[test]
fn sizes_that_depend_on_the_image_size_are_checked_for_one_image_size() {
    let mut net = Builder::new("any size");
    let open = ["n".into(), 3.into(), "h".into(), "w".into()];
    net.input("image", graph::onnx::tensor_proto::DataType::Float, &open);
    net.node(Node::new("Sigmoid", "one").inputs(["image"]));
    net.node(Node::new("Sigmoid", "two").inputs(["one"]));
    let model = Model::from_bytes("any.onnx", net.finish(&["two"]).unwrap().to_bytes()).unwrap();
    let admit = |side: usize| model.admit(&[("image", &[1, 3, side, side])]);
    assert_eq!(admit(224).unwrap().per_item("two"), Some(vec![3, 224, 224]));
    // Two tensors of 3 x 8192 x 8192 values of 4 bytes are 1536 MiB.
    let error = admit(8192).unwrap_err();
    assert!(matches!(error, Error::Tensor { .. }), "{error}");
    assert!(error.to_string().contains("`one`: the network needs 1536 MiB for one image"), "{error}");
}

// A step that is quadratic in the number of nodes would take minutes here.
#[test]
fn a_chain_of_the_most_nodes_is_read_and_cut() {
    let mut net = Builder::new("long");
    net.batch_input("x", &[4]);
    let mut top = "x".to_owned();
    for place in 0..5000 {
        let (weight, sum) = (format!("w{place}"), format!("y{place}"));
        net.weight(&weight, &Array2::<f32>::eye(4));
        net.node(Node::new("MatMul", &format!("m{place}")).inputs([&top, &weight]));
        // Every other node reads the input again, so that the nearest common tensor is far below.
        let past = if place == 0 { "x".to_owned() } else { "m0".to_owned() };
        net.node(Node::new("Add", &sum).inputs([format!("m{place}"), past]));
        top = sum;
    }
    let model = Model::from_bytes("long.onnx", net.finish(&[&top]).unwrap().to_bytes()).unwrap();
    assert_eq!(model.nodes().len(), 10_000);
    let cut = graph::tuning::split(&model, "m4999").unwrap();
    assert_eq!(cut.trained, ["w4999"]);
    assert_eq!(graph::cost::of(&model).len(), 10_000);
}
