//! Tests of reading, replacing and drawing weights.

use graph::onnx::{TensorProto, tensor_proto::DataType};
use graph::{Error, Model, redraw_weights};
use ndarray::{Array1, Array4, arr1};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::nets::{branched, rng};

#[test]
fn weights_are_read_and_replaced() {
    let mut model = branched();
    let names: Vec<String> = model.weights().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names[..2], ["conv1.weight", "conv1.bias"]);
    assert_eq!(model.weight("right.weight").unwrap().shape(), [3, 4, 3, 3]);
    let before = model.clone();
    model.set_weight("left.bias", &arr1(&[-1.5, f32::MAX])).unwrap();
    assert_eq!(model.weight("left.bias").unwrap(), arr1(&[-1.5, f32::MAX]).into_dyn());
    assert_eq!(before.weight("left.bias").unwrap(), arr1(&[1.0, 1.0]).into_dyn(), "a clone keeps its weights");
    let error = model.set_weight("left.bias", &Array1::<f32>::zeros(3)).unwrap_err();
    assert_eq!(error.to_string(), "branched: tensor `left.bias`: it has the shape [2], not [3]");
    assert!(
        matches!(model.weight("lift.bias"), Err(Error::UnknownTensor { nearest, .. }) if nearest[0] == "left.bias")
    );
}

#[test]
fn weights_are_read_from_float_data_and_other_element_types_are_errors() {
    let mut proto = branched().to_proto();
    let stored = &mut proto.graph.as_mut().unwrap().initializer[1];
    *stored = TensorProto { raw_data: None, float_data: vec![1.0, 2.0, 3.0, 4.0], ..stored.clone() };
    let model = Model::from_proto("numbers", proto.clone()).unwrap();
    assert_eq!(model.weight("conv1.bias").unwrap(), arr1(&[1.0, 2.0, 3.0, 4.0]).into_dyn());

    let stored = &mut proto.graph.as_mut().unwrap().initializer[1];
    *stored = TensorProto {
        data_type: Some(DataType::Float16 as i32),
        float_data: Vec::new(),
        int32_data: vec![0; 4],
        ..stored.clone()
    };
    let error = Model::from_proto("half", proto).unwrap().weight("conv1.bias").unwrap_err();
    assert_eq!(error.to_string(), "half: tensor `conv1.bias`: its elements are float16, not float32");
}

#[test]
fn redrawn_weights_are_he_normal_and_reproducible() {
    let mut net = graph::builder::Builder::new("wide");
    net.batch_input("x", &[32, 8, 8]);
    net.weight("w", &Array4::<f32>::zeros((64, 32, 3, 3))).weight("b", &Array1::<f32>::ones(64));
    net.node(graph::builder::Node::new("Conv", "y").inputs(["x", "w", "b"]));
    let mut model = net.finish(&["y"]).unwrap();
    redraw_weights(&mut model, &mut rng()).unwrap();
    let drawn = model.weight("w").unwrap();
    let expected = (2.0 / (32.0 * 9.0_f32)).sqrt();
    assert!((drawn.std(0.0) / expected - 1.0).abs() < 0.02 && drawn.mean().unwrap().abs() < expected / 50.0);
    assert!(model.weight("b").unwrap().iter().all(|&bias| bias.abs() < f32::EPSILON));

    let mut again = net.finish(&["y"]).unwrap();
    redraw_weights(&mut again, &mut rng()).unwrap();
    assert_eq!(again.to_bytes(), model.to_bytes());
}

#[test]
fn the_deviation_of_redrawn_dense_layers_depends_on_their_inputs() {
    let mut model = graph::head::Head { features: 120, hidden: vec![70], classes: 3 }.build(&mut rng()).unwrap();
    let before = model.weight("fc7.weight").unwrap();
    redraw_weights(&mut model, &mut ChaCha8Rng::seed_from_u64(8)).unwrap();
    let after = model.weight("fc7.weight").unwrap();
    assert_ne!(before, after);
    assert!((after.std(0.0) / (2.0 / 120.0_f32).sqrt() - 1.0).abs() < 0.03, "{}", after.std(0.0));
}

#[test]
fn a_head_that_a_training_cannot_store_is_refused() {
    for (features, hidden, layers, weights) in [
        (1 << 15, vec![(1 << 13) + 1], "[32768, 8193, 2]", 268_484_610),
        (1 << 13, vec![1 << 13; 5], "[8192, 8192, 8192, 8192, 8192, 8192, 2]", 335_560_704),
    ] {
        let error = graph::head::Head { features, hidden, classes: 2 }.build(&mut rng()).unwrap_err();
        let expected = format!(
            "head: layers of the sizes {layers} have {weights} weights, and a training can store at most 268435456"
        );
        assert_eq!(error.to_string(), expected);
    }
}
