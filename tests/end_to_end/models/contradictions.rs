//! Models that contradict themselves, their description, or the numbers that they compute with.

use graph::builder::Node;
use graph::onnx::tensor_proto::DataType;
use graph::onnx::type_proto::Value;
use graph::onnx::{ModelProto, TensorProto};
use graph::{Dim, tensor, value_info};
use ndarray::arr1;

use super::Case;
use super::small::{SIDE, graph, insert, node, store, weight};

/// Declares another shape of the input.
fn declare(model: &mut ModelProto, shape: &[Dim]) {
    graph(model).input[0] = value_info("input", DataType::Float as i32, Some(shape));
}

fn fill(stored: &mut TensorProto, value: f32) {
    let count = stored.raw_data().len() / 4;
    stored.raw_data = Some(value.to_le_bytes().repeat(count).into());
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = structure();
    cases.extend(values());
    cases.extend(descriptions());
    cases
}

fn structure() -> Vec<Case> {
    vec![
        Case::changed("no graph", "no graph", |model| model.graph = None),
        Case::changed("format version 99", "format version is 99", |model| model.ir_version = Some(99)),
        Case::changed("no operator set", "does not import the standard operators", |model| model.opset_import.clear()),
        Case::changed("operator set 999", "operator set 999", |model| model.opset_import[0].version = Some(999)),
        Case::changed("a cycle", "which nothing before it computes", |model| {
            node(model, "conv1").input[0] = "pool1".into();
        }),
        Case::changed("two nodes compute one tensor", "two nodes compute", |model| {
            node(model, "relu1").output[0] = "conv1".into();
        }),
        Case::changed("an output that nothing computes", "computed nowhere", |model| {
            graph(model).output[0].name = Some("elsewhere".into());
        }),
        Case::changed("two nodes of one name", "two nodes are called", |model| {
            node(model, "relu1").name = Some("conv1".into());
        }),
        Case::changed("an escape code in a name", "control characters", |model| {
            node(model, "relu1").name = Some("\u{1b}[2Jrelu".into());
        }),
        Case::changed("a name of 10,000 bytes", "a name has 10000 bytes", |model| {
            node(model, "relu1").name = Some("n".repeat(10_000));
        }),
        Case::changed("two inputs", "its inputs are", |model| {
            graph(model).input.push(value_info("more", DataType::Float as i32, Some(&["n".into()])));
        }),
    ]
}

fn values() -> Vec<Case> {
    vec![
        Case::changed("NaN weights", "a value is not a number (NaN)", |model| {
            fill(weight(model, "conv1.weight"), f32::NAN);
        }),
        Case::changed("infinite weights", "a value is infinite", |model| {
            fill(weight(model, "conv1.weight"), f32::INFINITY);
        }),
        Case::changed("NaN as half precision", "a value is not a number (NaN)", |model| {
            let halves = TensorProto {
                name: Some("halves".into()),
                dims: vec![2],
                data_type: Some(DataType::Float16 as i32),
                int32_data: vec![0x3c00, 0x7e00],
                ..TensorProto::default()
            };
            store(model, halves);
        }),
        Case::changed("NaN in a constant", "a value is not a number (NaN)", |model| {
            store(model, tensor::from_array("nan", &arr1(&[f32::NAN])));
            insert(model, vec![Node::new("Add", "sum").inputs(["pool1", "nan"]).into()]);
        }),
        Case::changed("NaN as a setting", "is not a number", |model| {
            insert(model, vec![Node::new("LeakyRelu", "leaky").inputs(["pool1"]).float("alpha", f32::NAN).into()]);
        }),
        Case::changed("run: weights that overflow", "are not numbers (NaN)", |model| {
            fill(weight(model, "conv1.weight"), 3e38);
            fill(weight(model, "logits.weight"), -3e38);
        }),
    ]
}

fn descriptions() -> Vec<Case> {
    let fixed = |batch: Dim, sizes: [usize; 3]| {
        let mut shape = vec![batch];
        shape.extend(sizes.map(Dim::Size));
        shape
    };
    vec![
        Case::changed("a batch of exactly one", "it takes exactly 1 images at once", |model| {
            declare(model, &fixed(Dim::Size(1), [3, SIDE, SIDE]));
        }),
        Case::changed("channels last", "the channels come last", |model| {
            declare(model, &fixed("n".into(), [SIDE, SIDE, 3]));
            graph(model).value_info.clear();
            let first = node(model, "conv1");
            first.input[0] = "turned".into();
            let turned = Node::new("Transpose", "turned").inputs(["input"]).ints("perm", [0, 3, 1, 2]);
            graph(model).node.insert(0, turned.into());
        }),
        Case::changed("an input of another size", "needed is [n, 3, 16, 16]", |model| {
            declare(model, &fixed("n".into(), [3, 2 * SIDE, 2 * SIDE]));
            graph(model).value_info.clear();
        }),
        Case::changed("an input of four channels", "the input has 4 channels", |model| {
            declare(model, &fixed("n".into(), [4, SIDE, SIDE]));
        }),
        Case::changed("an input without a shape", "has no declared shape", |model| {
            graph(model).input[0] = value_info("input", DataType::Float as i32, None);
        }),
        Case::changed("an input of integers", "is not a tensor of float32", |model| {
            if let Some(Value::TensorType(kind)) =
                graph(model).input[0].r#type.as_mut().and_then(|kind| kind.value.as_mut())
            {
                kind.elem_type = Some(DataType::Int64 as i32);
            }
        }),
        Case::described("a size of 4096", "needed is [n, 3, 4096, 4096]", |network| network.input.size = 4096),
        Case::described("a size of 0", "`input.size` is 0", |network| network.input.size = 0),
        Case::described("another input", "the description names `image`", |network| {
            network.input.tensor = "image".into();
        }),
        Case::described("a layer that does not exist", "it has no layer `relu9`", |network| {
            network.layers[1].name = "relu9".into();
        }),
        Case::described("a layer of another shape", "and the description says [8, 16, 16]", |network| {
            network.layers[0].shape = vec![8, SIDE, SIDE];
        }),
        Case::described("a shape that overflows", "too large", |network| {
            network.layers[4].shape = vec![usize::MAX / 2, 8];
        }),
        Case::described("run: logits as probabilities", "model.onnx: `logits` are not probabilities", |network| {
            network.probabilities = Some("logits".into());
        }),
        Case::described("another model", "altered or truncated", |network| network.sha256 = "0".repeat(64)),
    ]
}
