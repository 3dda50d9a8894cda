//! Tests of shape inference.

use graph::builder::{Builder, Node};
use graph::{Dim, Model};
use ndarray::{Array2, Array4};

use crate::nets::branched;

/// Returns the shape of the output of a node whose input is `[n, sizes…]`.
fn of(sizes: &[usize], node: Node) -> Result<Vec<Dim>, String> {
    let mut net = Builder::new("one node");
    net.batch_input("x", sizes).node(node.inputs(["x"]));
    let model = net.finish(&["y"]).map_err(|error| error.to_string())?;
    Ok(model.shapes().get("y").unwrap_or_default().to_vec())
}

fn batch(sizes: &[usize]) -> Vec<Dim> {
    std::iter::once(Dim::from("n")).chain(sizes.iter().map(|&size| size.into())).collect()
}

#[test]
fn shapes_of_a_whole_network() {
    let shapes = branched().shapes();
    let of = |name| shapes.per_item(name).unwrap();
    assert_eq!(of("conv1"), [4, 16, 16]);
    assert_eq!(of("pool1"), [4, 8, 8]);
    assert_eq!(of("joined"), [5, 8, 8]);
    assert_eq!(of("mean"), [5, 1, 1]);
    assert_eq!(of("probabilities"), [5]);
    let larger = branched().shapes_for(&[("input", &[2, 3, 32, 20])]);
    assert_eq!(larger.get("pool1"), Some(&[2.into(), 4.into(), 16.into(), 10.into()][..]));
}

#[test]
fn shapes_of_pooling() {
    let pool = || Node::new("MaxPool", "y").ints("kernel_shape", [3, 3]).ints("strides", [2, 2]);
    assert_eq!(of(&[64, 55, 55], pool()), Ok(batch(&[64, 27, 27])));
    assert_eq!(of(&[64, 56, 112], pool()), Ok(batch(&[64, 27, 55])));
    assert_eq!(of(&[64, 56, 112], pool().int("ceil_mode", 1)), Ok(batch(&[64, 28, 56])));
    assert_eq!(of(&[64, 56, 56], pool().text("auto_pad", "SAME_UPPER")), Ok(batch(&[64, 28, 28])));
    assert_eq!(of(&[64, 56, 56], pool().ints("dilations", [2, 2])), Ok(batch(&[64, 26, 26])));
    assert_eq!(of(&[64, 56, 56], pool().ints("pads", [0, 1, 0, 1])), Ok(batch(&[64, 27, 28])));
    let refusal = of(&[64, 2, 56], pool()).unwrap_err();
    assert_eq!(refusal, "one node: node `y` (MaxPool): a window of 3 does not fit into 2 with pads 0 and 0");
    assert!(of(&[64, 56, 56], pool().ints("dilations", [0, 1])).is_err());
}

#[test]
fn a_convolution_checks_its_channels() {
    let conv = |channels: usize, group: i64| {
        let mut net = Builder::new("conv");
        net.batch_input("x", &[channels, 224, 224]);
        net.weight("w", &Array4::<f32>::zeros((96, 3, 11, 11)));
        net.node(Node::new("Conv", "y").inputs(["x", "w"]).ints("strides", [4, 4]).int("group", group));
        net.finish(&["y"]).map(|model| model.shapes().per_item("y").unwrap())
    };
    assert_eq!(conv(3, 1).unwrap(), [96, 54, 54]);
    assert_eq!(conv(6, 2).unwrap(), [96, 54, 54]);
    assert!(conv(6, 1).is_err() && conv(3, i64::MAX).is_err() && conv(3, -1).is_err());
}

#[test]
fn reshaping_keeps_the_symbolic_batch_size() {
    let reshape = |wanted: &[i64]| {
        let mut net = Builder::new("reshape");
        net.batch_input("x", &[256, 6, 6]).integers("shape", wanted);
        net.node(Node::new("Reshape", "y").inputs(["x", "shape"]));
        net.finish(&["y"]).map(|model| model.shapes().get("y").unwrap().to_vec())
    };
    assert_eq!(reshape(&[-1, 9216]).ok(), Some(batch(&[9216])));
    assert_eq!(reshape(&[0, -1]).ok(), Some(batch(&[9216])));
    assert_eq!(reshape(&[0, 0, 36]).ok(), Some(batch(&[256, 36])));
    assert!(reshape(&[-1, -1]).is_err());
    assert_eq!(reshape(&[-1, 100]).unwrap()[1], 100.into());
    assert_eq!(of(&[2, 3, 4], Node::new("Flatten", "y").int("axis", 1)), Ok(batch(&[24])));
    assert!(of(&[2, 3, 4], Node::new("Flatten", "y").int("axis", 9)).is_err());
    assert_eq!(of(&[2, 3], Node::new("Transpose", "y").ints("perm", [0, 2, 1])), Ok(batch(&[3, 2])));
    assert!(of(&[2, 3], Node::new("Transpose", "y").ints("perm", [0, 1, 1])).is_err());
    assert_eq!(of(&[5, 2, 3], Node::new("ReduceMean", "y").ints("axes", [2, 3]).int("keepdims", 0)), Ok(batch(&[5])));
}

#[test]
fn shapes_of_products_and_sums() {
    let mut net = Builder::new("dense");
    net.batch_input("x", &[12]).weight("w", &Array2::<f32>::zeros((12, 5))).weight("b", &Array2::<f32>::zeros((1, 5)));
    net.node(Node::new("MatMul", "product").inputs(["x", "w"]));
    net.node(Node::new("Add", "sum").inputs(["product", "b"]));
    assert_eq!(net.finish(&["sum"]).unwrap().shapes().get("sum").map(<[_]>::to_vec), Some(batch(&[5])));
    net.node(Node::new("Gemm", "wrong").inputs(["sum", "w"]));
    let error = net.finish(&["wrong"]).unwrap_err().to_string();
    assert_eq!(error, "dense: node `wrong` (Gemm): rows of 5 values cannot be multiplied by weights for 12");
}

#[test]
fn invalid_attributes_are_rejected() {
    let refused = |sizes: &[usize], node: Node| of(sizes, node).unwrap_err();
    let pool = |operator: &str| Node::new(operator, "y").ints("kernel_shape", [2, 2]);
    let image = [3, 8, 8];
    for node in [
        pool("MaxPool").ints("strides", [0, 1]),
        pool("AveragePool").ints("dilations", [-1, 1]),
        pool("AveragePool").ints("pads", [i64::MAX, -1, 0, 0]),
        pool("MaxPool").ints("pads", [1, 1]),
        pool("MaxPool").text("auto_pad", "SAME"),
        Node::new("MaxPool", "y").ints("kernel_shape", [i64::MAX, i64::MAX]).ints("dilations", [i64::MAX, i64::MAX]),
        Node::new("AveragePool", "y").ints("kernel_shape", [1, 1]).ints("strides", [2, 2]).int("ceil_mode", 1),
        Node::new("LRN", "y").int("size", -3),
        Node::new("Softmax", "y").int("axis", i64::MIN),
        Node::new("LogSoftmax", "y").int("axis", 4),
        Node::new("Split", "y").ints("split", [i64::MAX, i64::MAX]).int("axis", 1),
        Node::new("Pad", "y").ints("pads", [0, 0, 0, -9, 0, 0, 0, 0]),
        Node::new("Slice", "y").ints("starts", [0, 0]).ints("ends", [1]),
        Node::new("ReduceMean", "y").ints("axes", [7]),
        Node::new("Concat", "y").int("axis", -9),
    ] {
        let reason = refused(&image, node);
        assert!(reason.starts_with("one node: node `y` ("), "{reason}");
    }
    // The largest valid pads cause no overflow.
    assert!(of(&image, pool("MaxPool").ints("pads", [1 << 61; 4])).is_ok());
}

#[test]
fn shapes_of_slices_and_splits() {
    let mut net = Builder::new("pieces");
    net.batch_input("x", &[5, 4]).integers("sizes", &[2, 3]).integers("one", &[1]).integers("end", &[i64::MAX]);
    net.node(Node::new("Split", "parts").inputs(["x", "sizes"]).outputs(["a", "b"]).int("axis", 1));
    net.node(Node::new("Slice", "c").inputs(["b", "one", "end", "one"]));
    net.node(Node::new("Split", "halves").inputs(["c"]).outputs(["d", "e"]).int("axis", -1));
    let shapes = net.finish(&["a", "d", "e"]).unwrap().shapes();
    let of = |name| shapes.per_item(name).unwrap();
    assert_eq!((of("a"), of("b"), of("c")), (vec![2, 4], vec![3, 4], vec![2, 4]));
    assert_eq!((of("d"), of("e")), (vec![2, 2], vec![2, 2]));
}

#[test]
fn the_output_of_an_unknown_operator_has_no_shape() {
    assert_eq!(of(&[3], Node::new("Mystery", "y").domain("com.example")), Ok(Vec::new()));
}

#[test]
fn shapes_of_the_original_alexnet() {
    let model = Model::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/light_bvlc_alexnet.onnx")).unwrap();
    let shapes = model.shapes();
    shapes.accept(model.label()).unwrap();
    for (tensor, expected) in [
        ("r0", vec![96, 54, 54]),
        ("r3", vec![96, 26, 26]),
        ("r7", vec![256, 12, 12]),
        ("r12", vec![256, 12, 12]),
        ("r14", vec![256, 6, 6]),
        ("r16", vec![4096]),
        ("r22", vec![4096]),
        ("prob_1", vec![1000]),
    ] {
        assert_eq!(shapes.per_item(tensor), Some(expected), "{tensor}");
    }
    let plain = model.without_dropout().unwrap();
    assert_eq!(plain.nodes().len(), model.nodes().len() - 2);
    let trunk = plain.cut("r14").unwrap();
    assert_eq!(crate::nets::operators(&trunk).iter().filter(|operator| **operator == "Conv").count(), 5);
    let extractor = graph::head::features(&plain, "r14", graph::head::Pooling::None).unwrap();
    assert_eq!(extractor.shapes().per_item("features"), Some(vec![9216]));
    assert_eq!(extractor.opset(), 9, "the head uses the operator set of the trunk");
}
