//! Tests of the training graph above a cut.

use graph::onnx::NodeProto;
use graph::{Model, tuning};
use runtime::training::{Options, artifacts};

use crate::nets::branched;

#[test]
fn a_frozen_branch_above_the_cut_has_no_gradient() {
    let model = branched();
    let cut = tuning::split(&model, "right").unwrap();
    let above = model.above(&cut.tensor, "logits").unwrap();
    let options = Options { logits: "logits".to_owned(), trained: Some(cut.trained), ..Options::default() };
    let made = artifacts(&above, &options).unwrap();
    let training = Model::from_own_bytes("training", made.training_model).unwrap();
    let gradients: Vec<&NodeProto> = training.nodes().iter().filter(|node| node.op_type() == "ConvGrad").collect();
    assert_eq!(gradients.len(), 1, "only the trained convolution has a gradient");
    assert_eq!(gradients[0].output, ["", "right.weight_grad", "right.bias_grad"], "the cut has no gradient");
    assert_eq!(made.inputs[0].shape, [4, 8, 8]);
}
