//! Operators, settings and control flow that end a process or never end.

use graph::builder::Node;
use graph::onnx::attribute_proto::AttributeType;
use graph::onnx::tensor_proto::DataType;
use graph::onnx::{AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto};
use graph::{tensor, value_info};
use ndarray::{arr0, arr1};

use super::Case;
use super::small::{graph, insert, node, set_int, set_ints, store};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = settings();
    cases.extend(control_flow());
    cases.extend(foreign());
    cases.extend(integers());
    cases
}

fn ints(name: &str, expected: &'static str, tensor: &'static str, key: &'static str, values: &[i64]) -> Case {
    let values = values.to_vec();
    Case::changed(name, expected, move |model| set_ints(node(model, tensor), key, &values))
}

fn settings() -> Vec<Case> {
    vec![
        ints("a convolution's stride of 0", "`strides` contains 0", "conv1", "strides", &[0, 0]),
        ints("a pooling's stride of 0", "`strides` contains 0", "pool1", "strides", &[0, 1]),
        ints("a negative stride", "`strides` contains -1", "conv1", "strides", &[-1, 1]),
        ints("the largest stride", "`strides` contains", "pool1", "strides", &[i64::MAX, 1]),
        ints("a dilation of 0", "`dilations` contains 0", "conv1", "dilations", &[0, 1]),
        ints("the largest dilation", "`dilations` contains", "conv1", "dilations", &[i64::MAX, 1]),
        ints("a pooling's dilation of 0", "`dilations` contains 0", "pool1", "dilations", &[0, 0]),
        ints("negative pads", "`pads` contains -3", "conv1", "pads", &[-3, 0, 0, 0]),
        ints("pads of 2^40", "`pads` contains", "conv1", "pads", &[1 << 40, 0, 0, 0]),
        ints("pads of the largest numbers", "`pads` contains", "pool1", "pads", &[i64::MAX; 4]),
        ints("too few pads", "`pads` has 3 values", "conv1", "pads", &[1, 1, 1]),
        ints("a window of 0", "`kernel_shape` contains 0", "pool1", "kernel_shape", &[0, 2]),
        ints("a window of one axis", "does not fit input", "pool1", "kernel_shape", &[2]),
        ints("a window larger than the image", "does not fit into", "pool1", "kernel_shape", &[99, 99]),
        ints("another kernel than the weights", "`kernel_shape` is", "conv1", "kernel_shape", &[5, 5]),
        Case::changed("no group", "`group` is 0", |model| set_int(node(model, "conv1"), "group", 0)),
        Case::changed("groups that do not divide", "in each of 2 groups", |model| {
            set_int(node(model, "conv1"), "group", 2);
        }),
        Case::changed("one setting twice", "it has two attributes `strides`", |model| {
            let mut second = node(model, "conv1").attribute.iter().find(|key| key.name() == "strides").unwrap().clone();
            second.ints = vec![0, 0];
            node(model, "conv1").attribute.push(second);
        }),
        Case::changed("a setting without a type", "has no type", |model| {
            node(model, "conv1").attribute.iter_mut().for_each(|attribute| attribute.r#type = None);
        }),
        Case::changed("an unknown padding", "`auto_pad` is", |model| {
            let attribute = AttributeProto {
                name: Some("auto_pad".into()),
                r#type: Some(AttributeType::String as i32),
                s: Some(b"SOMEHOW".to_vec()),
                ..AttributeProto::default()
            };
            node(model, "conv1").attribute.push(attribute);
        }),
        Case::changed(
            "a bias for one of four filters",
            "the bias [1] does not have one value for each filter",
            |model| {
                store(model, tensor::from_array("short", &arr1(&[0.0_f32])));
                node(model, "conv1").input[2] = "short".into();
            },
        ),
        Case::changed("dropout in training mode", "in training mode", |model| {
            let rate = tensor::from_array("rate", &arr0(0.5_f32));
            let on = TensorProto {
                name: Some("on".into()),
                data_type: Some(DataType::Bool as i32),
                raw_data: Some(vec![1].into()),
                ..TensorProto::default()
            };
            store(model, rate);
            store(model, on);
            insert(model, vec![Node::new("Dropout", "dropped").inputs(["pool1", "rate", "on"]).into()]);
        }),
        Case::changed("batch normalization in training mode", "in training mode", |model| {
            let names = ["scale", "shift", "mean_of_all", "variance"];
            for name in names {
                store(model, tensor::from_array(name, &arr1(&[1.0_f32; 4])));
            }
            let node = Node::new("BatchNormalization", "normal").inputs([&["pool1"][..], &names].concat());
            insert(model, vec![node.int("training_mode", 1).into()]);
        }),
        Case::changed("a normalization over 0 channels", "`size` is 0", |model| {
            insert(model, vec![Node::new("LRN", "normal").inputs(["pool1"]).int("size", 0).into()]);
        }),
        Case::changed("a normalization over 2^40 channels", "`size` is", |model| {
            insert(model, vec![Node::new("LRN", "normal").inputs(["pool1"]).int("size", 1 << 40).into()]);
        }),
        Case::changed("a pad that repeats too much", "repeats more values", |model| {
            store(model, tensor::from_integers("pads", &[0, 0, 99, 0, 0, 0, 0, 0]));
            insert(model, vec![Node::new("Pad", "padded").inputs(["pool1", "pads"]).text("mode", "reflect").into()]);
        }),
        Case::changed("a pad along named axes that repeats", "along named axes", |model| {
            store(model, tensor::from_integers("pads", &[99, 0]));
            store(model, tensor::from_integers("axes", &[2]));
            let pad = Node::new("Pad", "padded").inputs(["pool1", "pads", "", "axes"]).text("mode", "reflect");
            insert(model, vec![pad.into()]);
        }),
        Case::changed("a slice in steps of 0", "a step of 0", |model| {
            for (name, value) in [("starts", 0), ("ends", 4), ("axes", 2), ("steps", 0)] {
                store(model, tensor::from_integers(name, &[value]));
            }
            insert(model, vec![Node::new("Slice", "cut").inputs(["pool1", "starts", "ends", "axes", "steps"]).into()]);
        }),
        Case::changed("an order of axes that is none", "axis 9 of a tensor", |model| {
            insert(model, vec![Node::new("Transpose", "turned").inputs(["pool1"]).ints("perm", [0, 0, 0, 9]).into()]);
        }),
    ]
}

fn within(name: &str, key: &str, inner: GraphProto) -> NodeProto {
    let attribute = AttributeProto {
        name: Some(key.into()),
        r#type: Some(AttributeType::Graph as i32),
        g: Some(Box::new(inner)),
        ..AttributeProto::default()
    };
    let mut node: NodeProto = Node::new(name, "controlled").into();
    node.attribute.push(attribute);
    node
}

/// Returns the body of a loop that adds its input to itself.
fn body() -> GraphProto {
    let float = |name: &str| value_info(name, DataType::Float as i32, None);
    let bool = |name: &str| value_info(name, DataType::Bool as i32, Some(&[]));
    GraphProto {
        name: Some("body".into()),
        input: vec![value_info("step", DataType::Int64 as i32, Some(&[])), bool("on"), float("sum")],
        output: vec![bool("still_on"), float("more")],
        node: vec![
            Node::new("Identity", "still_on").inputs(["on"]).into(),
            Node::new("Add", "more").inputs(["sum", "sum"]).into(),
        ],
        ..GraphProto::default()
    }
}

fn function(name: &str, calls: &[&str]) -> FunctionProto {
    let mut node = Vec::new();
    let mut top = "x".to_owned();
    for (place, called) in calls.iter().enumerate() {
        let output = if place + 1 == calls.len() { "y".to_owned() } else { format!("t{place}") };
        let domain = if *called == "Identity" { "" } else { "own" };
        node.push(Node::new(called, &output).domain(domain).inputs([&top]).into());
        top = output;
    }
    FunctionProto {
        name: Some(name.into()),
        domain: Some("own".into()),
        input: vec!["x".into()],
        output: vec!["y".into()],
        opset_import: vec![set("", 15), set("own", 1)],
        node,
        ..FunctionProto::default()
    }
}

fn set(domain: &str, version: i64) -> OperatorSetIdProto {
    OperatorSetIdProto { domain: Some(domain.into()), version: Some(version) }
}

fn call(model: &mut ModelProto, functions: Vec<FunctionProto>, name: &str) {
    model.opset_import.push(set("own", 1));
    model.functions = functions;
    insert(model, vec![Node::new(name, "called").domain("own").inputs(["pool1"]).into()]);
}

fn control_flow() -> Vec<Case> {
    let inside = "a graph inside a node";
    vec![
        Case::changed("an endless loop", inside, |model| {
            store(model, tensor::from_integers("often", &[i64::MAX]));
            let on = Node::new("Equal", "on").inputs(["often", "often"]).into();
            let mut forever = within("Loop", "body", body());
            forever.input = vec!["often".into(), "on".into(), "pool1".into()];
            insert(model, vec![on, forever]);
        }),
        Case::changed("a scan", inside, |model| {
            let mut scan = within("Scan", "body", body());
            scan.input = vec!["pool1".into()];
            insert(model, vec![scan]);
        }),
        Case::changed("a branch", inside, |model| {
            let mut branch = within("If", "then_branch", body());
            branch.input = vec!["pool1".into()];
            insert(model, vec![branch]);
        }),
        Case::changed("a function that calls itself", "functions of its own", |model| {
            call(model, vec![function("again", &["again"])], "again");
        }),
        Case::changed("two functions that call each other", "functions of its own", |model| {
            call(model, vec![function("one", &["two"]), function("two", &["one"])], "one");
        }),
        Case::changed("functions of 2^30 nodes", "functions of its own", |model| {
            let mut functions = vec![function("f0", &["Identity", "Identity"])];
            for level in 1..30 {
                let below = format!("f{}", level - 1);
                functions.push(function(&format!("f{level}"), &[&below, &below]));
            }
            call(model, functions, "f29");
        }),
    ]
}

fn foreign() -> Vec<Case> {
    let one = |name: &str, expected, operator: &'static str, domain: &'static str| {
        Case::changed(name, expected, move |model| {
            if !domain.is_empty() {
                model.opset_import.push(set(domain, 1));
            }
            insert(model, vec![Node::new(operator, "foreign").domain(domain).inputs(["pool1"]).into()]);
        })
    };
    vec![
        one("an operator of another set", "the operator set `com.microsoft` is not supported", "Gelu", "com.microsoft"),
        one("an operator of ours", "the operator set `tunescope` is not supported", "Convolution", "tunescope"),
        one(
            "an operator for gradients",
            "the operator set `com.microsoft` is not supported",
            "ReluGrad",
            "com.microsoft",
        ),
        one("random numbers", "the operator is not supported", "RandomNormalLike", ""),
        one("an operator that does not exist", "the operator is not supported", "Frobnicate", ""),
        one("blocks of 0", "the operator is not supported", "DepthToSpace", ""),
    ]
}

fn integers() -> Vec<Case> {
    vec![
        Case::changed("a division of integers by 0", "divides whole numbers", |model| {
            store(model, tensor::from_integers("zero", &[0]));
            let nodes: Vec<NodeProto> = vec![
                Node::new("Shape", "sizes").inputs(["pool1"]).into(),
                Node::new("Div", "divided").inputs(["sizes", "zero"]).into(),
                Node::new("Expand", "wide").inputs(["pool1", "divided"]).into(),
            ];
            insert(model, nodes);
        }),
        Case::changed("the smallest integer divided by -1", "divides whole numbers", |model| {
            store(model, tensor::from_integers("least", &[i64::MIN; 4]));
            store(model, tensor::from_integers("minus", &[-1]));
            let nodes: Vec<NodeProto> = vec![
                Node::new("Div", "divided").inputs(["least", "minus"]).into(),
                Node::new("Reshape", "shaped").inputs(["pool1", "divided"]).into(),
            ];
            insert(model, nodes);
        }),
        Case::changed("the mean of no integers", "a mean of whole numbers", |model| {
            store(model, tensor::from_integers("none", &[]));
            let nodes: Vec<NodeProto> = vec![
                Node::new("ReduceMean", "mean_of_none").inputs(["none"]).into(),
                Node::new("Reshape", "shaped").inputs(["pool1", "mean_of_none"]).into(),
            ];
            insert(model, nodes);
        }),
        Case::changed("a target of two unknown sizes", "two sizes are -1", |model| {
            store(model, tensor::from_integers("target", &[-1, -1]));
            insert(model, vec![Node::new("Reshape", "shaped").inputs(["pool1", "target"]).into()]);
        }),
        Case::changed("run: a bound that is a list", "", |model| {
            store(model, tensor::from_array("low", &arr1(&[0.0_f32, 1.0])));
            store(model, tensor::from_array("high", &arr0(6.0_f32)));
            insert(model, vec![Node::new("Clip", "clipped").inputs(["pool1", "low", "high"]).into()]);
            graph(model).value_info.clear();
        }),
    ]
}
