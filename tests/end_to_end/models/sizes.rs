//! Models that need far too much memory or time.

use graph::builder::Node;
use graph::onnx::NodeProto;
use graph::onnx::tensor_proto::DataType;
use graph::{Dim, tensor, value_info};
use ndarray::Array2;

use super::Case;
use super::small::{insert, node, set_ints, store};

/// Returns nodes that double a tensor along an axis, `times` times.
fn doubled(times: usize) -> Vec<NodeProto> {
    let mut top = "pool1".to_owned();
    let double = |place| {
        let name = format!("double{place}");
        let node = Node::new("Concat", &name).inputs([&top, &top]).int("axis", 2);
        top = name;
        node.into()
    };
    (0..times).map(double).collect()
}

/// Returns nodes that add a tensor whose size depends on the image.
fn of_computed_size() -> Vec<NodeProto> {
    vec![
        Node::new("Cast", "numbers").inputs(["pool1"]).int("to", 7).into(),
        Node::new("ReduceMax", "largest").inputs(["numbers"]).int("keepdims", 0).into(),
        Node::new("ConstantOfShape", "filled").inputs(["largest"]).into(),
        Node::new("ReduceMean", "average").inputs(["filled"]).int("keepdims", 0).into(),
        Node::new("Add", "sum").inputs(["pool1", "average"]).into(),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::changed("100,000 nodes", "it has 100007 nodes", |model| {
            let mut top = "pool1".to_owned();
            let nodes = (0..100_000).map(|place| {
                let name = format!("relu{}", place + 2);
                let node = Node::new("Relu", &name).inputs([&top]);
                top = name;
                node.into()
            });
            insert(model, nodes.collect());
        }),
        Case::changed("a tensor that doubles 30 times", "MiB for one image", |model| insert(model, doubled(30))),
        Case::changed("a tensor that doubles 70 times", "", |model| insert(model, doubled(70))),
        Case::changed("pads of a million pixels", "MiB for one image", |model| {
            set_ints(node(model, "conv1"), "pads", &[1 << 20; 4]);
        }),
        Case::changed("a pad of 2^40 pixels", "MiB for one image", |model| {
            store(model, tensor::from_integers("pads", &[0, 0, 1 << 40, 0, 0, 0, 0, 0]));
            insert(model, vec![Node::new("Pad", "padded").inputs(["pool1", "pads"]).into()]);
        }),
        Case::changed("a tensor expanded to 2^40 values", "MiB for one image", |model| {
            store(model, tensor::from_integers("wide", &[1, 4, 1 << 19, 1 << 19]));
            let nodes = vec![
                Node::new("GlobalMaxPool", "point").inputs(["pool1"]).into(),
                Node::new("Expand", "expanded").inputs(["point", "wide"]).into(),
            ];
            insert(model, nodes);
        }),
        Case::changed("a constant of 2^36 values", "MiB for one image", |model| {
            store(model, tensor::from_integers("sizes", &[1 << 18, 1 << 18]));
            let nodes = vec![
                Node::new("ConstantOfShape", "filled").inputs(["sizes"]).into(),
                Node::new("ReduceMean", "average").inputs(["filled"]).int("keepdims", 0).into(),
                Node::new("Add", "sum").inputs(["pool1", "average"]).into(),
            ];
            insert(model, nodes);
        }),
        Case::changed("a shape that is computed from the image", "is not known before the model runs", |model| {
            insert(model, of_computed_size());
        }),
        Case::changed(
            "a computed shape with a false size in the file",
            "is not known before the model runs",
            |model| {
                insert(model, of_computed_size());
                let graph = model.graph.as_mut().unwrap();
                graph.value_info.push(value_info("filled", DataType::Float as i32, Some(&[Dim::Size(1)])));
            },
        ),
        Case::changed("products of huge matrices", "operations for one image", |model| {
            store(model, tensor::from_integers("row", &[8000, 1]));
            store(model, tensor::from_array("one", &Array2::<f32>::ones((1, 1))));
            let mut nodes: Vec<NodeProto> = vec![
                Node::new("Expand", "column").inputs(["one", "row"]).into(),
                Node::new("Transpose", "across").inputs(["column"]).ints("perm", [1, 0]).into(),
                Node::new("MatMul", "square0").inputs(["column", "across"]).into(),
            ];
            for place in 1..100 {
                let before = format!("square{}", place - 1);
                nodes.push(Node::new("MatMul", &format!("square{place}")).inputs([&before, &before]).into());
            }
            nodes.push(Node::new("ReduceMean", "average").inputs(["square99"]).int("keepdims", 0).into());
            nodes.push(Node::new("Add", "sum").inputs(["pool1", "average"]).into());
            insert(model, nodes);
        }),
        Case::changed("a pooling over huge windows", "operations for one image", |model| {
            let mut nodes = doubled(12);
            let pool = Node::new("MaxPool", "huge").inputs(["double11"]);
            nodes.push(pool.ints("kernel_shape", [16_384, 7]).ints("strides", [1, 1]).into());
            let mut again = Vec::new();
            for place in 0..2000 {
                let above = if place == 0 { "huge".to_owned() } else { format!("again{}", place - 1) };
                let pool = Node::new("MaxPool", &format!("again{place}")).inputs([above]);
                again.push(pool.ints("kernel_shape", [8191, 1]).ints("pads", [4095, 0, 4095, 0]).into());
            }
            nodes.extend(again);
            insert(model, nodes);
        }),
        Case::changed("many large tensors at once", "MiB for one image", |model| {
            let mut nodes = doubled(14);
            nodes.extend(
                (0..200).map(|place| Node::new("Sigmoid", &format!("branch{place}")).inputs(["double13"]).into()),
            );
            let names: Vec<String> = (0..200).map(|place| format!("branch{place}")).collect();
            nodes.push(Node::new("Sum", "total").inputs(names).into());
            insert(model, nodes);
        }),
    ]
}
